package dev.neurite.init;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Draws the start values of a parameter; {@link Initializers} has the usual ones, a lambda is one
 * too.
 */
@FunctionalInterface
public interface Initializer {

  /**
   * Creates the values.
   *
   * @param shape the parameter's shape
   * @param dtype float32 or float64
   * @param random the stream of the parameter's path
   */
  Tensor create(Shape shape, DType dtype, RandomStream random);
}
