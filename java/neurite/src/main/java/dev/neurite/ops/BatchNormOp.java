package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Objects;
import java.util.stream.Stream;

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
    return train(x, gammaOrNull, betaOrNull, eps, null, false);
  }

  /** The same with a residual added behind it, and a ReLU behind that, in one kernel. */
  public static Result train(
      Tensor x, Tensor gammaOrNull, Tensor betaOrNull, double eps, Tensor residualOrNull, boolean relu) {
    Shape channel = check(x, gammaOrNull, betaOrNull, residualOrNull);
    Tensor gamma = contiguous(gammaOrNull);
    Tensor beta = contiguous(betaOrNull);
    Tensor residual = contiguous(residualOrNull);
    Tensor xs = x.contiguous();
    long channels = channel.size();
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "batch_norm");
    Tensor mean = TENSORS.create(channel, x.dtype(), "batch_norm");
    Tensor variance = TENSORS.create(channel, x.dtype(), "batch_norm");
    Tensor rstd = TENSORS.create(channel, x.dtype(), "batch_norm");
    Status.check(
        Abi.nrt_batch_norm_fwd(
            x.ctx(), x.code(), y.addr(), mean.addr(), variance.addr(), rstd.addr(), xs.addr(), addr(gamma), addr(beta),
            addr(residual), channels == 0 ? 0 : x.size() / channels, channels, eps, relu ? 1 : 0),
        "batch_norm", xs, gamma, beta, residual);
    Saved saved = new Saved(xs, gamma, beta, mean, rstd, relu ? y : null, residual != null, eps);
    Tape.recordMany(
        "batch_norm", new Tensor[] {y}, new Tensor[] {x, gamma, beta, residual},
        (dy, needed) -> trainBackward(dy[0], saved, needed), saved.tensors());
    return new Result(y, mean, variance);
  }

  /** What backward reads; y only where a ReLU has to be undone. */
  private record Saved(
      Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor rstd, Tensor y, boolean residual, double eps) {
    Tensor[] tensors() {
      return Stream.of(x, gamma, y == null ? null : beta, mean, rstd, y)
          .filter(Objects::nonNull)
          .toArray(Tensor[]::new);
    }
  }

  private static Tensor[] trainBackward(Tensor dy, Saved s, boolean[] needed) {
    if (Current.get().tape != null) {
      Tensor dz = s.y == null ? dy : Unary.fusedBackward(UnaryOp.RELU, dy, s.y);
      return differentiable(dz, s.x, s.gamma, needed, s.eps);
    }
    Tensor x = s.x;
    Tensor g = dy.contiguous();
    Tensor dx = Tensor.like(x);
    Tensor dgamma = needed[1] ? TENSORS.create(s.mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    Tensor dbeta = needed[2] ? TENSORS.create(s.mean.shape(), x.dtype(), "batch_norm_bwd") : null;
    boolean joined = s.residual && s.y != null;
    Tensor dz = joined ? Tensor.like(x) : null;
    long channels = s.mean.size();
    Status.check(
        Abi.nrt_batch_norm_bwd(
            x.ctx(), x.code(), dx.addr(), addr(dgamma), addr(dbeta), addr(dz), g.addr(), x.addr(),
            joined ? s.y.addr() : 0, addr(s.gamma), addr(s.beta), s.mean.addr(), s.rstd.addr(),
            channels == 0 ? 0 : x.size() / channels, channels, s.y == null ? 0 : 1),
        "batch_norm_bwd", g, x, s.gamma, s.beta, s.mean, s.rstd, s.y);
    return new Tensor[] {dx, dgamma, dbeta, joined ? dz : g};
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
      dx, needed[1] ? dy.mul(hat).sum(rows) : null, needed[2] ? dy.sum(rows) : null, dy
    };
  }

  /** The same with given statistics, which get no gradient. */
  public static Tensor infer(
      Tensor x, Tensor gammaOrNull, Tensor betaOrNull, Tensor meanOrView, Tensor varianceOrView, double eps) {
    return infer(x, gammaOrNull, betaOrNull, meanOrView, varianceOrView, eps, null, false);
  }

  /** The same with a residual added behind it, and a ReLU behind that, in one kernel. */
  public static Tensor infer(
      Tensor x, Tensor gammaOrNull, Tensor betaOrNull, Tensor meanOrView, Tensor varianceOrView, double eps,
      Tensor residualOrNull, boolean relu) {
    Shape channel = check(x, gammaOrNull, betaOrNull, residualOrNull);
    Tensor gamma = contiguous(gammaOrNull);
    Tensor beta = contiguous(betaOrNull);
    Tensor residual = contiguous(residualOrNull);
    Tensor mean = contiguous(meanOrView);
    Tensor variance = contiguous(varianceOrView);
    Tensor xs = x.contiguous();
    long channels = channel.size();
    long rows = channels == 0 ? 0 : x.size() / channels;
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "batch_norm_infer");
    Status.check(
        Abi.nrt_batch_norm_infer_fwd(
            x.ctx(), x.code(), y.addr(), xs.addr(), addr(gamma), addr(beta), mean.addr(), variance.addr(),
            addr(residual), rows, channels, eps, relu ? 1 : 0),
        "batch_norm", xs, gamma, beta, mean, variance, residual);
    Tensor[] saved =
        Stream.of(xs, gamma, mean, variance, relu ? y : null).filter(Objects::nonNull).toArray(Tensor[]::new);
    Tape.recordMany(
        "batch_norm_infer", new Tensor[] {y}, new Tensor[] {x, gamma, beta, residual},
        (dy, needed) -> {
          Tensor dz = relu ? Unary.fusedBackward(UnaryOp.RELU, dy[0], y) : dy[0];
          return inferBackward(dz, xs, gamma, mean, variance, needed, eps);
        },
        saved);
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
      return new Tensor[] {dx, dgamma, needed[2] ? dy.sum(rows) : null, dy};
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
    return new Tensor[] {dx, dgamma, dbeta, g};
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

  private static Shape check(Tensor x, Tensor gamma, Tensor beta, Tensor residual) {
    if (x.rank() < 2) {
      throw new ShapeException("batch_norm: expected [batch, *, channels], given " + x.describe());
    }
    if (residual != null) {
      Binary.requireAlike("batch_norm", x, residual);
      if (!residual.shape().equals(x.shape())) {
        throw new ShapeException("batch_norm: expected a residual " + x.shape() + ", given " + residual.shape());
      }
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

  /** Address, 0 when not given; what may be left out is made contiguous on entry. */
  private static long addr(Tensor t) {
    return t == null ? 0 : t.addr();
  }
}
