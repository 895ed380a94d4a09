package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * The F-score {@code (1 + b^2) * precision * recall / (b^2 * precision + recall)} of one or several classes; 0/0 is 0.
 *
 * <p><b>Shapes</b>: labels (0 and 1, one-hot) and predictions {@code [batch, classes]}. A class is predicted when it
 * has the row's largest value, or with {@link #threshold} when it is above that.
 */
public final class FBeta implements Metric {

  private static final double ROW_MAXIMUM = Double.NaN;

  private final String name;
  private final double beta;
  private final Average average;
  private final double threshold;
  private double[] hits = new double[0];
  private double[] wrong = new double[0];
  private double[] missed = new double[0];

  FBeta(String name, double beta, Average average) {
    this(name, beta, average, ROW_MAXIMUM);
  }

  private FBeta(String name, double beta, Average average, double threshold) {
    if (!(beta > 0)) {
      throw new IllegalArgumentException(name + ": expected beta above 0, given " + beta);
    }
    this.name = name;
    this.beta = beta;
    this.average = average;
    this.threshold = threshold;
  }

  /** The same score over classes averaged in another way (default {@link Average#NONE}). */
  public FBeta average(Average how) {
    return new FBeta(name, beta, how, threshold);
  }

  /** The same score with every class predicted whose value is strictly above the threshold. */
  public FBeta threshold(double level) {
    return new FBeta(name, beta, average, level);
  }

  @Override
  public Metric forLogits() {
    return Double.isNaN(threshold) ? this : threshold(Thresholds.logit(threshold));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Pairs p = HostBatch.pairs(name, yTrue, yPred, weights);
    int width = p.width();
    if (hits.length < width) {
      hits = Arrays.copyOf(hits, width);
      wrong = Arrays.copyOf(wrong, width);
      missed = Arrays.copyOf(missed, width);
    }
    for (int row = 0; row < p.size(); row += width) {
      double limit = Double.isNaN(threshold) ? maximum(p.scores(), row, width) : threshold;
      for (int i = 0; i < width; i++) {
        double score = p.scores()[row + i];
        boolean guess = Double.isNaN(threshold) ? score >= limit && Math.abs(score) > 1e-9 : score > limit;
        double label = p.labels()[row + i];
        double weight = p.weight(row + i);
        hits[i] += guess ? weight * label : 0;
        wrong[i] += guess ? weight * (1 - label) : 0;
        missed[i] += guess ? 0 : weight * label;
      }
    }
  }

  private static double maximum(double[] scores, int from, int width) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < width; i++) {
      max = Math.max(max, scores[from + i]);
    }
    return max;
  }

  private double score(double tp, double fp, double fn) {
    double precision = BinaryCounts.ratio(tp, tp + fp);
    double recall = BinaryCounts.ratio(tp, tp + fn);
    double b = beta * beta;
    return BinaryCounts.ratio((1 + b) * precision * recall, b * precision + recall);
  }

  /** The averaged score; without averaging the mean over classes. */
  @Override
  public double result() {
    if (average == Average.MICRO) {
      return score(Arrays.stream(hits).sum(), Arrays.stream(wrong).sum(), Arrays.stream(missed).sum());
    }
    double sum = 0;
    double divisor = 0;
    double[] each = perClass();
    for (int i = 0; i < each.length; i++) {
      double weight = average == Average.WEIGHTED ? hits[i] + missed[i] : 1;
      sum += weight * each[i];
      divisor += weight;
    }
    return BinaryCounts.ratio(sum, divisor);
  }

  /** The score of each class, or the average alone. */
  @Override
  public double[] values() {
    return average == Average.NONE ? perClass() : new double[] {result()};
  }

  private double[] perClass() {
    double[] each = new double[hits.length];
    Arrays.setAll(each, i -> score(hits[i], wrong[i], missed[i]));
    return each;
  }

  @Override
  public double[] state() {
    return HostBatch.joined(hits, wrong, missed);
  }

  @Override
  public void restore(double[] state) {
    int each = state.length / 3;
    HostBatch.requireState(name, 3 * each, state);
    hits = Arrays.copyOf(state, each);
    wrong = Arrays.copyOfRange(state, each, 2 * each);
    missed = Arrays.copyOfRange(state, 2 * each, 3 * each);
  }

  @Override
  public void reset() {
    hits = new double[0];
    wrong = new double[0];
    missed = new double[0];
  }
}
