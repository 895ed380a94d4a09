package dev.neurite.train;

import dev.neurite.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps a moving average of the weights, {@code a = momentum*a + (1-momentum)*w} after every update (it starts as a
 * copy of the first weights), validates with it, and leaves it in the model at the end.
 *
 * <p>With {@link #swapOnEpoch} the model has the average between epochs, so that what {@link ModelCheckpoint} saves is
 * the average; the training goes on with the weights themselves. Buffers, such as moving means, are not averaged.
 */
public final class SwapEMAWeights implements Callback {

  private final double momentum;
  private boolean onEpoch;
  private boolean atEnd = true;
  private WeightsCopy average;
  private boolean swapped;

  private SwapEMAWeights(double momentum) {
    this.momentum = momentum;
  }

  /**
   * An average with the given weight of the old average (Keras: 0.99).
   *
   * @throws IllegalArgumentException outside (0, 1)
   */
  public static SwapEMAWeights momentum(double momentum) {
    if (!(momentum > 0 && momentum < 1)) {
      throw new IllegalArgumentException("SwapEMAWeights: expected a momentum in (0, 1), given " + momentum);
    }
    return new SwapEMAWeights(momentum);
  }

  /** Whether the model has the average between epochs (default: during validation only). */
  public SwapEMAWeights swapOnEpoch(boolean on) {
    onEpoch = on;
    return this;
  }

  /** Whether the average is left in the model at the end (default: yes). */
  public SwapEMAWeights keepAtEnd(boolean on) {
    atEnd = on;
    return this;
  }

  @Override
  public void trainBegin(Run run) {
    average = WeightsCopy.replace(null, run.model());
    swapped = false;
  }

  @Override
  public void epochBegin(Run run) {
    swap(false);
  }

  @Override
  public void batchEnd(Run run) {
    average.copies().forEach((w, a) -> {
      try (Scope scope = Scope.open()) {
        a.assign(w.trainable() ? a.mul(momentum).add(w.mul(1 - momentum)) : w);
      }
    });
  }

  @Override
  public void validationBegin(Run run) {
    swap(true);
  }

  @Override
  public void validationEnd(Run run, Map<String, Double> values) {
    swap(false);
  }

  @Override
  public void epochEnd(Run run, Map<String, Double> values) {
    swap(onEpoch);
  }

  private void swap(boolean averages) {
    if (averages != swapped) {
      average.swap();
      swapped = averages;
    }
  }

  @Override
  public CallbackState state() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("swapped", swapped);
    return new CallbackState(values, average.values());
  }

  @Override
  public void restore(Run run, CallbackState state) {
    average.take(state.tensors());
    swapped = state.flag("swapped");
  }

  @Override
  public void trainEnd(Run run) {
    if (average != null) {
      swap(atEnd && run.failure() == null && !run.isPaused());
      average.close();
      average = null;
    }
  }
}
