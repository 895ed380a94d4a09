package dev.neurite.autograd;

import dev.neurite.tensor.Tensor;

/** The gradients of all inputs of an op with several inputs or outputs. */
@FunctionalInterface
public interface BackwardMany {

  /**
   * Computes them.
   *
   * @param dy gradient for each output; null where nothing depends on that output
   * @param needed for each input, whether its gradient is asked for
   * @return gradient for each input; entries not needed may be null
   */
  Tensor[] apply(Tensor[] dy, boolean[] needed);
}
