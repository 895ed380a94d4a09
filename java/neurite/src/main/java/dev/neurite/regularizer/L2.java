package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * {@code l * sum w^2} (Keras' form, without the half): plain gradient descent multiplies the
 * weights by {@code 1 - 2 * lr * l} each step.
 *
 * @param l its strength, 0 or more
 */
public record L2(double l) implements Regularizer {

  /** Checks the strength. */
  public L2 {
    if (!(l >= 0) || Double.isInfinite(l)) {
      throw new IllegalArgumentException("L2: expected a strength of 0 or more, given " + l);
    }
  }

  /** The penalty {@code l * sum w^2}. */
  public static L2 of(double l) {
    return new L2(l);
  }

  /**
   * Andrew Ng's form {@code lambda / (2 m) * sum w^2}, whose gradient is {@code lambda / m * w}.
   *
   * @param lambda its strength, 0 or more
   * @param m number of examples the cost is the mean of, 1 or more
   */
  public static L2 perSample(double lambda, long m) {
    if (m < 1) {
      throw new IllegalArgumentException("L2: expected a mean over 1 example or more, given " + m);
    }
    return new L2(lambda / (2.0 * m));
  }

  @Override
  public Tensor penalty(Tensor w) {
    return w.square().sum().mul(l);
  }
}
