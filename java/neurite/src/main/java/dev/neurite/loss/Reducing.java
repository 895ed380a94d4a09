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
   * @param divisor what each value adds to the mean's divisor, such as 0 where it does not count; null for 1 each
   * @param weights null, or of a shape that is the values' or its beginning
   * @throws ShapeException for an empty batch, which has no mean
   */
  static Tensor reduce(String who, Tensor values, Tensor divisor, Tensor weights, Reduction reduction) {
    if (values.size() == 0) {
      throw new ShapeException(who + ": expected at least one sample, given values of shape " + values.shape());
    }
    Tensor factors =
        weights == null
            ? null
            : fit(who, weights, values.shape()).cast(values.dtype()).broadcastTo(values.shape());
    Tensor weighed = factors == null ? values : values.mul(factors);
    return switch (reduction) {
      case NONE -> weighed;
      case SUM -> weighed.sum();
      case SUM_OVER_BATCH -> divisor == null ? weighed.mean() : ratio(weighed.sum(), divisor.sum());
      case WEIGHTED_MEAN -> weightedMean(weighed, divisor, factors);
    };
  }

  private static Tensor weightedMean(Tensor weighed, Tensor divisor, Tensor factors) {
    if (factors == null) {
      return divisor == null ? weighed.mean() : ratio(weighed.sum(), divisor.sum());
    }
    return ratio(weighed.sum(), (divisor == null ? factors : factors.mul(divisor)).sum());
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
