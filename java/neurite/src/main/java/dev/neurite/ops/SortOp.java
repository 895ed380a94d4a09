package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Sorting along an axis, the first few in order, and binary search. */
public final class SortOp {

  private static final Access TENSORS = Access.tensors();

  private SortOp() {}

  /**
   * Sorted values and where they came from.
   *
   * @param values in order
   * @param indices int64 positions along the axis
   */
  public record Result(Tensor values, Tensor indices) {}

  /** All elements along an axis in order; equal ones keep theirs. */
  public static Result sort(Tensor x, int axis, boolean descending) {
    return first("sort", x, axis, x.dim(axis), descending);
  }

  /** The k largest (or smallest) in order. */
  public static Result top(Tensor x, int axis, long k, boolean largest) {
    if (k < 0 || k > x.dim(axis)) {
      throw new ShapeException(
          "topk: expected k in [0, " + x.dim(axis) + "], given " + k + " for axis " + axis + " of " + x.describe());
    }
    return first("topk", x, axis, k, largest);
  }

  private static Result first(String who, Tensor x, int axis, long k, boolean descending) {
    int[] order = lastSwapped(x, axis);
    Tensor rows = x.permute(order).contiguous();
    Shape out = rows.shape().with(-1, k);
    Tensor values = TENSORS.create(out, x.dtype(), who);
    Tensor indices = TENSORS.create(out, DType.INT64, who);
    long cols = rows.shape().last();
    Status.check(
        Abi.nrt_sort_rows(
            x.ctx(), x.code(), values.addr(), indices.addr(), rows.addr(),
            rows.shape().slice(0, rows.rank() - 1).size(), cols, k, descending ? 1 : 0),
        who, rows);
    Shape from = rows.shape();
    Tape.record(
        who, values, rows,
        dy -> ScatterOp.put(Tensor.zeros(from, dy.dtype()), indices, dy, -1, ScatterOp.Mode.ADD), indices);
    return new Result(values.permute(order), indices.permute(order));
  }

  /** The order of axes that exchanges one with the last; its own inverse. */
  private static int[] lastSwapped(Tensor x, int axis) {
    int a = x.shape().axis(axis);
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i == a ? order.length - 1 : i == order.length - 1 ? a : i;
    }
    return order;
  }

  /** For each query, how many elements of the ascending rows are smaller (right: or equal); int64. */
  public static Tensor search(Tensor sorted, Tensor queries, boolean right) {
    Binary.requireAlike("searchSorted", sorted, queries);
    boolean vector = sorted.rank() == 1;
    boolean rows = !vector && sorted.rank() == queries.rank() && queries.rank() > 0
        && sorted.shape().with(-1, 0).equals(queries.shape().with(-1, 0));
    if (!vector && !rows) {
      throw new ShapeException(
          "searchSorted: expected one sorted vector, or equal shapes but for the last axis, given " + sorted.shape()
              + " and " + queries.shape());
    }
    Tensor s = sorted.contiguous();
    Tensor q = queries.contiguous();
    Tensor y = TENSORS.create(queries.shape(), DType.INT64, "searchSorted");
    long batch = vector ? 1 : s.shape().slice(0, s.rank() - 1).size();
    long count = vector ? q.size() : q.shape().last();
    Status.check(
        Abi.nrt_sort_search(
            y.ctx(), s.code(), y.addr(), s.addr(), q.addr(), batch, s.shape().last(), count, right ? 1 : 0),
        "searchSorted", s, q);
    return y;
  }
}
