package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Layer, RMS, group and instance normalisation: statistics of each sample by itself. */
public final class LayerNormOp {

  private static final Access TENSORS = Access.tensors();

  private LayerNormOp() {}

  /**
   * How a contiguous tensor is divided: {@code [batch, positions, groups, width]}, with statistics over positions and
   * width of each batch entry and group, and one gamma and beta per group and width.
   *
   * @param batch samples, or rows
   * @param positions places of a sample; 1 when whole rows are normalised
   * @param groups groups of channels
   * @param width channels of a group, or values of a row
   * @param epsilon added to the variance
   * @param correction taken off the number of values in the variance's divisor
   * @param centred false: the mean is taken as 0 (RMS)
   */
  public record Plan(
      long batch, long positions, long groups, long width, double epsilon, double correction, boolean centred) {

    /** Rows of {@code width} values each. */
    public static Plan rows(Shape x, long width, double epsilon, double correction, boolean centred) {
      return new Plan(width == 0 ? 0 : x.size() / width, 1, 1, width, epsilon, correction, centred);
    }

    /** Channels last, in equal groups; all axes between the first and the last are positions. */
    public static Plan groups(Shape x, long groups, double epsilon) {
      long samples = x.dim(0) * x.last();
      long positions = samples == 0 ? 0 : x.size() / samples;
      return new Plan(x.dim(0), positions, groups, x.last() / groups, epsilon, 0, true);
    }
  }

  /**
   * {@code y = gamma (x - mean) / sqrt(variance + epsilon) + beta}.
   *
   * @param gammaOrNull as many values as {@code groups * width}, in any shape
   * @param betaOrNull likewise
   */
  public static Tensor apply(Tensor x, Tensor gammaOrNull, Tensor betaOrNull, Plan plan) {
    check(x, gammaOrNull, betaOrNull, plan);
    Tensor gamma = gammaOrNull == null ? null : gammaOrNull.contiguous();
    Tensor beta = betaOrNull == null ? null : betaOrNull.contiguous();
    Tensor xs = x.contiguous();
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "layer_norm");
    Shape statistics = Shape.of(plan.batch, plan.groups);
    Tensor mean = plan.centred ? TENSORS.create(statistics, x.dtype(), "layer_norm") : null;
    Tensor rstd = TENSORS.create(statistics, x.dtype(), "layer_norm");
    Status.check(
        Abi.nrt_layer_norm_fwd(
            x.ctx(), x.code(), y.addr(), addr(mean), rstd.addr(), xs.addr(), addr(gamma), addr(beta), plan.batch,
            plan.positions, plan.groups, plan.width, plan.epsilon, plan.correction, plan.centred ? 1 : 0),
        "layer_norm", xs, gamma, beta);
    Tape.recordMany(
        "layer_norm", new Tensor[] {y}, new Tensor[] {x, gammaOrNull, betaOrNull},
        (dy, needed) -> backward(dy[0], xs, gamma, mean, rstd, gammaOrNull, betaOrNull, plan, needed),
        saved(xs, gamma, mean, rstd));
    return y;
  }

  private static void check(Tensor x, Tensor gamma, Tensor beta, Plan plan) {
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException("layer_norm: expected float32 or float64, given " + x.describe());
    }
    for (Tensor t : new Tensor[] {gamma, beta}) {
      if (t != null) {
        Binary.requireAlike("layer_norm", x, t);
        if (t.size() != plan.groups * plan.width) {
          throw new ShapeException(
              "layer_norm: expected gamma and beta of " + plan.groups * plan.width + " values, given " + t.shape());
        }
      }
    }
  }

  private static Tensor[] saved(Tensor... candidates) {
    return java.util.Arrays.stream(candidates).filter(java.util.Objects::nonNull).toArray(Tensor[]::new);
  }

  private static long addr(Tensor t) {
    return t == null ? 0 : t.addr();
  }

  private static Tensor[] backward(
      Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor gammaInput, Tensor betaInput, Plan plan,
      boolean[] needed) {
    if (Current.get().tape != null) {
      return differentiable(dy, x, gamma, gammaInput, betaInput, plan, needed);
    }
    Tensor g = dy.contiguous();
    Tensor dx = Tensor.like(x);
    Tensor dgamma = needed[1] ? TENSORS.create(gammaInput.shape(), x.dtype(), "layer_norm_bwd") : null;
    Tensor dbeta = needed[2] ? TENSORS.create(betaInput.shape(), x.dtype(), "layer_norm_bwd") : null;
    Status.check(
        Abi.nrt_layer_norm_bwd(
            x.ctx(), x.code(), dx.addr(), addr(dgamma), addr(dbeta), g.addr(), x.addr(), addr(gamma), addr(mean),
            rstd.addr(), plan.batch, plan.positions, plan.groups, plan.width, plan.correction, plan.centred ? 1 : 0),
        "layer_norm_bwd", g, x, gamma, mean, rstd);
    return new Tensor[] {dx, dgamma, dbeta};
  }

  /** The same gradients in tensor ops, statistics included, so that they can be differentiated again. */
  private static Tensor[] differentiable(
      Tensor dyGiven, Tensor xGiven, Tensor gamma, Tensor gammaInput, Tensor betaInput, Plan plan, boolean[] needed) {
    Shape parted = Shape.of(plan.batch, plan.positions, plan.groups, plan.width);
    Tensor x = xGiven.reshape(parted);
    Tensor dy = dyGiven.reshape(parted);
    double n = (double) plan.positions * plan.width;
    Tensor centred = plan.centred ? x.sub(mean(x)) : x;
    Tensor variance = mean(centred.square()).mul(n / (n - plan.correction));
    Tensor rstd = variance.add(plan.epsilon).rsqrt();
    Tensor hat = centred.mul(rstd);
    Tensor g = gamma == null ? dy : dy.mul(gammaInput.reshape(1, 1, plan.groups, plan.width));
    Tensor slope = mean(g.mul(hat)).mul(n / (n - plan.correction));
    Tensor dx = (plan.centred ? g.sub(mean(g)) : g).sub(hat.mul(slope)).mul(rstd);
    return new Tensor[] {
      dx.reshape(xGiven.shape()),
      needed[1] ? dy.mul(hat).sum(0, 1).reshape(gammaInput.shape()) : null,
      needed[2] ? dy.sum(0, 1).reshape(betaInput.shape()) : null
    };
  }

  private static Tensor mean(Tensor parted) {
    return parted.reduce(ReduceOp.MEAN, true, 1, 3);
  }
}
