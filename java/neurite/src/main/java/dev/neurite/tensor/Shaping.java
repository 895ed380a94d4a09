package dev.neurite.tensor;

import dev.neurite.error.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rearranging and repeating: tiles, splits, rolls, triangles, diagonals, grids and padding. All differentiable. */
public final class Shaping {

  private Shaping() {}

  /** What is put around a tensor. */
  public enum Border {
    /** The values inside, mirrored without the edge itself. */
    REFLECT,
    /** The values inside, mirrored with the edge. */
    SYMMETRIC,
    /** The edge repeated. */
    EDGE,
    /** The values of the other side. */
    WRAP
  }

  /** The whole tensor repeated along each axis; more counts than axes put new ones in front (NumPy's tile). */
  public static Tensor tile(Tensor x, long... repeats) {
    Tensor y = x;
    while (y.rank() < repeats.length) {
      y = y.expandDims(0);
    }
    int lead = y.rank() - repeats.length;
    for (int i = 0; i < repeats.length; i++) {
      if (repeats[i] < 0) {
        throw new ShapeException("tile: expected counts of 0 or more, given " + Arrays.toString(repeats));
      }
      int axis = lead + i;
      if (repeats[i] != 1) {
        long n = y.dim(axis);
        Tensor wide = y.expandDims(axis);
        y = wide.broadcastTo(wide.shape().with(axis, repeats[i])).reshape(y.shape().with(axis, repeats[i] * n));
      }
    }
    return y;
  }

  /** Each element of an axis repeated in place. */
  public static Tensor repeat(Tensor x, long times, int axis) {
    int a = x.shape().axis(axis);
    if (times < 0) {
      throw new ShapeException("repeat: expected a count of 0 or more, given " + times);
    }
    Tensor wide = x.expandDims(a + 1);
    return wide.broadcastTo(wide.shape().with(a + 1, times)).reshape(x.shape().with(a, times * x.dim(a)));
  }

  /** Entry i of an axis repeated {@code times[i]} times. */
  public static Tensor repeat(Tensor x, long[] times, int axis) {
    if (times.length != x.dim(axis)) {
      throw new ShapeException(
          "repeat: expected " + x.dim(axis) + " counts, given " + times.length + " for " + x.describe());
    }
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      for (long k = 0; k < times[i]; k++) {
        ids.add((long) i);
      }
    }
    return Indexing.take(x, ids(ids.stream().mapToLong(Long::longValue).toArray()), axis);
  }

  private static Tensor ids(long[] values) {
    return Tensor.of(values, Shape.of(values.length));
  }

  /**
   * Parts of an axis. Views.
   *
   * @param sizes lengths of the parts; they must add up to the axis
   */
  public static List<Tensor> split(Tensor x, int axis, long... sizes) {
    if (Arrays.stream(sizes).sum() != x.dim(axis) || Arrays.stream(sizes).anyMatch(n -> n < 0)) {
      throw new ShapeException(
          "split: expected lengths that add up to " + x.dim(axis) + ", given " + Arrays.toString(sizes) + " for "
              + x.describe());
    }
    List<Tensor> parts = new ArrayList<>();
    long at = 0;
    for (long n : sizes) {
      parts.add(x.slice(axis, at, at + n));
      at += n;
    }
    return parts;
  }

  /** An axis in parts of equal length; the last may be shorter. Views. */
  public static List<Tensor> chunk(Tensor x, int axis, long length) {
    if (length < 1) {
      throw new ShapeException("chunk: expected a length of 1 or more, given " + length);
    }
    List<Tensor> parts = new ArrayList<>();
    for (long at = 0; at < x.dim(axis); at += length) {
      parts.add(x.slice(axis, at, Math.min(at + length, x.dim(axis))));
    }
    return parts;
  }

  /** Elements moved along an axis by {@code shift}; those that leave enter on the other side. */
  public static Tensor roll(Tensor x, long shift, int axis) {
    long n = x.dim(axis);
    long k = n == 0 ? 0 : Math.floorMod(shift, n);
    return k == 0 ? x : Tensor.concat(axis, List.of(x.slice(axis, n - k, n), x.slice(axis, 0, n - k)));
  }

  /** The whole tensor rolled as one row-major vector. */
  public static Tensor roll(Tensor x, long shift) {
    return roll(x.reshape(x.size()), shift, 0).reshape(x.shape());
  }

  /** [.., n, m] with zeros below diagonal k (0: the main one, 1: the one above it). */
  public static Tensor triu(Tensor x, long k) {
    return triangleMask("triu", x, k).where(x, Tensor.scalar(0, x.dtype()));
  }

  /** [.., n, m] with zeros above diagonal k. */
  public static Tensor tril(Tensor x, long k) {
    return triangleMask("tril", x, k + 1).where(Tensor.scalar(0, x.dtype()), x);
  }

  /** bool [n, m]: column - row >= k. */
  private static Tensor triangleMask(String who, Tensor x, long k) {
    if (x.rank() < 2) {
      throw new ShapeException(who + ": expected at least two axes, given " + x.describe());
    }
    Tensor rows = Tensor.range(k, 1, x.dim(-2), DType.INT64).expandDims(1);
    return Tensor.range(0, 1, x.dim(-1), DType.INT64).ge(rows);
  }

  /** Diagonal {@code offset} (positive: above the main one) of the last two axes: [.., n, m] to [.., length]. */
  public static Tensor diagonal(Tensor x, long offset) {
    return diagonal(x, offset, -2, -1);
  }

  /** A diagonal of the plane of two axes, which disappear; it becomes the last axis. */
  public static Tensor diagonal(Tensor x, long offset, int axis1, int axis2) {
    int a = x.shape().axis(axis1);
    int b = x.shape().axis(axis2);
    if (a == b) {
      throw new ShapeException("diagonal: expected two axes, given " + axis1 + " twice for " + x.describe());
    }
    int[] order = new int[x.rank()];
    int n = 0;
    for (int i = 0; i < order.length; i++) {
      if (i != a && i != b) {
        order[n++] = i;
      }
    }
    order[n] = a;
    order[n + 1] = b;
    long rows = x.dim(a);
    long cols = x.dim(b);
    long length = Math.max(0, Math.min(rows + Math.min(offset, 0), cols - Math.max(offset, 0)));
    Tensor flat = x.permute(order).flatten(x.rank() - 2);
    if (length == 0) {
      return flat.slice(-1, 0, 0);
    }
    long start = offset >= 0 ? offset : -offset * cols;
    Slice[] ranges = new Slice[flat.rank()];
    Arrays.fill(ranges, Slice.all());
    ranges[flat.rank() - 1] = new Slice(start, start + (length - 1) * (cols + 1) + 1, cols + 1);
    return flat.slice(ranges);
  }

  /** [.., n] as diagonal {@code offset} of zero matrices [.., n + |offset|, n + |offset|]. */
  public static Tensor diagonalMatrix(Tensor x, long offset) {
    Tensor hot = eye(x.dim(-1), x.dim(-1), x.dtype()).mul(x.expandDims(-2));
    long[] before = new long[hot.rank()];
    long[] after = new long[hot.rank()];
    long[] down = offset < 0 ? before : after;
    long[] right = offset > 0 ? before : after;
    down[hot.rank() - 2] = Math.abs(offset);
    right[hot.rank() - 1] = Math.abs(offset);
    return hot.pad(before, after, 0);
  }

  /** Ones on the main diagonal, else zeros. */
  public static Tensor eye(long rows, long cols, DType dtype) {
    Tensor down = Tensor.range(0, 1, rows, DType.INT64).expandDims(1);
    return Tensor.range(0, 1, cols, DType.INT64).eq(down).cast(dtype);
  }

  /**
   * Vectors as coordinates of a grid: vector i varies along axis i ({@code ij}), or with the first two axes exchanged
   * ({@code xy}).
   *
   * @param indexing "ij" or "xy"
   */
  public static List<Tensor> meshgrid(String indexing, Tensor... vectors) {
    if (!indexing.equals("ij") && !indexing.equals("xy")) {
      throw new IllegalArgumentException("meshgrid: expected indexing 'ij' or 'xy', given '" + indexing + "'");
    }
    int rank = vectors.length;
    long[] dims = new long[rank];
    int[] axes = new int[rank];
    for (int i = 0; i < rank; i++) {
      if (vectors[i].rank() > 1) {
        throw new ShapeException("meshgrid: expected vectors, given " + vectors[i].describe());
      }
      axes[i] = indexing.equals("xy") && i < 2 && rank > 1 ? 1 - i : i;
      dims[axes[i]] = vectors[i].size();
    }
    List<Tensor> grids = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      long[] own = new long[rank];
      Arrays.fill(own, 1);
      own[axes[i]] = vectors[i].size();
      grids.add(vectors[i].reshape(own).broadcastTo(Shape.of(dims)));
    }
    return grids;
  }

  /** {@code count} values from start to stop, both included, at equal distances. */
  public static Tensor linspace(double start, double stop, long count, DType dtype) {
    return Tensor.range(start, count > 1 ? (stop - start) / (count - 1) : 0, count, dtype);
  }

  /** {@code start, start + step, ...} below stop (above it when the step is negative). */
  public static Tensor arange(double start, double stop, double step, DType dtype) {
    if (step == 0) {
      throw new IllegalArgumentException("arange: expected a step other than 0, given " + step);
    }
    return Tensor.range(start, step, Math.max(0, (long) Math.ceil((stop - start) / step)), dtype);
  }

  /**
   * A border made of the tensor's own values: {@code before[i]} and {@code after[i]} elements on axis i.
   *
   * @throws ShapeException when an axis is too short for the border
   */
  public static Tensor pad(Tensor x, long[] before, long[] after, Border border) {
    if (before.length != x.rank() || after.length != x.rank()) {
      throw new ShapeException("pad: expected " + x.rank() + " widths on each side, given " + before.length);
    }
    Tensor y = x;
    for (int axis = 0; axis < before.length; axis++) {
      if (before[axis] != 0 || after[axis] != 0) {
        y = Indexing.take(y, ids(sources(x.dim(axis), before[axis], after[axis], border)), axis);
      }
    }
    return y;
  }

  /** Where each element of a padded axis of length n comes from. */
  private static long[] sources(long n, long before, long after, Border border) {
    long most = border == Border.REFLECT ? n - 1 : n;
    boolean free = border == Border.EDGE && n > 0;
    if (before < 0 || after < 0 || !free && Math.max(before, after) > most) {
      throw new ShapeException(
          "pad: expected widths of 0 to " + (free ? "any" : Math.max(most, 0)) + " with " + border + ", given " + before
              + " and " + after);
    }
    long[] from = new long[Math.toIntExact(before + n + after)];
    for (int i = 0; i < from.length; i++) {
      long at = i - before;
      from[i] =
          switch (border) {
            case REFLECT -> at < 0 ? -at : at >= n ? 2 * n - 2 - at : at;
            case SYMMETRIC -> at < 0 ? -at - 1 : at >= n ? 2 * n - 1 - at : at;
            case EDGE -> Math.min(Math.max(at, 0), n - 1);
            case WRAP -> Math.floorMod(at, n);
          };
    }
    return from;
  }
}
