package dev.neurite.tensor;

/**
 * A range along one axis: {@code from} inclusive, {@code to} exclusive, with a step. Negative positions count from the
 * end; positions are cut to the axis as in Python.
 *
 * @param from first position, or null for the natural start (the end when the step is negative)
 * @param to position after the last, or null for the natural end
 * @param step distance between positions, not 0
 */
public record Slice(Long from, Long to, long step) {

  /** Checks the step. */
  public Slice {
    if (step == 0) {
      throw new IllegalArgumentException("Slice: step must not be 0");
    }
  }

  /** The whole axis. */
  public static Slice all() {
    return new Slice(null, null, 1);
  }

  /** Positions {@code from} to {@code to - 1}. */
  public static Slice of(long from, long to) {
    return new Slice(from, to, 1);
  }

  /** Positions {@code from}, {@code from + step}, ... before {@code to}. */
  public static Slice of(long from, long to, long step) {
    return new Slice(from, to, step);
  }

  /** Positions from {@code from} to the end. */
  public static Slice from(long from) {
    return new Slice(from, null, 1);
  }

  /** The axis backwards. */
  public static Slice reversed() {
    return new Slice(null, null, -1);
  }

  /** First position for an axis of the given length. */
  public long start(long length) {
    if (from == null) {
      return step > 0 ? 0 : length - 1;
    }
    long f = from < 0 ? from + length : from;
    return step > 0 ? Math.min(Math.max(f, 0), length) : Math.min(Math.max(f, -1), length - 1);
  }

  /** Number of positions for an axis of the given length. */
  public long count(long length) {
    long start = start(length);
    long end;
    if (to == null) {
      end = step > 0 ? length : -1;
    } else {
      long t = to < 0 ? to + length : to;
      end = step > 0 ? Math.min(Math.max(t, 0), length) : Math.min(Math.max(t, -1), length - 1);
    }
    long span = step > 0 ? end - start : start - end;
    long stride = Math.abs(step);
    return span <= 0 ? 0 : (span + stride - 1) / stride;
  }
}
