package dev.neurite.data;

import dev.neurite.tensor.RandomStream;

/**
 * A step on batches that draws random numbers, such as augmentation.
 *
 * <p>What it draws must come from the given stream alone: then a batch is the same whatever thread makes it, and
 * another one in every epoch.
 */
@FunctionalInterface
public interface RandomStep {

  /**
   * The batch after the step.
   *
   * @param batch owned by the caller
   * @param random a stream of its own for this batch of this epoch
   */
  Batch apply(Batch batch, RandomStream random);
}
