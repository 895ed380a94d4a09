package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.ScatterOp;
import java.util.Arrays;

/**
 * Looking up and writing elements by index or mask. Indices are int64 and count from the end when negative; one outside
 * the axis throws {@code IllegalArgumentException} naming it and its position. All values are differentiable.
 */
public final class Indexing {

  private Indexing() {}

  /** What a written value does to the element it meets. */
  public enum Scatter {
    /** Replaces it; of several the last. */
    SET,
    /** Is added to it. */
    ADD,
    /** Is multiplied with it. */
    MULTIPLY,
    /** The larger of both; NaN wins; ties share the gradient. */
    MAX,
    /** The smaller of both. */
    MIN
  }

  /**
   * Entries of one axis: {@code y[a.., i.., b..] = x[a.., ids[i..], b..]} (NumPy's {@code take}).
   *
   * @param ids any shape, which takes the axis' place
   */
  public static Tensor take(Tensor x, Tensor ids, int axis) {
    int a = x.shape().axis(axis);
    Tensor rows = x.permute(front(x.rank(), a)).gather(counted(ids, x.dim(a)));
    int[] order = new int[rows.rank()];
    int added = ids.rank();
    for (int i = 0; i < order.length; i++) {
      order[i] = i < a ? added + i : i < a + added ? i - a : i;
    }
    return rows.permute(order);
  }

  private static int[] front(int rank, int axis) {
    int[] order = new int[rank];
    order[0] = axis;
    for (int i = 1; i < rank; i++) {
      order[i] = i <= axis ? i - 1 : i;
    }
    return order;
  }

  /** Negative ids counted from the end. */
  private static Tensor counted(Tensor ids, long length) {
    if (ids.dtype() != DType.INT64) {
      throw new DTypeException("take: expected int64 indices, given " + ids.describe());
    }
    return ids.lt(0).where(ids.add(length), ids);
  }

  /**
   * {@code y[.., i, ..] = x[.., ids[.., i, ..], ..]} along an axis (ONNX GatherElements, {@code torch.gather}).
   *
   * @param ids as many axes as x, none longer but {@code axis}; the result's shape
   */
  public static Tensor gatherElements(Tensor x, int axis, Tensor ids) {
    return ScatterOp.take(x, ids, axis);
  }

  /**
   * A copy of x with {@code updates} written to the places {@link #gatherElements} would read (ONNX ScatterElements).
   *
   * @param ids as many axes as x, none longer but {@code axis}
   * @param updates of the shape of ids
   */
  public static Tensor scatterElements(Tensor x, int axis, Tensor ids, Tensor updates, Scatter mode) {
    return ScatterOp.put(x, ids, updates, axis, ScatterOp.Mode.valueOf(mode.name()));
  }

  /**
   * Elements or slices by coordinates: {@code y[b.., i.., :] = x[b.., ids[b.., i.., 0], .., ids[b.., i.., k-1], :]}.
   *
   * @param ids [b.., i.., k]
   * @param batchDims how many leading axes x and ids share
   */
  public static Tensor gatherNd(Tensor x, Tensor ids, int batchDims) {
    Coordinates c = Coordinates.of("gatherNd", x, ids, batchDims);
    return x.reshape(c.rows, c.width).gather(c.flat).reshape(c.shape);
  }

  /**
   * A copy of x with {@code updates} written to the places {@link #gatherNd} would read.
   *
   * @param ids [i.., k]
   * @param updates [i.., the axes of x from k on]
   */
  public static Tensor scatterNd(Tensor x, Tensor ids, Tensor updates, Scatter mode) {
    Coordinates c = Coordinates.of("scatterNd", x, ids, 0);
    if (!updates.shape().equals(c.shape)) {
      throw new ShapeException("scatterNd: expected updates " + c.shape + ", given " + updates.shape());
    }
    Tensor places = c.flat.expandDims(1).broadcastTo(Shape.of(c.flat.size(), c.width));
    Tensor values = updates.reshape(c.flat.size(), c.width);
    return scatterElements(x.reshape(c.rows, c.width), 0, places, values, mode).reshape(x.shape());
  }

  /** Coordinates as rows of x seen as [rows, width]. */
  private record Coordinates(Tensor flat, long rows, long width, Shape shape) {

    static Coordinates of(String who, Tensor x, Tensor ids, int batchDims) {
      if (ids.dtype() != DType.INT64) {
        throw new DTypeException(who + ": expected int64 indices, given " + ids.describe());
      }
      int last = ids.rank() - 1;
      int k = last < 0 ? -1 : (int) ids.dim(last);
      if (k < 0 || batchDims < 0 || batchDims > last || batchDims + k > x.rank()
          || !ids.shape().slice(0, batchDims).equals(x.shape().slice(0, batchDims))) {
        throw new ShapeException(
            who + ": expected indices [batch.., i.., k] with k axes of the values, given " + ids.shape() + " for "
                + x.shape() + " with " + batchDims + " batch axes");
      }
      Shape width = x.shape().slice(batchDims + k, x.rank());
      long rows = x.shape().slice(0, batchDims + k).size();
      Shape out = ids.shape().slice(0, last);
      long count = out.size();
      for (int i = 0; i < width.rank(); i++) {
        out = out.append(width.dim(i));
      }
      Tensor flat = flat(who, x, ids.reshape(count, k), batchDims);
      return new Coordinates(flat.add(batchOffset(x, count, batchDims, k)), rows, width.size(), out);
    }

    private static Tensor flat(String who, Tensor x, Tensor ids, int batchDims) {
      Tensor flat = Tensor.zeros(Shape.of(ids.dim(0)), DType.INT64);
      for (int j = 0; j < ids.dim(1); j++) {
        long n = x.dim(batchDims + j);
        Tensor id = counted(ids.select(1, j), n);
        if (id.size() > 0 && (id.min().item() < 0 || id.max().item() >= n)) {
          throw new IllegalArgumentException(
              who + ": expected coordinate " + j + " in [" + -n + ", " + n + "), given " + ids.describe() + " from "
                  + (long) ids.select(1, j).min().item() + " to " + (long) ids.select(1, j).max().item());
        }
        flat = flat.mul(n).add(id);
      }
      return flat;
    }

    /** First row of each entry's batch. */
    private static Tensor batchOffset(Tensor x, long count, int batchDims, int k) {
      long batches = x.shape().slice(0, batchDims).size();
      long rows = x.shape().slice(batchDims, batchDims + k).size();
      long each = batches == 0 ? 0 : count / batches;
      return Tensor.range(0, rows, batches, DType.INT64).expandDims(1).broadcastTo(Shape.of(batches, each))
          .reshape(count);
    }
  }

  /**
   * The elements where the mask is true, in row-major order.
   *
   * @param mask bool; both are broadcast
   * @return [count]
   */
  public static Tensor maskedSelect(Tensor x, Tensor mask) {
    requireMask("maskedSelect", mask);
    Shape joint = Shape.broadcast("maskedSelect", x.shape(), mask.shape());
    return x.broadcastTo(joint).reshape(joint.size()).gather(ScatterOp.nonzero(mask.broadcastTo(joint)));
  }

  /** x with {@code value} where the mask is true; those places get no gradient. */
  public static Tensor maskedFill(Tensor x, Tensor mask, double value) {
    requireMask("maskedFill", mask);
    return mask.where(Tensor.scalar(value, x.dtype()), x);
  }

  private static void requireMask(String who, Tensor mask) {
    if (mask.dtype() != DType.BOOL) {
      throw new DTypeException(who + ": expected a bool mask, given " + mask.describe());
    }
  }

  /** Coordinates of the elements that are not 0, in row-major order: int64 [count, rank]. */
  public static Tensor nonzero(Tensor x) {
    Tensor flat = ScatterOp.nonzero(x);
    Tensor[] coordinates = new Tensor[x.rank()];
    long stride = 1;
    for (int i = x.rank() - 1; i >= 0; i--) {
      Tensor down = flat.floorDiv(Tensor.scalar(stride, DType.INT64));
      coordinates[i] = down.mod(Tensor.scalar(x.dim(i), DType.INT64));
      stride *= x.dim(i);
    }
    return coordinates.length == 0
        ? Tensor.zeros(Shape.of(flat.size(), 0), DType.INT64)
        : Tensor.stack(1, Arrays.asList(coordinates));
  }
}
