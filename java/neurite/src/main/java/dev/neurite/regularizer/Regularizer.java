package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * A penalty on a parameter's values; a lambda may be one, but only {@link L1}, {@link L2} and
 * {@link L1L2} are saved.
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
}
