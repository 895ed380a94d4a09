package dev.neurite.metric;

import java.util.Arrays;

/**
 * A curve through every distinct score: the exact ROC or precision-recall curve. Equal scores are one point.
 *
 * @param x false-positive rate (ROC) or recall (precision-recall)
 * @param y recall (ROC) or precision (precision-recall)
 * @param thresholds scores from which on predictions count as positive at each point; the precision-recall curve's last
 *     point, recall 0, has none
 */
public record ScoreCurve(double[] x, double[] y, double[] thresholds) {

  /** Cumulated weights at each distinct score, from the largest score down. */
  private record Sweep(double[] scores, double[] hits, double[] wrong) {}

  /**
   * The ROC curve from (0, 0), whose threshold is infinite, to (1, 1).
   *
   * @param labels positive when above 0
   * @param weights one per score, or null
   */
  public static ScoreCurve roc(double[] labels, double[] scores, double[] weights) {
    Sweep s = sweep(labels, scores, weights);
    int n = s.scores.length;
    double[] x = new double[n + 1];
    double[] y = new double[n + 1];
    double[] t = new double[n + 1];
    t[0] = Double.POSITIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      x[i + 1] = BinaryCounts.ratio(s.wrong[i], s.wrong[n - 1]);
      y[i + 1] = BinaryCounts.ratio(s.hits[i], s.hits[n - 1]);
      t[i + 1] = s.scores[i];
    }
    return new ScoreCurve(x, y, t);
  }

  /**
   * The precision-recall curve by growing threshold, ending at recall 0 and precision 1.
   *
   * @param labels positive when above 0
   * @param weights one per score, or null
   */
  public static ScoreCurve precisionRecall(double[] labels, double[] scores, double[] weights) {
    Sweep s = sweep(labels, scores, weights);
    int n = s.scores.length;
    double[] x = new double[n + 1];
    double[] y = new double[n + 1];
    double[] t = new double[n];
    y[n] = 1;
    for (int i = 0; i < n; i++) {
      int from = n - 1 - i;
      x[i] = BinaryCounts.ratio(s.hits[from], s.hits[n - 1]);
      y[i] = BinaryCounts.ratio(s.hits[from], s.hits[from] + s.wrong[from]);
      t[i] = s.scores[from];
    }
    return new ScoreCurve(x, y, t);
  }

  private static Sweep sweep(double[] labels, double[] scores, double[] weights) {
    if (labels.length != scores.length || weights != null && weights.length != scores.length) {
      throw new IllegalArgumentException(
          "ScoreCurve: expected a label (and weight) per score, given " + labels.length + " labels for "
              + scores.length + " scores");
    }
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
    double[] distinct = new double[order.length];
    double[] hits = new double[order.length];
    double[] wrong = new double[order.length];
    int points = 0;
    double hit = 0;
    double miss = 0;
    for (int i = 0; i < order.length; i++) {
      int at = order[i];
      double weight = weights == null ? 1 : weights[at];
      hit += labels[at] > 0 ? weight : 0;
      miss += labels[at] > 0 ? 0 : weight;
      if (i + 1 == order.length || scores[order[i + 1]] != scores[at]) {
        distinct[points] = scores[at];
        hits[points] = hit;
        wrong[points++] = miss;
      }
    }
    return new Sweep(
        Arrays.copyOf(distinct, points), Arrays.copyOf(hits, points), Arrays.copyOf(wrong, points));
  }

  /** The area under the curve by trapezoids. */
  public double area() {
    double sum = 0;
    for (int i = 1; i < x.length; i++) {
      sum += Math.abs(x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    }
    return sum;
  }

  /** For a precision-recall curve {@code sum (R_n - R_{n-1}) * P_n}, without interpolation. */
  public double averagePrecision() {
    double sum = 0;
    for (int i = 0; i + 1 < x.length; i++) {
      sum += (x[i] - x[i + 1]) * y[i];
    }
    return sum;
  }
}
