package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Running sums, running products and linear recurrences along an axis. */
public final class ScanOp {

  private static final Access TENSORS = Access.tensors();
  private static final int SUM = 0;
  private static final int PRODUCT = 1;

  private ScanOp() {}

  /** {@code y_i = x_0 + ... + x_i}; exclusive leaves x_i out, reverse starts at the other end. */
  public static Tensor sum(Tensor x, int axis, boolean exclusive, boolean reverse) {
    int a = x.shape().axis(axis);
    Tensor source = x.contiguous();
    Tensor y = scan("cumsum", SUM, source, a, exclusive, reverse);
    return Tape.record("cumsum", y, source, dy -> sum(dy, a, exclusive, !reverse));
  }

  /** {@code y_i = x_0 * ... * x_i}; exclusive leaves x_i out, reverse starts at the other end. */
  public static Tensor product(Tensor x, int axis, boolean exclusive, boolean reverse) {
    int a = x.shape().axis(axis);
    if (exclusive && Tape.tracks(x)) {
      return product(neighbour(x, a, !reverse, 1), a, false, reverse);
    }
    Tensor source = x.contiguous();
    Tensor y = scan("cumprod", PRODUCT, source, a, exclusive, reverse);
    return Tape.record("cumprod", y, source, dy -> productBackward(dy, source, a, reverse), source);
  }

  /**
   * {@code dx_i} = the product before i times {@code s_i = dy_i + x_(i+1) s_(i+1)}: no division, so zeros are no
   * special case.
   */
  private static Tensor productBackward(Tensor dy, Tensor x, int axis, boolean reverse) {
    Tensor tail = linear(dy, neighbour(x, axis, reverse, 0), axis, !reverse);
    return product(x, axis, true, reverse).mul(tail);
  }

  /** {@code y_i = a_i + b_i y_(i-1)}, or {@code y_(i+1)} in reverse; the first has no neighbour. */
  public static Tensor linear(Tensor a, Tensor b, int axis, boolean reverse) {
    Binary.requireAlike("linear", a, b);
    int along = a.shape().axis(axis);
    Tensor as = a.contiguous();
    Tensor bs = b.contiguous();
    Tensor y = TENSORS.create(a.shape(), a.dtype(), "linear");
    long[] size = sizes(a.shape(), along);
    Status.check(
        Abi.nrt_scan_linear(
            y.ctx(), y.code(), y.addr(), as.addr(), bs.addr(), size[0], size[1], size[2], reverse ? 1 : 0),
        "linear", as, bs);
    return Tape.record(
        "linear", y,
        as, dy -> linear(dy, neighbour(bs, along, reverse, 0), along, !reverse),
        bs, dy -> linear(dy, neighbour(bs, along, reverse, 0), along, !reverse).mul(neighbour(y, along, !reverse, 0)),
        bs, y);
  }

  private static Tensor scan(String who, int kind, Tensor x, int axis, boolean exclusive, boolean reverse) {
    if (!x.dtype().isDifferentiable() && x.dtype() != DType.INT32 && x.dtype() != DType.INT64) {
      throw new DTypeException(who + ": expected float32, float64, int32 or int64, given " + x.describe());
    }
    Tensor y = TENSORS.create(x.shape(), x.dtype(), who);
    long[] size = sizes(x.shape(), axis);
    Status.check(
        Abi.nrt_scan_fwd(
            y.ctx(), y.code(), kind, y.addr(), x.addr(), size[0], size[1], size[2], exclusive ? 1 : 0,
            reverse ? 1 : 0),
        who, x);
    return y;
  }

  private static long[] sizes(Shape shape, int axis) {
    return new long[] {shape.slice(0, axis).size(), shape.dim(axis), shape.slice(axis + 1, shape.rank()).size()};
  }

  /** Element i becomes element i - 1 (previous) or i + 1 of the axis, {@code edge} where there is none. */
  private static Tensor neighbour(Tensor x, int axis, boolean previous, double edge) {
    long n = x.dim(axis);
    if (n == 0) {
      return x;
    }
    Tensor border = Tensor.full(x.shape().with(axis, 1), edge, x.dtype());
    return previous
        ? Movement.concat(axis, List.of(border, Movement.sliceAxis(x, axis, Slice.of(0, n - 1))))
        : Movement.concat(axis, List.of(Movement.sliceAxis(x, axis, Slice.of(1, n)), border));
  }
}
