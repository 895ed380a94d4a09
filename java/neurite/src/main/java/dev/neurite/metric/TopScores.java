package dev.neurite.metric;

import java.util.Arrays;

/** The k largest of each row. */
final class TopScores {

  private TopScores() {}

  /** The scores with all but the k largest of each row set to minus infinity; of equal ones the first stay. */
  static double[] keep(double[] scores, int width, int k) {
    double[] kept = new double[scores.length];
    Arrays.fill(kept, Double.NEGATIVE_INFINITY);
    Integer[] order = new Integer[width];
    for (int row = 0; row < scores.length; row += width) {
      int start = row;
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, (a, b) -> Double.compare(scores[start + b], scores[start + a]));
      for (int i = 0; i < Math.min(k, width); i++) {
        kept[start + order[i]] = scores[start + order[i]];
      }
    }
    return kept;
  }
}
