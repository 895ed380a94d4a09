package dev.neurite.nn;

import java.util.List;

/** What a convolution or pooling adds around its input. */
public sealed interface Padding {

  /** Nothing: the window stays inside. The default. */
  Padding VALID = Automatic.VALID;

  /** As much as makes the output {@code ceil(n / stride)}; the smaller half in front. */
  Padding SAME = Automatic.SAME;

  /**
   * {@code (kernel - 1) * dilation} in front and nothing behind, so that output t sees no input
   * after t; {@link Conv1D} and {@link DepthwiseConv1D} only.
   */
  Padding CAUSAL = Automatic.CAUSAL;

  /** Padding worked out from the image. */
  enum Automatic implements Padding {
    /** Nothing. */
    VALID,
    /** Output {@code ceil(n / stride)}. */
    SAME,
    /** In front only. */
    CAUSAL;

    @Override
    public void requireAxes(int axes) {
      // fits any number; Sliding knows that CAUSAL is for one axis
    }

    @Override
    public long[] widths(int axes, int axis) {
      return new long[] {0, 0};
    }
  }

  /**
   * Given widths of an image; a line takes left and right.
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

    private boolean even() {
      return top == bottom && left == right && top == left;
    }

    @Override
    public void requireAxes(int axes) {
      boolean fits = axes == 2 || even() || axes == 1 && top == 0 && bottom == 0;
      if (!fits) {
        throw new IllegalArgumentException(
            "padding: expected " + (axes == 1 ? "two widths for a line" : "six widths for a volume") + ", given "
                + this);
      }
    }

    @Override
    public long[] widths(int axes, int axis) {
      return axis == axes - 1 ? new long[] {left, right} : new long[] {top, bottom};
    }
  }

  /**
   * Given widths of a volume: before and after depth, height and width.
   *
   * @param widths front, back, top, bottom, left, right
   */
  record Volume(List<Long> widths) implements Padding {
    /** Checks the widths. */
    public Volume {
      widths = List.copyOf(widths);
      if (widths.size() != 6 || widths.stream().anyMatch(w -> w < 0)) {
        throw new IllegalArgumentException("padding: expected six widths of 0 or more, given " + widths);
      }
    }

    @Override
    public void requireAxes(int axes) {
      if (axes != 3) {
        throw new IllegalArgumentException(
            "padding: expected " + 2 * axes + " widths for " + axes + " axes, given " + this);
      }
    }

    @Override
    public long[] widths(int axes, int axis) {
      return new long[] {widths.get(2 * axis), widths.get(2 * axis + 1)};
    }
  }

  /**
   * Refuses widths that are not meant for so many axes.
   *
   * @throws IllegalArgumentException naming the number of widths expected
   */
  void requireAxes(int axes);

  /** The widths given for an axis, before and after; zeros for those worked out from the image. */
  long[] widths(int axes, int axis);

  /** The same width on all sides. */
  static Padding of(long width) {
    return new Explicit(width, width, width, width);
  }

  /** Widths before and after a line, for one-dimensional layers. */
  static Padding of(long before, long after) {
    return new Explicit(0, 0, before, after);
  }

  /** A width for each side of an image. */
  static Padding of(long top, long bottom, long left, long right) {
    return new Explicit(top, bottom, left, right);
  }

  /** A width for each side of a volume. */
  static Padding of(long front, long back, long top, long bottom, long left, long right) {
    return new Volume(List.of(front, back, top, bottom, left, right));
  }
}
