package dev.neurite.metric;

/**
 * An exponentially weighted average of a series: {@code v_t = beta*v_(t-1) + (1-beta)*x_t}, from 0; corrected for that
 * start {@code v_t / (1 - beta^t)}. It looks back over about {@code 1/(1-beta)} values.
 */
public final class ExponentialAverage {

  private final double beta;
  private double raw;
  private double weight; // 1 - beta^t, summed up the same way as the values

  private ExponentialAverage(double beta) {
    this.beta = beta;
  }

  /**
   * An average without values.
   *
   * @param beta weight of the past, in [0, 1)
   */
  public static ExponentialAverage of(double beta) {
    if (!(beta >= 0 && beta < 1)) {
      throw new IllegalArgumentException("ExponentialAverage: expected beta in [0, 1), given " + beta);
    }
    return new ExponentialAverage(beta);
  }

  /** Takes the next value in; returns this average. */
  public ExponentialAverage add(double x) {
    raw = beta * raw + (1 - beta) * x;
    weight = beta * weight + (1 - beta);
    return this;
  }

  /** The plain average, too small at first; 0 without values. */
  public double raw() {
    return raw;
  }

  /** The average corrected for its start at 0; NaN without values. */
  public double corrected() {
    return raw / weight;
  }

  /** Number of values that count: {@code 1/(1-beta)}. */
  public double window() {
    return 1 / (1 - beta);
  }
}
