package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * {@code l * sum |w|}; the gradient at 0 is 0.
 *
 * @param l its strength, 0 or more
 */
public record L1(double l) implements Regularizer {

  /** Checks the strength. */
  public L1 {
    if (!(l >= 0) || Double.isInfinite(l)) {
      throw new IllegalArgumentException("L1: expected a strength of 0 or more, given " + l);
    }
  }

  /** The penalty {@code l * sum |w|}. */
  public static L1 of(double l) {
    return new L1(l);
  }

  @Override
  public Tensor penalty(Tensor w) {
    return w.abs().sum().mul(l);
  }
}
