package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * A penalty on a parameter's values; a lambda may be one, but only {@link L1}, {@link L2}, {@link L1L2} and
 * {@link ProximalL1} are saved.
 */
@FunctionalInterface
public interface Regularizer {

  /**
   * The penalty.
   *
   * @param w a parameter
   * @return a scalar of its type
   */
  Tensor penalty(Tensor w);

  /** True when the penalty acts through {@link #afterStep} instead of through its gradient. */
  default boolean isProximal() {
    return false;
  }

  /**
   * The parameter's values after an optimiser step, for a proximal penalty.
   *
   * @param w the values the optimiser's rule gave
   * @param learningRate the rate of the step
   */
  default Tensor afterStep(Tensor w, double learningRate) {
    return w;
  }
}
