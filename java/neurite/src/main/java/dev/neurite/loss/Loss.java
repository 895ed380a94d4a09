package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/**
 * A scalar that tells how far predictions are from the labels; any lambda is one.
 *
 * <pre>{@code
 * Loss focal = (yTrue, p) -> yTrue.mul(p.rsub(1).square()).mul(p.log()).mean().neg();
 * }</pre>
 *
 * <p>The built-in losses come from {@link Losses} and are {@link ElementLoss}es, which also know weights per sample and
 * reductions.
 */
@FunctionalInterface
public interface Loss {

  /**
   * Computes the loss.
   *
   * @param yTrue labels
   * @param yPred predictions
   * @return one element, unless the loss was told not to reduce
   */
  Tensor apply(Tensor yTrue, Tensor yPred);

  /**
   * Computes the loss with a weight per sample.
   *
   * @param weights one weight per sample (or per sample and step); null for none
   * @throws UnsupportedOperationException when weights are given to a loss that cannot use them, such as a lambda
   */
  default Tensor apply(Tensor yTrue, Tensor yPred, Tensor weights) {
    if (weights != null) {
      throw new UnsupportedOperationException(
          name() + ": expected no sample weights, given " + weights.describe()
              + "\n  a loss written as a lambda has one value for the batch; an ElementLoss has one per sample");
    }
    return apply(yTrue, yPred);
  }

  /** True when the predictions must be logits: raw scores that went through neither softmax nor sigmoid. */
  default boolean expectsLogits() {
    return false;
  }

  /** Name for messages and logs. */
  default String name() {
    return "loss";
  }
}
