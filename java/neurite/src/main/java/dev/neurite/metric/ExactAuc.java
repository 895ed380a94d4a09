package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * The exact area under the ROC curve, or the average precision for {@link Auc.Curve#PR}: every distinct score is a
 * threshold. Keeps all labels and scores.
 */
public final class ExactAuc implements Metric {

  private final Auc.Curve curve;
  private double[] labels = new double[0];
  private double[] scores = new double[0];
  private double[] weights = new double[0];
  private int count;

  ExactAuc(Auc.Curve curve) {
    this.curve = curve;
  }

  @Override
  public String name() {
    return "auc";
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor sampleWeights) {
    HostBatch.Pairs p = HostBatch.pairs(name(), yTrue, yPred, sampleWeights);
    int needed = Math.addExact(count, p.size());
    if (needed > scores.length) {
      int capacity = Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * scores.length));
      labels = Arrays.copyOf(labels, capacity);
      scores = Arrays.copyOf(scores, capacity);
      weights = Arrays.copyOf(weights, capacity);
    }
    for (int i = 0; i < p.size(); i++) {
      labels[count] = p.labels()[i];
      scores[count] = p.scores()[i];
      weights[count++] = p.weight(i);
    }
  }

  /** The exact curve over everything seen. */
  public ScoreCurve points() {
    double[] l = Arrays.copyOf(labels, count);
    double[] s = Arrays.copyOf(scores, count);
    double[] w = Arrays.copyOf(weights, count);
    return curve == Auc.Curve.ROC ? ScoreCurve.roc(l, s, w) : ScoreCurve.precisionRecall(l, s, w);
  }

  @Override
  public double result() {
    if (count == 0) {
      return 0;
    }
    return curve == Auc.Curve.ROC ? points().area() : points().averagePrecision();
  }

  @Override
  public double[] state() {
    return HostBatch.joined(Arrays.copyOf(labels, count), Arrays.copyOf(scores, count), Arrays.copyOf(weights, count));
  }

  @Override
  public void restore(double[] state) {
    int each = state.length / 3;
    HostBatch.requireState(name(), 3 * each, state);
    labels = Arrays.copyOf(state, each);
    scores = Arrays.copyOfRange(state, each, 2 * each);
    weights = Arrays.copyOfRange(state, 2 * each, 3 * each);
    count = each;
  }

  @Override
  public void reset() {
    labels = new double[0];
    scores = new double[0];
    weights = new double[0];
    count = 0;
  }
}
