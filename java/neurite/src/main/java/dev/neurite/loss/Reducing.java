package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Weighs and reduces the values of single samples. */
final class Reducing {

  private Reducing() {}

  /**
   * Reduces values.
   *
   * @param counted 1 or 0 per value, or null when all count
   * @param weights null, or of a shape that is the values' or its beginning
   */
  static Tensor reduce(String who, Tensor values, Tensor counted, Tensor weights, Reduction reduction) {
    Tensor factors = factors(who, values, counted, weights);
    Tensor weighed = factors == null ? values : values.mul(factors);
    return switch (reduction) {
      case NONE -> weighed;
      case SUM -> weighed.sum();
      case SUM_OVER_BATCH -> mean(weighed, counted);
      case WEIGHTED_MEAN -> factors == null ? mean(weighed, null) : ratio(weighed.sum(), factors.sum());
    };
  }

  private static Tensor factors(String who, Tensor values, Tensor counted, Tensor weights) {
    if (weights == null) {
      return counted;
    }
    Tensor w = fit(who, weights, values.shape()).cast(values.dtype()).broadcastTo(values.shape());
    return counted == null ? w : w.mul(counted);
  }

  /** An empty batch has the loss 0, not 0/0. */
  private static Tensor mean(Tensor weighed, Tensor counted) {
    if (counted != null) {
      return ratio(weighed.sum(), counted.sum());
    }
    return weighed.size() == 0 ? weighed.sum() : weighed.mean();
  }

  private static Tensor ratio(Tensor sum, Tensor divisor) {
    Tensor one = Tensor.scalar(1, divisor.dtype());
    return sum.div(divisor.eq(0).where(one, divisor));
  }

  /** Weights with axes of length 1 appended, so that they stretch over the values' last axes. */
  private static Tensor fit(String who, Tensor weights, Shape values) {
    Shape given = weights.shape();
    if (given.rank() == values.rank() + 1 && given.last() == 1) {
      return fit(who, weights.squeeze(-1), values);
    }
    boolean fits = given.rank() <= values.rank();
    for (int i = 0; fits && i < given.rank(); i++) {
      fits = given.dim(i) == values.dim(i) || given.dim(i) == 1;
    }
    if (!fits) {
      throw new ShapeException(
          who + ": expected sample weights of " + values + " or a beginning of it, given " + given);
    }
    Shape to = given;
    while (to.rank() < values.rank()) {
      to = to.append(1);
    }
    return weights.reshape(to);
  }
}
