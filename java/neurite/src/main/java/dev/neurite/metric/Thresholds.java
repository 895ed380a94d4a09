package dev.neurite.metric;

import java.util.Arrays;

/** Decision thresholds: a prediction is positive when strictly above. */
final class Thresholds {

  private static final double EDGE = 1e-7;

  private Thresholds() {}

  /** The logit at which the sigmoid has the given value; infinite at 0 and 1. */
  static double logit(double probability) {
    return Math.log(probability) - Math.log1p(-probability);
  }

  /**
   * Keras' thresholds: {@code count - 2} evenly spaced inside (0, 1), and one beyond each end, so that the first counts
   * everything as positive and the last nothing.
   */
  static double[] even(int count) {
    if (count < 2) {
      throw new IllegalArgumentException("thresholds: expected at least 2, given " + count);
    }
    double[] t = new double[count];
    for (int i = 1; i < count - 1; i++) {
      t[i] = (double) i / (count - 1);
    }
    t[0] = -EDGE;
    t[count - 1] = 1 + EDGE;
    return t;
  }

  /** The given thresholds in order, between one beyond each end of [0, 1]. */
  static double[] within(double... inner) {
    double[] t = new double[inner.length + 2];
    System.arraycopy(sorted(inner), 0, t, 1, inner.length);
    t[0] = -EDGE;
    t[t.length - 1] = 1 + EDGE;
    return t;
  }

  /** The given thresholds in order. */
  static double[] sorted(double... thresholds) {
    double[] t = thresholds.clone();
    for (double v : t) {
      if (Double.isNaN(v)) {
        throw new IllegalArgumentException("thresholds: expected numbers, given NaN");
      }
    }
    Arrays.sort(t);
    return t;
  }
}
