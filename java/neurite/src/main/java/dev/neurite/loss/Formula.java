package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/** The value of each sample from labels and predictions. */
@FunctionalInterface
interface Formula {

  /** Computes it; see {@link ElementLoss#perSample}. */
  Tensor apply(Tensor yTrue, Tensor yPred);
}
