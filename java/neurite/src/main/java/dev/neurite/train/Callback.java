package dev.neurite.train;

import dev.neurite.autograd.Gradients;
import dev.neurite.io.Checkpoint;
import java.util.Map;
import java.util.Optional;

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

  /** After the gradients of a batch are known and before the weights change. */
  default void gradientsKnown(Run run, Gradients gradients) {}

  /** After the weights were changed; {@code run.step()} counts the update in. */
  default void batchEnd(Run run) {}

  /** Before the validation at an epoch's end, where there is one. */
  default void validationBegin(Run run) {}

  /**
   * After the validation, before {@link #epochEnd}.
   *
   * @param values what the epoch measured so far
   */
  default void validationEnd(Run run, Map<String, Double> values) {}

  /**
   * After the epoch's last batch and the validation.
   *
   * @param values what goes into the {@link History}; entries put in here go there too
   */
  default void epochEnd(Run run, Map<String, Double> values) {}

  /**
   * After all callbacks were told of the end of a batch or of an epoch: the moment at which {@link Run#checkpoint} is
   * whole.
   */
  default void settled(Run run) {}

  /** After the last epoch, also when training failed: {@code run.failure()} tells. Files are closed here. */
  default void trainEnd(Run run) {}

  // ---- going on after an interrupted training

  /**
   * The checkpoint to go on from, asked before {@link #trainBegin}; of several callbacks the first one's is taken. Its
   * tensors belong to the scope open then.
   */
  default Optional<Checkpoint> resume(Run run) {
    return Optional.empty();
  }

  /** What this callback must know to go on after an interrupted training: nothing unless overridden. */
  default CallbackState state() {
    return CallbackState.NONE;
  }

  /**
   * Takes over what {@link #state} gave, after {@link #trainBegin}. A training that goes on in the middle of an epoch
   * does not tell {@link #epochBegin} again.
   */
  default void restore(Run run, CallbackState state) {}
}
