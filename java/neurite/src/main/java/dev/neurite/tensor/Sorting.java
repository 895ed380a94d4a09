package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.SortOp;
import java.util.List;

/**
 * Sorting, the largest few, search and counting. Equal values keep their order (also when descending), NaN counts as
 * larger than everything. Gradients flow through values, never through indices.
 */
public final class Sorting {

  private Sorting() {}

  /**
   * Values in order and where they came from.
   *
   * @param values in order
   * @param indices int64 positions along the axis
   */
  public record Sorted(Tensor values, Tensor indices) {}

  /**
   * The distinct values of a tensor.
   *
   * @param values ascending [k]
   * @param inverse int64, of the tensor's shape: position of each element among the values
   * @param counts int64 [k]: how often each occurs
   */
  public record Unique(Tensor values, Tensor inverse, Tensor counts) {}

  /** All elements along an axis in order. */
  public static Sorted sort(Tensor x, int axis, boolean descending) {
    SortOp.Result r = SortOp.sort(x, axis, descending);
    return new Sorted(r.values(), r.indices());
  }

  /** Positions (int64) that would sort the axis. */
  public static Tensor argsort(Tensor x, int axis, boolean descending) {
    return SortOp.sort(x, axis, descending).indices();
  }

  /**
   * The k largest (or smallest) elements along an axis, best first; among equal ones the lower index.
   *
   * @throws ShapeException when k exceeds the axis
   */
  public static Sorted topk(Tensor x, long k, int axis, boolean largest) {
    SortOp.Result r = SortOp.top(x, axis, k, largest);
    return new Sorted(r.values(), r.indices());
  }

  /**
   * For each value, where it would be put in: how many elements of {@code sorted} are smaller (right: or equal).
   *
   * @param sorted ascending vector, or rows [.., n]
   * @param values any shape for a vector, [.., m] for rows
   * @return int64, of the values' shape
   */
  public static Tensor searchSorted(Tensor sorted, Tensor values, boolean right) {
    return SortOp.search(sorted, values, right);
  }

  /** Distinct values, ascending; each NaN is distinct. */
  public static Unique unique(Tensor x) {
    Tensor flat = x.reshape(x.size());
    if (x.size() == 0) {
      Tensor none = Tensor.zeros(Shape.of(0), DType.INT64);
      return new Unique(flat, Tensor.zeros(x.shape(), DType.INT64), none);
    }
    Sorted sorted = sort(flat, 0, false);
    long n = x.size();
    Tensor fresh = sorted.values.slice(0, 1, n).ne(sorted.values.slice(0, 0, n - 1));
    Tensor first = Tensor.concat(0, List.of(Tensor.full(Shape.of(1), 1, DType.BOOL), fresh));
    Tensor group = Reductions.cumsum(first.cast(DType.INT64), 0, false, false).sub(1);
    Tensor inverse =
        Indexing.scatterElements(
            Tensor.zeros(Shape.of(n), DType.INT64), 0, sorted.indices, group, Indexing.Scatter.SET);
    return new Unique(
        Indexing.maskedSelect(sorted.values, first), inverse.reshape(x.shape()), bincount(group, 0));
  }

  /**
   * How often each of 0, 1, ... occurs.
   *
   * @param x int64, any shape, no negative element
   * @param minLength least length of the result
   * @return int64 [max(largest + 1, minLength)]
   */
  public static Tensor bincount(Tensor x, long minLength) {
    return bincount(x, Tensor.ones(x.shape(), DType.INT64), minLength);
  }

  /** The same with the weights of the elements added up instead of ones; differentiable in the weights. */
  public static Tensor bincount(Tensor x, Tensor weights, long minLength) {
    if (x.dtype() != DType.INT64) {
      throw new DTypeException("bincount: expected int64, given " + x.describe());
    }
    if (minLength < 0 || x.size() > 0 && x.min().item() < 0) {
      throw new IllegalArgumentException("bincount: expected no negative number, given " + x.describe());
    }
    long length = Math.max(minLength, x.size() == 0 ? 0 : (long) x.max().item() + 1);
    Tensor zeros = Tensor.zeros(Shape.of(length), weights.dtype());
    return x.size() == 0
        ? zeros
        : Indexing.scatterElements(
            zeros, 0, x.reshape(x.size()), weights.reshape(x.size()), Indexing.Scatter.ADD);
  }
}
