package dev.neurite.tensor;

import dev.neurite.error.ShapeException;
import java.util.Arrays;

/**
 * An immutable list of axis lengths, slowest axis first. {@code -1} stands for a free axis (the batch) in the shapes
 * layers reason about; a tensor's own shape has none.
 */
public final class Shape {

  private static final Shape SCALAR = new Shape(new long[0]);

  private final long[] dims;
  private final long size;

  private Shape(long[] dims) {
    this.dims = dims;
    this.size = count(dims);
  }

  private static long count(long[] dims) {
    long n = 1;
    boolean zero = false;
    for (long d : dims) {
      if (d < -1) {
        throw new ShapeException("Shape: expected axis lengths of 0 or more (or -1: free), given " + text(dims));
      }
      if (d == -1) {
        return -1;
      }
      zero |= d == 0;
    }
    if (zero) {
      return 0;
    }
    for (long d : dims) {
      long next = n * d;
      if (Math.multiplyHigh(n, d) != 0 || next < 0) {
        throw new ShapeException("Shape: expected fewer than 2^63 elements, given " + text(dims));
      }
      n = next;
    }
    return n;
  }

  /**
   * Creates a shape.
   *
   * @param dims axis lengths, slowest first; none for a scalar
   * @throws ShapeException for a length below -1 or a product above 2^63 - 1
   */
  public static Shape of(long... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  /** The shape {@code []} of a single value. */
  public static Shape scalar() {
    return SCALAR;
  }

  /** Number of axes. */
  public int rank() {
    return dims.length;
  }

  /**
   * Length of an axis.
   *
   * @param axis 0 .. rank-1, or negative to count from the end
   */
  public long dim(int axis) {
    return dims[axis(axis)];
  }

  /** Length of the last axis. */
  public long last() {
    return dim(-1);
  }

  /** Product of all lengths (1 for a scalar), or -1 while an axis is free. */
  public long size() {
    return size;
  }

  /** A copy of the lengths. */
  public long[] dims() {
    return dims.clone();
  }

  /** True when an axis is free (-1). */
  public boolean isFree() {
    return size == -1;
  }

  /**
   * Turns a possibly negative axis number into 0 .. rank-1.
   *
   * @throws ShapeException when there is no such axis
   */
  public int axis(int axis) {
    int a = axis < 0 ? axis + dims.length : axis;
    if (a < 0 || a >= dims.length) {
      throw new ShapeException(
          "Shape: expected an axis in [" + -dims.length + ", " + dims.length + "), given " + axis + " for " + this);
    }
    return a;
  }

  /** This shape with one length replaced. */
  public Shape with(int axis, long length) {
    long[] d = dims.clone();
    d[axis(axis)] = length;
    return new Shape(d);
  }

  /** This shape with a further axis at the end. */
  public Shape append(long length) {
    long[] d = Arrays.copyOf(dims, dims.length + 1);
    d[dims.length] = length;
    return new Shape(d);
  }

  /** This shape with a further axis in front. */
  public Shape prepend(long length) {
    long[] d = new long[dims.length + 1];
    d[0] = length;
    System.arraycopy(dims, 0, d, 1, dims.length);
    return new Shape(d);
  }

  /** The axes from {@code from} (inclusive) to {@code to} (exclusive). */
  public Shape slice(int from, int to) {
    return of(Arrays.copyOfRange(dims, from, to));
  }

  /** This shape with its first axis replaced by a free one: what a layer sees of a batch. */
  public Shape freeBatch() {
    return with(0, -1);
  }

  /** True when the other shape agrees wherever neither has a free axis. */
  public boolean matches(Shape other) {
    if (other.dims.length != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != -1 && other.dims[i] != -1 && dims[i] != other.dims[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Shape of the result of an element-wise op with broadcasting: axes are matched from the end, a length of 1
   * stretches.
   *
   * @param who name used in the message
   * @throws ShapeException when two lengths differ and neither is 1
   */
  public static Shape broadcast(String who, Shape a, Shape b) {
    if (a.equals(b)) {
      return a;
    }
    int rank = Math.max(a.dims.length, b.dims.length);
    long[] d = new long[rank];
    for (int i = 0; i < rank; i++) {
      long x = i < rank - a.dims.length ? 1 : a.dims[i - (rank - a.dims.length)];
      long y = i < rank - b.dims.length ? 1 : b.dims[i - (rank - b.dims.length)];
      if (x != y && x != 1 && y != 1) {
        throw new ShapeException(
            who + ": expected shapes that broadcast (equal or 1, from the last axis), given " + a + " and " + b);
      }
      d[i] = x == 1 ? y : x;
    }
    return new Shape(d);
  }

  /** Strides, in elements, of a contiguous tensor of this shape. */
  long[] contiguousStrides() {
    long[] s = new long[dims.length];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      s[i] = step;
      step *= Math.max(dims[i], 1);
    }
    return s;
  }

  long[] raw() {
    return dims;
  }

  @Override
  public boolean equals(Object o) {
    return o == this || o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** {@code [32, 784]}. */
  @Override
  public String toString() {
    return text(dims);
  }

  private static String text(long[] dims) {
    return Arrays.toString(dims);
  }
}
