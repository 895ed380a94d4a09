package dev.neurite.metric;

/** Decision thresholds. */
final class Thresholds {

  private Thresholds() {}

  /** The logit at which the sigmoid has the given value; infinite at 0 and 1. */
  static double logit(double probability) {
    return Math.log(probability) - Math.log1p(-probability);
  }
}
