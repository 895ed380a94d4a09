package dev.neurite.metric;

import dev.neurite.tensor.Tensor;

/**
 * The best value of one number over the thresholds at which another reaches a bound, such as the precision at a recall
 * of at least 0.75; 0 when no threshold does. 200 thresholds unless set.
 */
public final class OperatingPoint implements Metric {

  private static final int COUNT = 200;

  private final String name;
  private final ThresholdMetric.Reading wanted;
  private final ThresholdMetric.Reading bounded;
  private final double bound;
  private final boolean logits;
  private final BinaryCounts counts;

  OperatingPoint(String name, ThresholdMetric.Reading wanted, ThresholdMetric.Reading bounded, double bound) {
    this(name, wanted, bounded, bound, COUNT, false);
  }

  private OperatingPoint(
      String name, ThresholdMetric.Reading wanted, ThresholdMetric.Reading bounded, double bound, int count,
      boolean logits) {
    if (!(bound >= 0 && bound <= 1)) {
      throw new IllegalArgumentException(name + ": expected a bound in [0, 1], given " + bound);
    }
    this.name = name;
    this.wanted = wanted;
    this.bounded = bounded;
    this.bound = bound;
    this.logits = logits;
    counts = new BinaryCounts(Thresholds.even(count));
  }

  /** The same number over another count of evenly spaced thresholds. */
  public OperatingPoint thresholds(int count) {
    return new OperatingPoint(name, wanted, bounded, bound, count, logits);
  }

  @Override
  public Metric forLogits() {
    return new OperatingPoint(name, wanted, bounded, bound, counts.size(), true);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Pairs p = HostBatch.pairs(name, yTrue, yPred, weights);
    for (int i = 0; i < p.size(); i++) {
      counts.add(p.labels()[i] > 0, logits ? Auc.sigmoid(p.scores()[i]) : p.scores()[i], p.weight(i), p.narrow());
    }
  }

  @Override
  public double result() {
    double best = 0;
    for (int i = 0; i < counts.size(); i++) {
      if (bounded.at(counts, i) >= bound) {
        best = Math.max(best, wanted.at(counts, i));
      }
    }
    return best;
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
