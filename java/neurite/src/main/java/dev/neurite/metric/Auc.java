package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * The area under the ROC curve (recall over false-positive rate) or the precision-recall curve.
 *
 * <p>As in Keras the curve is taken at 200 thresholds, so a run needs constant memory; {@link #exact} keeps every score
 * and uses each distinct one. Labels and predictions (probabilities) have one shape.
 */
public final class Auc implements Metric {

  /** Which curve. */
  public enum Curve {
    /** Recall over false-positive rate. */
    ROC,
    /** Precision over recall. */
    PR
  }

  /** The height of the curve between two thresholds. */
  public enum Summation {
    /** The mean of both ends; for the PR curve Davis and Goadrich's interpolation. */
    INTERPOLATION,
    /** The lower end. */
    MINORING,
    /** The upper end. */
    MAJORING
  }

  private static final int COUNT = 200;

  private final Curve curve;
  private final Summation summation;
  private final double[] thresholds;
  private final boolean perLabel;
  private final boolean logits;
  private BinaryCounts[] counts = new BinaryCounts[0];

  Auc() {
    this(Curve.ROC, Summation.INTERPOLATION, Thresholds.even(COUNT), false, false);
  }

  private Auc(Curve curve, Summation summation, double[] thresholds, boolean perLabel, boolean logits) {
    this.curve = curve;
    this.summation = summation;
    this.thresholds = thresholds;
    this.perLabel = perLabel;
    this.logits = logits;
  }

  /** The same metric of another curve (default {@link Curve#ROC}). */
  public Auc curve(Curve which) {
    return new Auc(which, summation, thresholds, perLabel, logits);
  }

  /** The same metric with another height between thresholds. */
  public Auc summation(Summation height) {
    return new Auc(curve, height, thresholds, perLabel, logits);
  }

  /** The same metric at a number of evenly spaced thresholds. */
  public Auc thresholds(int count) {
    return new Auc(curve, summation, Thresholds.even(count), perLabel, logits);
  }

  /** The same metric at the given thresholds and one beyond each end of [0, 1]. */
  public Auc thresholds(double... levels) {
    return new Auc(curve, summation, Thresholds.within(levels), perLabel, logits);
  }

  /** The same metric as the mean of one area per column of the last axis. */
  public Auc perLabel(boolean on) {
    return new Auc(curve, summation, thresholds, on, logits);
  }

  /** Whether a sigmoid makes probabilities of the predictions first (default: they are probabilities). */
  public Auc fromLogits(boolean on) {
    return new Auc(curve, summation, thresholds, perLabel, on);
  }

  /** The exact area under the same curve: every distinct score is a threshold; memory grows with the samples. */
  public ExactAuc exact() {
    return new ExactAuc(curve);
  }

  @Override
  public Metric forLogits() {
    return fromLogits(true);
  }

  @Override
  public String name() {
    return "auc";
  }

  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Pairs p = HostBatch.pairs(name(), yTrue, yPred, weights);
    int columns = perLabel ? p.width() : 1;
    for (int i = counts.length; i < columns; i++) {
      counts = Arrays.copyOf(counts, i + 1);
      counts[i] = new BinaryCounts(thresholds);
    }
    for (int i = 0; i < p.size(); i++) {
      double score = logits ? sigmoid(p.scores()[i]) : p.scores()[i];
      counts[i % columns].add(p.labels()[i] > 0, score, p.weight(i), p.narrow());
    }
  }

  @Override
  public double result() {
    double sum = 0;
    for (BinaryCounts c : counts) {
      sum += curve == Curve.PR && summation == Summation.INTERPOLATION ? interpolatedPr(c) : area(c);
    }
    return counts.length == 0 ? 0 : sum / counts.length;
  }

  private double area(BinaryCounts c) {
    double sum = 0;
    for (int i = 0; i + 1 < c.size(); i++) {
      double width = curve == Curve.ROC
          ? c.fallOut(i) - c.fallOut(i + 1)
          : c.recall(i) - c.recall(i + 1);
      double a = curve == Curve.ROC ? c.recall(i) : c.precision(i);
      double b = curve == Curve.ROC ? c.recall(i + 1) : c.precision(i + 1);
      sum += width * switch (summation) {
        case INTERPOLATION -> (a + b) / 2;
        case MINORING -> Math.min(a, b);
        case MAJORING -> Math.max(a, b);
      };
    }
    return sum;
  }

  /** Davis and Goadrich 2006: between two points hits grow linearly with positives, so precision does not. */
  private static double interpolatedPr(BinaryCounts c) {
    double sum = 0;
    for (int i = 0; i + 1 < c.size(); i++) {
      double hits = c.truePositives(i);
      double hitsNext = c.truePositives(i + 1);
      double positive = hits + c.falsePositives(i);
      double positiveNext = hitsNext + c.falsePositives(i + 1);
      double slope = BinaryCounts.ratio(hits - hitsNext, Math.max(positive - positiveNext, 0));
      double intercept = hitsNext - slope * positiveNext;
      double ratio = positive > 0 && positiveNext > 0 ? positive / positiveNext : 1;
      double total = hitsNext + c.falseNegatives(i + 1);
      sum += BinaryCounts.ratio(slope * (hits - hitsNext + intercept * Math.log(ratio)), total);
    }
    return sum;
  }

  @Override
  public double[] state() {
    return Arrays.stream(counts).flatMapToDouble(c -> Arrays.stream(c.state())).toArray();
  }

  @Override
  public void restore(double[] state) {
    int each = 2 * (thresholds.length + 1);
    HostBatch.requireState(name(), state.length / each * each, state);
    BinaryCounts[] restored = new BinaryCounts[state.length / each];
    for (int i = 0; i < restored.length; i++) {
      restored[i] = new BinaryCounts(thresholds);
      restored[i].restore(state, i * each);
    }
    counts = restored;
  }

  @Override
  public void reset() {
    counts = new BinaryCounts[0];
  }
}
