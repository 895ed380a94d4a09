package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A number from counted decisions, such as precision: a prediction is positive when strictly above the threshold (0.5),
 * or among the k largest of its row.
 *
 * <p>Labels and predictions have one shape; a label is positive when not 0. All elements count alike unless
 * {@link #ofClass} picks one column.
 */
public final class ThresholdMetric implements Metric {

  private static final double DEFAULT = 0.5;
  private static final int ALL = -1;
  private static final double NEVER = Double.NEGATIVE_INFINITY;

  /** A number from the counts at one threshold. */
  @FunctionalInterface
  interface Reading {
    double at(BinaryCounts counts, int threshold);
  }

  private final String name;
  private final Reading reading;
  private final double[] thresholds;
  private final int top;
  private final int column;
  private final BinaryCounts counts;

  ThresholdMetric(String name, Reading reading) {
    this(name, reading, new double[] {DEFAULT}, 0, ALL);
  }

  private ThresholdMetric(String name, Reading reading, double[] thresholds, int top, int column) {
    this.name = name;
    this.reading = reading;
    this.thresholds = thresholds;
    this.top = top;
    this.column = column;
    counts = new BinaryCounts(thresholds);
  }

  /** The same metric at other thresholds; {@link #values} has one number for each, in ascending order. */
  public ThresholdMetric thresholds(double... levels) {
    if (levels.length == 0) {
      throw new IllegalArgumentException(name + ": expected at least one threshold");
    }
    return new ThresholdMetric(name, reading, Thresholds.sorted(levels), top, column);
  }

  /** The same metric with the k largest predictions of a row as the positive ones, whatever their values. */
  public ThresholdMetric topK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException(name + ": expected k of at least 1, given " + k);
    }
    return new ThresholdMetric(name, reading, new double[] {NEVER}, k, column);
  }

  /** The same metric over one column of the last axis. */
  public ThresholdMetric ofClass(int index) {
    if (index < 0) {
      throw new IllegalArgumentException(name + ": expected a class of at least 0, given " + index);
    }
    return new ThresholdMetric(name, reading, thresholds, top, index);
  }

  @Override
  public Metric forLogits() {
    DoubleUnaryOperator logit = t -> t == NEVER ? t : Thresholds.logit(t);
    return new ThresholdMetric(name, reading, Arrays.stream(thresholds).map(logit).toArray(), top, column);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Pairs p = HostBatch.pairs(name, yTrue, yPred, weights);
    if (column >= p.width()) {
      throw new IllegalArgumentException(
          name + ": expected predictions with a class " + column + ", given " + yPred.describe());
    }
    double[] scores = top == 0 ? p.scores() : TopScores.keep(p.scores(), p.width(), top);
    for (int i = 0; i < scores.length; i++) {
      if (column == ALL || i % p.width() == column) {
        counts.add(p.labels()[i] > 0, scores[i], p.weight(i), p.narrow());
      }
    }
  }

  /** The value at the first threshold. */
  @Override
  public double result() {
    return reading.at(counts, 0);
  }

  @Override
  public double[] values() {
    double[] v = new double[thresholds.length];
    for (int i = 0; i < v.length; i++) {
      v[i] = reading.at(counts, i);
    }
    return v;
  }

  @Override
  public double[] state() {
    return counts.state();
  }

  @Override
  public void restore(double[] state) {
    HostBatch.requireState(name, counts.state().length, state);
    counts.restore(state, 0);
  }

  @Override
  public void reset() {
    counts.reset();
  }
}
