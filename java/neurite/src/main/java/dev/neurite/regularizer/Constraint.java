package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * A projection of a parameter's values that follows each optimiser step; a lambda may be one, but only the records of
 * {@link Constraints} are saved with a model.
 *
 * <pre>{@code
 * Dense.of(64).constrain("kernel", Constraints.maxNorm(3));
 * }</pre>
 */
@FunctionalInterface
public interface Constraint {

  /**
   * The projected values.
   *
   * @param w a parameter's values after a step
   * @return a tensor of the same shape and type
   */
  Tensor project(Tensor w);
}
