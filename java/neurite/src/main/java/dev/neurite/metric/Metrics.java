package dev.neurite.metric;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.tensor.Tensor;
import java.util.function.BinaryOperator;

/**
 * The built-in metrics, with Keras' conventions: sums over all samples divided by the sum of their weights; a
 * prediction is positive when strictly above the threshold; 0/0 gives 0.
 *
 * <pre>{@code
 * model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy(), Metrics.topK(3));
 * }</pre>
 */
public final class Metrics {

  private Metrics() {}

  // ---- accuracy

  /**
   * The part of right predictions, by the shapes: one output per sample is compared with 0.5, labels of the
   * predictions' shape are one-hot, other labels are class numbers.
   */
  public static Metric accuracy() {
    return accuracy(0.5, accuracy(0, null));
  }

  private static Metric accuracy(double threshold, Metric forLogits) {
    return new MeanMetric("accuracy", (y, p) -> Hits.automatic(y, p, threshold), v -> v, forLogits);
  }

  /** The part of predictions that equal their labels exactly. */
  public static Metric equality() {
    return new MeanMetric("equality", Hits::equal);
  }

  /** {@link #binaryAccuracy(double)} at 0.5. */
  public static Metric binaryAccuracy() {
    return binaryAccuracy(0.5);
  }

  /** The part of outputs on the label's side of the threshold; labels 0 and 1. */
  public static Metric binaryAccuracy(double threshold) {
    return binaryAccuracy(threshold, binaryAccuracy(Thresholds.logit(threshold), null));
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

  /** The part of samples whose label (one-hot) is among the k largest predictions; ties count as among them. */
  public static Metric topK(int k) {
    requireK(k);
    return new MeanMetric(
        "topK", (y, p) -> Hits.topK(HostBatch.like("topK", y, p).argmax(-1), p, k));
  }

  /** The part of samples whose label, a class number, is among the k largest predictions. */
  public static Metric sparseTopK(int k) {
    requireK(k);
    return new MeanMetric("sparseTopK", (y, p) -> Hits.topK(HostBatch.classes("sparseTopK", y, p), p, k));
  }

  private static void requireK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("topK: expected k of at least 1, given " + k);
    }
  }

  // ---- regression

  /** {@code mean((y - p)^2)}. */
  public static Metric meanSquaredError() {
    return mean(Losses.meanSquaredError());
  }

  /** The root of the mean over all batches of {@code (y - p)^2}, not the mean of roots. */
  public static Metric rootMeanSquaredError() {
    ElementLoss squared = Losses.meanSquaredError();
    return new MeanMetric(
        "rootMeanSquaredError", (y, p) -> squared.perSample(rows(y, p), rows(p, p)), Math::sqrt, null);
  }

  /**
   * As in Keras, vectors are samples of one number each here, so that batches of any size give the root of the mean.
   */
  private static Tensor rows(Tensor t, Tensor predictions) {
    return predictions.rank() == 1 ? t.reshape(-1, 1) : t;
  }

  /** {@code mean(|y - p|)}. */
  public static Metric meanAbsoluteError() {
    return mean(Losses.meanAbsoluteError());
  }

  /** {@code 100*mean(|y - p| / max(|y|, 1e-7))}: a label 0 gives a huge value, as in Keras. */
  public static Metric meanAbsolutePercentageError() {
    return mean(Losses.meanAbsolutePercentageError());
  }

  /** {@code mean((log(1 + y) - log(1 + p))^2)}, negative values taken as 1e-7. */
  public static Metric meanSquaredLogarithmicError() {
    return mean(Losses.meanSquaredLogarithmicError());
  }

  /** The mean cosine of the angle between labels and predictions along the last axis (1 is best). */
  public static Metric cosineSimilarity() {
    return cosineSimilarity(-1);
  }

  /** The mean cosine of the angle between labels and predictions along an axis (1 is best). */
  public static Metric cosineSimilarity(int axis) {
    ElementLoss negative = Losses.cosineSimilarity(axis);
    return new MeanMetric("cosineSimilarity", (y, p) -> negative.perSample(y, p).neg());
  }

  /** The coefficient of determination; see {@link R2}. */
  public static R2 r2() {
    return new R2();
  }

  /** Pearson's correlation along the last axis, the mean over samples. */
  public static Metric pearsonCorrelation() {
    return new MeanMetric("pearsonCorrelation", Correlation::pearson);
  }

  /** Lin's concordance correlation along the last axis, the mean over samples. */
  public static Metric concordanceCorrelation() {
    return new MeanMetric("concordanceCorrelation", Correlation::concordance);
  }

  // ---- decisions

  /** {@code TP / (TP + FP)}; 0 when nothing was predicted positive. */
  public static ThresholdMetric precision() {
    return new ThresholdMetric("precision", BinaryCounts::precision);
  }

  /** {@code TP / (TP + FN)}; 0 when no label is positive. */
  public static ThresholdMetric recall() {
    return new ThresholdMetric("recall", BinaryCounts::recall);
  }

  /** The (weighted) number of positive labels predicted positive. */
  public static ThresholdMetric truePositives() {
    return new ThresholdMetric("truePositives", BinaryCounts::truePositives);
  }

  /** The (weighted) number of negative labels predicted negative. */
  public static ThresholdMetric trueNegatives() {
    return new ThresholdMetric("trueNegatives", BinaryCounts::trueNegatives);
  }

  /** The (weighted) number of negative labels predicted positive. */
  public static ThresholdMetric falsePositives() {
    return new ThresholdMetric("falsePositives", BinaryCounts::falsePositives);
  }

  /** The (weighted) number of positive labels predicted negative. */
  public static ThresholdMetric falseNegatives() {
    return new ThresholdMetric("falseNegatives", BinaryCounts::falseNegatives);
  }

  /** The harmonic mean of precision and recall; see {@link FBeta}. */
  public static FBeta f1() {
    return new FBeta("f1", 1, Average.NONE);
  }

  /** The F-score that weighs recall beta times as much as precision; see {@link FBeta}. */
  public static FBeta fBeta(double beta) {
    return new FBeta("fBeta", beta, Average.NONE);
  }

  /** The area under the ROC or precision-recall curve; see {@link Auc}. */
  public static Auc auc() {
    return new Auc();
  }

  /** The best precision at a recall of at least the given one. */
  public static OperatingPoint precisionAtRecall(double recall) {
    return new OperatingPoint("precisionAtRecall", BinaryCounts::precision, BinaryCounts::recall, recall);
  }

  /** The best recall at a precision of at least the given one. */
  public static OperatingPoint recallAtPrecision(double precision) {
    return new OperatingPoint("recallAtPrecision", BinaryCounts::recall, BinaryCounts::precision, precision);
  }

  /** The best sensitivity (recall) at a specificity of at least the given one. */
  public static OperatingPoint sensitivityAtSpecificity(double specificity) {
    return new OperatingPoint(
        "sensitivityAtSpecificity", BinaryCounts::recall, BinaryCounts::specificity, specificity);
  }

  /** The best specificity at a sensitivity (recall) of at least the given one. */
  public static OperatingPoint specificityAtSensitivity(double sensitivity) {
    return new OperatingPoint(
        "specificityAtSensitivity", BinaryCounts::specificity, BinaryCounts::recall, sensitivity);
  }

  /** How often each class was taken for each other; see {@link ConfusionMatrix}. */
  public static ConfusionMatrix confusionMatrix(int classes) {
    return new ConfusionMatrix(classes);
  }

  /** The mean overlap of label and prediction regions over classes; see {@link MeanIoU}. */
  public static MeanIoU meanIoU(int classes) {
    return new MeanIoU(classes);
  }

  // ---- losses as metrics

  /** The mean of a loss per sample, weighted by the sample weights and divided by their sum. */
  public static Metric mean(ElementLoss loss) {
    return new MeanMetric(loss.name(), loss::perSample);
  }

  /** The weighted mean of a value per sample, computed from labels and predictions. */
  public static Metric mean(String name, BinaryOperator<Tensor> values) {
    return new MeanMetric(name, values);
  }

  /** The weighted sum of a value per sample, computed from labels and predictions. */
  public static Metric sum(String name, BinaryOperator<Tensor> values) {
    return new SumMetric(name, values);
  }

  /** {@code e^(mean loss)} over tokens, from logits and class numbers. */
  public static Metric perplexity() {
    return new Perplexity(Losses.softmaxCrossEntropy());
  }

  /** {@code e^(mean loss)} over the tokens whose label is not the given one (padding). */
  public static Metric perplexity(long ignoredLabel) {
    return new Perplexity(Losses.softmaxCrossEntropy().ignoreClass(ignoredLabel));
  }
}
