package dev.neurite.metric;

import dev.neurite.loss.ElementLoss;

/**
 * The built-in metrics, with Keras' conventions: sums over all samples divided by the sum of their weights; a
 * prediction is positive when strictly above the threshold; 0/0 gives 0.
 */
public final class Metrics {

  private Metrics() {}

  // ---- accuracy

  /**
   * The part of right predictions, by the shapes: one output per sample is compared with 0.5, labels of the predictions'
   * shape are one-hot, other labels are class numbers.
   */
  public static Metric accuracy() {
    return accuracy(0.5, accuracy(0, null));
  }

  private static Metric accuracy(double threshold, Metric forLogits) {
    return new MeanMetric("accuracy", (y, p) -> Hits.automatic(y, p, threshold), v -> v, forLogits);
  }

  /** The part of outputs on the label's side of 0.5. */
  public static Metric binaryAccuracy() {
    return binaryAccuracy(0.5);
  }

  /** The part of outputs on the label's side of the threshold; labels 0 and 1. */
  public static Metric binaryAccuracy(double threshold) {
    Metric logits = binaryAccuracy(Thresholds.logit(threshold), null);
    return binaryAccuracy(threshold, logits);
  }

  private static Metric binaryAccuracy(double threshold, Metric forLogits) {
    return new MeanMetric("binaryAccuracy", (y, p) -> Hits.binary(y, p, threshold), v -> v, forLogits);
  }

  /** The part of samples whose largest prediction is at the largest label (one-hot); of equal ones the first counts. */
  public static Metric categoricalAccuracy() {
    return new MeanMetric("categoricalAccuracy", Hits::categorical);
  }

  /** The part of samples whose largest prediction is at the label, a class number. */
  public static Metric sparseCategoricalAccuracy() {
    return new MeanMetric("sparseCategoricalAccuracy", Hits::sparse);
  }

  // ---- losses as metrics

  /** The mean of a loss per sample, weighted by the sample weights and divided by their sum. */
  public static Metric mean(ElementLoss loss) {
    return new MeanMetric(loss.name(), loss::perSample);
  }
}
