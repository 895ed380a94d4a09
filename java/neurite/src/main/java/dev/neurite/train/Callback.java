package dev.neurite.train;

import java.util.Map;

/**
 * Code that is called while a model trains. All methods do nothing unless overridden.
 *
 * <p>An exception thrown here ends the training and reaches the caller of {@code fit} unchanged; the model keeps the
 * weights it has. Tensors made here are freed when the call returns.
 */
public interface Callback {

  /** Before the first epoch. */
  default void trainBegin(Run run) {}

  /** Before the epoch's first batch. {@code run.epoch()} counts from 1. */
  default void epochBegin(Run run) {}

  /** Before a batch is loaded. */
  default void batchBegin(Run run) {}

  /**
   * After the loss of a batch is known and before the weights change.
   *
   * @param loss the batch's loss, penalties included
   */
  default void lossKnown(Run run, double loss) {}

  /** After the weights were changed; {@code run.step()} counts the update in. */
  default void batchEnd(Run run) {}

  /**
   * After the epoch's last batch and the validation.
   *
   * @param values what goes into the {@link History}; entries put in here go there too
   */
  default void epochEnd(Run run, Map<String, Double> values) {}

  /** After the last epoch, also when training failed: {@code run.failure()} tells. Files are closed here. */
  default void trainEnd(Run run) {}
}
