package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Batch normalisation over all axes but the last (Ioffe and Szegedy 2015). */
public final class BatchNormOp {

  private static final Access TENSORS = Access.tensors();

  private BatchNormOp() {}

  /**
   * Output and the batch's statistics.
   *
   * @param y normalised values
   * @param mean mean per channel
   * @param variance biased variance per channel
   */
  public record Result(Tensor y, Tensor mean, Tensor variance) {}

  /** {@code y = gamma (x - mean) / sqrt(variance + eps) + beta} with the batch's own statistics. */
  public static Result train(Tensor x, Tensor gammaOrNull, Tensor betaOrNull, double eps) {
    Shape channel = check(x, gammaOrNull, betaOrNull);
    Tensor gamma = contiguous(gammaOrNull);
    Tensor beta = contiguous(betaOrNull);
    Tensor xs = x.contiguous();
    long channels = channel.size();
    long rows = channels == 0 ? 0 : x.size() / channels;
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "batch_norm");
    Tensor mean = TENSORS.create(channel, x.dtype(), "batch_norm");
    Tensor variance = TENSORS.create(channel, x.dtype(), "batch_norm");
    Tensor rstd = TENSORS.create(channel, x.dtype(), "batch_norm");
    Status.check(
        Abi.nrt_batch_norm_fwd(
            x.ctx(), x.code(), y.addr(), mean.addr(), variance.addr(), rstd.addr(), xs.addr(), addr(gamma), addr(beta),
            rows, channels, eps),
        "batch_norm", xs, gamma, beta);
    Tensor[] saved =
        gamma == null ? new Tensor[] {xs, mean, rstd} : new Tensor[] {xs, gamma, mean, rstd};
    Tape.recordMany(
        "batch_norm", new Tensor[] {y}, new Tensor[] {x, gamma, beta},
        (dy, needed) -> trainBackward(dy[0], xs, gamma, mean, rstd, rows, channels, needed, eps), saved);
    return new Result(y, mean, variance);
  }

  private static Tensor[] trainBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, long rows, long channels, boolean[] needed,
      double eps) {
    if (Current.get().tape != null) {
      return differentiable(dy, x, gamma, needed, eps);
    }
    Tensor g = dy.contiguous();
    Tensor dx = Tensor.like(x);
    Tensor dgamma = needed[1] ? TENSORS.create(mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    Tensor dbeta = needed[2] ? TENSORS.create(mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    Status.check(
        Abi.nrt_batch_norm_bwd(
            x.ctx(), x.code(), dx.addr(), addr(dgamma), addr(dbeta), g.addr(), x.addr(), addr(gamma), mean.addr(),
            rstd.addr(), rows, channels),
        "batch_norm_bwd", g, x, gamma, mean, rstd);
    return new Tensor[] {dx, dgamma, dbeta};
  }

  /** The same gradients in tensor ops, statistics included, so that they can be differentiated again. */
  private static Tensor[] differentiable(Tensor dy, Tensor x, Tensor gamma, boolean[] needed, double eps) {
    int[] rows = new int[x.rank() - 1];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i;
    }
    Tensor centred = x.sub(x.mean(rows));
    Tensor rstd = centred.square().mean(rows).add(eps).rsqrt();
    Tensor hat = centred.mul(rstd);
    Tensor g = gamma == null ? dy : dy.mul(gamma);
    Tensor dx = g.sub(g.mean(rows)).sub(hat.mul(g.mul(hat).mean(rows))).mul(rstd);
    return new Tensor[] {
      dx, needed[1] ? dy.mul(hat).sum(rows) : null, needed[2] ? dy.sum(rows) : null
    };
  }

  /** The same with given statistics, which get no gradient. */
  public static Tensor infer(
      Tensor x, Tensor gammaOrNull, Tensor betaOrNull, Tensor meanOrView, Tensor varianceOrView, double eps) {
    Shape channel = check(x, gammaOrNull, betaOrNull);
    Tensor gamma = contiguous(gammaOrNull);
    Tensor beta = contiguous(betaOrNull);
    Tensor mean = contiguous(meanOrView);
    Tensor variance = contiguous(varianceOrView);
    Tensor xs = x.contiguous();
    long channels = channel.size();
    long rows = channels == 0 ? 0 : x.size() / channels;
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "batch_norm_infer");
    Status.check(
        Abi.nrt_batch_norm_infer_fwd(
            x.ctx(), x.code(), y.addr(), xs.addr(), addr(gamma), addr(beta), mean.addr(), variance.addr(), rows,
            channels, eps),
        "batch_norm", xs, gamma, beta, mean, variance);
    Tape.recordMany(
        "batch_norm_infer", new Tensor[] {y}, new Tensor[] {x, gamma, beta},
        (dy, needed) -> inferBackward(dy[0], xs, gamma, mean, variance, needed, eps),
        gamma == null ? new Tensor[] {xs, mean, variance} : new Tensor[] {xs, gamma, mean, variance});
    return y;
  }

  private static Tensor[] inferBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor variance, boolean[] needed, double eps) {
    int[] rows = new int[x.rank() - 1];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i;
    }
    if (Current.get().tape != null) {
      Tensor rstd = variance.add(eps).rsqrt();
      Tensor dx = (gamma == null ? dy : dy.mul(gamma)).mul(rstd);
      Tensor dgamma = needed[1] ? dy.mul(x.sub(mean).mul(rstd)).sum(rows) : null;
      return new Tensor[] {dx, dgamma, needed[2] ? dy.sum(rows) : null};
    }
    Tensor g = dy.contiguous();
    long channels = mean.size();
    Tensor dx = Tensor.like(x);
    Tensor dgamma = needed[1] ? TENSORS.create(mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    Tensor dbeta = needed[2] ? TENSORS.create(mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    Status.check(
        Abi.nrt_batch_norm_infer_bwd(
            x.ctx(), x.code(), dx.addr(), addr(dgamma), addr(dbeta), g.addr(), x.addr(), addr(gamma), mean.addr(),
            variance.addr(), channels == 0 ? 0 : x.size() / channels, channels, eps),
        "batch_norm_bwd", g, x, gamma, mean, variance);
    return new Tensor[] {dx, dgamma, dbeta};
  }

  /** {@code moving = momentum * moving + (1 - momentum) * batch}; the variance is scaled first. */
  public static void update(
      Param movingMean, Param movingVariance, Tensor mean, Tensor variance, double momentum, double varianceScale) {
    Status.check(
        Abi.nrt_batch_norm_update(
            mean.ctx(), mean.code(), movingMean.addr(), movingVariance.addr(), mean.addr(), variance.addr(),
            mean.size(), momentum, varianceScale),
        "batch_norm_update", movingMean, movingVariance, mean, variance);
    movingMean.changed();
    movingVariance.changed();
  }

  private static Shape check(Tensor x, Tensor gamma, Tensor beta) {
    if (x.rank() < 2) {
      throw new ShapeException("batch_norm: expected [batch, *, channels], given " + x.describe());
    }
    Shape channel = Shape.of(x.shape().last());
    for (Tensor t : new Tensor[] {gamma, beta}) {
      if (t != null) {
        Binary.requireAlike("batch_norm", x, t);
        if (!t.shape().equals(channel)) {
          throw new ShapeException("batch_norm: expected gamma and beta " + channel + ", given " + t.shape());
        }
      }
    }
    return channel;
  }

  private static Tensor contiguous(Tensor t) {
    return t == null ? null : t.contiguous();
  }

  /** Address of a channel vector, 0 when not given; such vectors are made contiguous on entry. */
  private static long addr(Tensor t) {
    return t == null ? 0 : t.addr();
  }
}
