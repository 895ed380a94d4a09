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

  @Override
  public Tensor penalty(Tensor w) {
    return w.square().sum().mul(l);
  }
}
