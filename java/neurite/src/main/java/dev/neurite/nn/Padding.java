package dev.neurite.nn;

/** What a convolution or pooling adds around the image. */
public sealed interface Padding {

  /** Nothing: the window stays inside. The default. */
  Padding VALID = Automatic.VALID;

  /** As much as makes the output {@code ceil(n / stride)}; the smaller half in front. */
  Padding SAME = Automatic.SAME;

  /** Padding worked out from the image. */
  enum Automatic implements Padding {
    /** Nothing. */
    VALID,
    /** Output {@code ceil(n / stride)}. */
    SAME
  }

  /**
   * Given widths.
   *
   * @param top rows above
   * @param bottom rows below
   * @param left columns on the left
   * @param right columns on the right
   */
  record Explicit(long top, long bottom, long left, long right) implements Padding {
    /** Checks the widths. */
    public Explicit {
      if (Math.min(Math.min(top, bottom), Math.min(left, right)) < 0) {
        throw new IllegalArgumentException(
            "padding: expected widths of 0 or more, given " + top + ", " + bottom + ", " + left + ", " + right);
      }
    }
  }

  /** The same width on all four sides. */
  static Padding of(long width) {
    return new Explicit(width, width, width, width);
  }

  /** A width for each side. */
  static Padding of(long top, long bottom, long left, long right) {
    return new Explicit(top, bottom, left, right);
  }
}
