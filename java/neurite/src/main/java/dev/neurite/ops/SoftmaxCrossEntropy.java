package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Fused softmax and cross-entropy on logits: one loss per row, only the log-sum-exp kept for backward. */
public final class SoftmaxCrossEntropy {

  private static final Access TENSORS = Access.tensors();

  /** No label is ignored. */
  public static final long NONE = Long.MIN_VALUE;

  private SoftmaxCrossEntropy() {}

  /**
   * {@code loss = lse - (1 - s) x[label] - s / C sum(x)} with smoothing s.
   *
   * @param x logits [*, C]
   * @param labels int64 [*]
   * @param ignore label whose rows get loss and gradient 0, or {@link #NONE}
   * @return [*]
   * @throws IllegalArgumentException for a label outside [0, C), naming it and its row
   */
  public static Tensor sparse(Tensor x, Tensor labels, double smoothing, long ignore) {
    Shape rows = rows(x);
    if (labels.dtype() != DType.INT64) {
      throw new DTypeException("softmax_cross_entropy: expected int64 labels, given " + labels.describe());
    }
    if (!labels.shape().equals(rows)) {
      throw new ShapeException(
          "softmax_cross_entropy: expected labels " + rows + " for logits " + x.shape() + ", given " + labels.shape());
    }
    Tensor xs = x.contiguous();
    Tensor ys = labels.contiguous();
    long cols = x.shape().last();
    Tensor loss = TENSORS.create(rows, x.dtype(), "softmax_xent");
    Tensor lse = TENSORS.create(rows, x.dtype(), "softmax_xent");
    Status.check(
        Abi.nrt_softmax_xent_fwd(
            x.ctx(), x.code(), loss.addr(), lse.addr(), xs.addr(), ys.addr(), rows.size(), cols, smoothing, ignore),
        "softmax_cross_entropy", xs, ys);
    return Tape.record(
        "softmax_cross_entropy", loss, xs,
        dy -> {
          if (Current.get().tape != null) {
            return twice(dy, xs, target(xs, ys, smoothing, ignore), ignoredAsZero(ys, ignore, x.dtype()));
          }
          Tensor g = dy.contiguous();
          Tensor dx = Tensor.like(xs);
          Status.check(
              Abi.nrt_softmax_xent_bwd(
                  xs.ctx(), xs.code(), dx.addr(), g.addr(), xs.addr(), lse.addr(), ys.addr(), rows.size(), cols,
                  smoothing, ignore),
              "softmax_cross_entropy_bwd", g, xs, lse, ys);
          return dx;
        },
        xs, ys, lse);
  }

  /** The smoothed one-hot targets, with any class for ignored rows (their weight is 0). */
  private static Tensor target(Tensor x, Tensor labels, double smoothing, long ignore) {
    long cols = x.shape().last();
    Tensor safe = labels.eq(ignore).where(Tensor.zeros(labels.shape(), DType.INT64), labels);
    return safe.oneHot(cols, x.dtype()).mul(1 - smoothing).add(smoothing / cols);
  }

  private static Tensor ignoredAsZero(Tensor labels, long ignore, DType dtype) {
    return labels.ne(Tensor.scalar(ignore, DType.INT64)).cast(dtype);
  }

  /** The gradient in tensor ops, for differentiating it again. */
  private static Tensor twice(Tensor dy, Tensor x, Tensor target, Tensor weight) {
    return x.softmax(-1).sub(target).mul(dy.mul(weight).expandDims(dy.rank()));
  }

  /**
   * {@code loss = lse * sum(t) - sum(t x)} for dense targets.
   *
   * @param x logits [*, C]
   * @param targets [*, C], not differentiated
   * @return [*]
   */
  public static Tensor dense(Tensor x, Tensor targets) {
    Binary.requireAlike("softmax_cross_entropy", x, targets);
    if (!targets.shape().equals(x.shape())) {
      throw new ShapeException(
          "softmax_cross_entropy: expected targets " + x.shape() + ", given " + targets.shape());
    }
    Shape rows = rows(x);
    Tensor xs = x.contiguous();
    Tensor ts = targets.contiguous();
    long cols = x.shape().last();
    Tensor loss = TENSORS.create(rows, x.dtype(), "softmax_xent");
    Tensor lse = TENSORS.create(rows, x.dtype(), "softmax_xent");
    Status.check(
        Abi.nrt_softmax_xent_dense_fwd(
            x.ctx(), x.code(), loss.addr(), lse.addr(), xs.addr(), ts.addr(), rows.size(), cols),
        "softmax_cross_entropy", xs, ts);
    return Tape.record(
        "softmax_cross_entropy", loss, xs,
        dy -> {
          if (Current.get().tape != null) {
            Tensor total = ts.reduce(ReduceOp.SUM, true, -1);
            return xs.softmax(-1).mul(total).sub(ts).mul(dy.expandDims(dy.rank()));
          }
          Tensor g = dy.contiguous();
          Tensor dx = Tensor.like(xs);
          Status.check(
              Abi.nrt_softmax_xent_dense_bwd(
                  xs.ctx(), xs.code(), dx.addr(), g.addr(), xs.addr(), lse.addr(), ts.addr(), rows.size(), cols),
              "softmax_cross_entropy_bwd", g, xs, lse, ts);
          return dx;
        },
        xs, ts, lse);
  }

  private static Shape rows(Tensor x) {
    if (x.rank() < 1 || x.shape().last() < 1) {
      throw new ShapeException("softmax_cross_entropy: expected logits [*, classes], given " + x.describe());
    }
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException("softmax_cross_entropy: expected float32 or float64 logits, given " + x.describe());
    }
    return x.shape().slice(0, x.rank() - 1);
  }
}
