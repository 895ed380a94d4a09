package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/** Softmax and log-softmax along an axis: {@code y[r,:] = exp(x[r,:] - max) / sum}. */
public final class Softmax {

  private static final Access TENSORS = Access.tensors();

  private Softmax() {}

  /** Softmax (or its logarithm) along an axis. */
  public static Tensor apply(Tensor x, int axis, boolean log) {
    int a = x.shape().axis(axis);
    int last = x.rank() - 1;
    if (a == last) {
      return rows(x, log);
    }
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i == a ? last : i == last ? a : i;
    }
    return rows(x.permute(order), log).permute(order);
  }

  private static Tensor rows(Tensor x, boolean log) {
    String op = log ? "log_softmax" : "softmax";
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException(op + ": expected float32 or float64, given " + x.describe());
    }
    Tensor source = x.contiguous();
    long cols = x.shape().last();
    long rows = cols == 0 ? 0 : x.size() / cols;
    Tensor y = TENSORS.create(x.shape(), x.dtype(), op);
    Status.check(Abi.nrt_softmax_fwd(x.ctx(), x.code(), y.addr(), source.addr(), rows, cols, log ? 1 : 0), op, source);
    return Tape.record(op, y, source, dy -> backward(op, dy, y, rows, cols, log), y);
  }

  private static Tensor backward(String op, Tensor dy, Tensor y, long rows, long cols, boolean log) {
    if (Current.get().tape != null) {
      return log
          ? dy.sub(y.exp().mul(dy.reduce(ReduceOp.SUM, true, -1)))
          : y.mul(dy.sub(dy.mul(y).reduce(ReduceOp.SUM, true, -1)));
    }
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(y.shape(), y.dtype(), op + "_bwd");
    Status.check(
        Abi.nrt_softmax_bwd(y.ctx(), y.code(), dx.addr(), g.addr(), y.addr(), rows, cols, log ? 1 : 0), op, g, y);
    return dx;
  }

  /**
   * Projection onto the simplex along an axis: {@code y = max(x - tau, 0)} with tau such that y sums to 1. The k
   * largest elements stay positive, k the last with {@code 1 + k z_k > z_1 + .. + z_k} for the sorted z.
   */
  public static Tensor sparse(Tensor x, int axis) {
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException("sparsemax: expected float32 or float64, given " + x.describe());
    }
    int a = x.shape().axis(axis);
    Tensor y = Tape.noGrad(() -> project(x, a));
    return Tape.record(
        "sparsemax", y, x,
        dy -> {
          Tensor support = y.gt(0).cast(dy.dtype());
          Tensor mean = dy.mul(support).sum(true, a).div(support.sum(true, a));
          return dy.sub(mean).mul(support);
        },
        y);
  }

  private static Tensor project(Tensor x, int axis) {
    if (x.size() == 0) {
      return x.add(0);
    }
    Tensor shifted = x.sub(x.max(true, axis)); // so that 1 is not lost beside large values
    Tensor z = SortOp.sort(shifted, axis, true).values();
    Tensor sums = ScanOp.sum(z, axis, false, false);
    long[] along = new long[x.rank()];
    Arrays.fill(along, 1);
    along[axis] = x.dim(axis);
    Tensor rank = Tensor.range(1, 1, x.dim(axis), x.dtype()).reshape(along);
    Tensor support = z.mul(rank).add(1).gt(sums).cast(x.dtype());
    Tensor tau = z.mul(support).sum(true, axis).sub(1).div(support.sum(true, axis));
    return shifted.sub(tau).relu();
  }
}
