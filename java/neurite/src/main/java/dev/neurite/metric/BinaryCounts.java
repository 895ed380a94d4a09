package dev.neurite.metric;

/**
 * Weighted counts of right and wrong decisions at several thresholds. Every score adds to one bucket, however many
 * thresholds there are; the counts are sums over buckets.
 */
final class BinaryCounts {

  private final double[] thresholds; // ascending
  private final double[] positives; // weight of label 1 whose score is above exactly i thresholds
  private final double[] negatives;

  BinaryCounts(double[] thresholds) {
    this.thresholds = thresholds;
    positives = new double[thresholds.length + 1];
    negatives = new double[thresholds.length + 1];
  }

  int size() {
    return thresholds.length;
  }

  /**
   * Adds one decision.
   *
   * @param narrow whether the score came from float32: thresholds are rounded alike, so that 0.3 is not above 0.3
   */
  void add(boolean label, double score, double weight, boolean narrow) {
    int above = above(score, narrow);
    if (label) {
      positives[above] += weight;
    } else {
      negatives[above] += weight;
    }
  }

  /** How many thresholds the score is above. */
  private int above(double score, boolean narrow) {
    int low = 0;
    int high = thresholds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      double t = narrow ? (float) thresholds[middle] : thresholds[middle];
      if (score > t) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  double truePositives(int threshold) {
    return sum(positives, threshold + 1, positives.length);
  }

  double falsePositives(int threshold) {
    return sum(negatives, threshold + 1, negatives.length);
  }

  double trueNegatives(int threshold) {
    return sum(negatives, 0, threshold + 1);
  }

  double falseNegatives(int threshold) {
    return sum(positives, 0, threshold + 1);
  }

  double precision(int threshold) {
    double hits = truePositives(threshold);
    return ratio(hits, hits + falsePositives(threshold));
  }

  double recall(int threshold) {
    double hits = truePositives(threshold);
    return ratio(hits, hits + falseNegatives(threshold));
  }

  double specificity(int threshold) {
    double kept = trueNegatives(threshold);
    return ratio(kept, kept + falsePositives(threshold));
  }

  /** The false-positive rate. */
  double fallOut(int threshold) {
    double wrong = falsePositives(threshold);
    return ratio(wrong, wrong + trueNegatives(threshold));
  }

  /** 0/0 is 0. */
  static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }

  private static double sum(double[] buckets, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += buckets[i];
    }
    return sum;
  }

  /** The buckets of both kinds. */
  double[] state() {
    double[] all = java.util.Arrays.copyOf(positives, 2 * positives.length);
    System.arraycopy(negatives, 0, all, positives.length, negatives.length);
    return all;
  }

  /** Takes buckets over from a place in an array on. */
  void restore(double[] state, int from) {
    System.arraycopy(state, from, positives, 0, positives.length);
    System.arraycopy(state, from + positives.length, negatives, 0, negatives.length);
  }

  void reset() {
    java.util.Arrays.fill(positives, 0);
    java.util.Arrays.fill(negatives, 0);
  }
}
