package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/**
 * A loss that has a value for every sample, so that samples can be weighed and the reduction chosen.
 *
 * <p>Instances are immutable: options such as {@link #reduction(Reduction)} return a new loss.
 */
public interface ElementLoss extends Loss {

  /**
   * The value of each sample, not weighed and not reduced.
   *
   * <p><b>Shapes</b>: labels and predictions {@code [batch, ..., features]}, result {@code [batch, ...]}; losses over
   * classes or features remove that axis, a single value stays one.
   */
  Tensor perSample(Tensor yTrue, Tensor yPred);

  /** The reduction in use; {@link Reduction#SUM_OVER_BATCH} unless changed. */
  Reduction reduction();

  /** The same loss with another reduction. */
  ElementLoss reduction(Reduction reduction);

  /**
   * Which samples count: 1 or 0 for each of {@link #perSample}'s values, or null when all do. Samples that do not count
   * are left out of the divisor too.
   */
  default Tensor counted(Tensor yTrue, Tensor yPred) {
    return null;
  }

  @Override
  default Tensor apply(Tensor yTrue, Tensor yPred) {
    return apply(yTrue, yPred, null);
  }

  @Override
  default Tensor apply(Tensor yTrue, Tensor yPred, Tensor weights) {
    Tensor values = perSample(yTrue, yPred);
    Tensor counted = counted(yTrue, yPred);
    return Reducing.reduce(name(), counted == null ? values : values.mul(counted), counted, weights, reduction());
  }
}
