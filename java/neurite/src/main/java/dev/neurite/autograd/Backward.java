package dev.neurite.autograd;

import dev.neurite.tensor.Tensor;

/** The gradient of one input of an op, from the gradient of its output. */
@FunctionalInterface
public interface Backward {

  /**
   * Computes it.
   *
   * @param dy gradient of the loss with respect to the op's output; may be a broadcast view
   * @return gradient with respect to the input, of the input's shape
   */
  Tensor apply(Tensor dy);
}
