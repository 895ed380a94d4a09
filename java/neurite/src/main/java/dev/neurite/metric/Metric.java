package dev.neurite.metric;

import dev.neurite.tensor.Tensor;

/**
 * A number about predictions, collected batch by batch: after any number of updates the result is that of all samples
 * together, however they were cut into batches.
 *
 * <pre>{@code
 * Metric accuracy = Metrics.accuracy();
 * for (Batch b : test) {
 *   accuracy.update(b.y(), model.call(b.x()));
 * }
 * System.out.println(accuracy.result());
 * }</pre>
 *
 * <p>A metric keeps sums, so it belongs to one run at a time; it is used by one thread at a time.
 */
public interface Metric {

  /** Name in logs and in the history, such as {@code accuracy}. */
  String name();

  /** Adds a batch. */
  default void update(Tensor yTrue, Tensor yPred) {
    update(yTrue, yPred, null);
  }

  /**
   * Adds a batch with weights.
   *
   * @param weights one weight per sample, or null
   */
  void update(Tensor yTrue, Tensor yPred, Tensor weights);

  /** The value over all batches since the last {@link #reset}; 0 when there were none. */
  double result();

  /** All values of a metric that has several, such as one per class or threshold; else {@link #result} alone. */
  default double[] values() {
    return new double[] {result()};
  }

  /** Forgets all batches. */
  void reset();

  /**
   * All it has collected since the last {@link #reset}, for a checkpoint in the middle of an epoch.
   *
   * @throws UnsupportedOperationException unless the metric offers it; checkpoints at ends of epochs do not ask
   */
  default double[] state() {
    throw new UnsupportedOperationException(
        "Metric '" + name() + "': expected state() and restore(double[]) for a checkpoint in the middle of an epoch, "
            + "given a metric without; write them, or make checkpoints at the ends of epochs");
  }

  /**
   * Takes over what {@link #state} of an equal metric gave.
   *
   * @throws IllegalArgumentException for numbers of another metric
   */
  default void restore(double[] state) {
    state(); // throws
  }

  /**
   * This metric for predictions that are logits, with thresholds moved accordingly (0.5 becomes 0): what
   * {@code compile} asks for when the loss takes logits. The same object unless thresholds matter.
   */
  default Metric forLogits() {
    return this;
  }
}
