package dev.neurite.regularizer;

import dev.neurite.tensor.Tensor;

/**
 * {@code l1 * sum |w| + l2 * sum w^2}.
 *
 * @param l1 strength of the first term
 * @param l2 strength of the second term
 */
public record L1L2(double l1, double l2) implements Regularizer {

  /** Checks the strengths. */
  public L1L2 {
    if (!(l1 >= 0) || !(l2 >= 0) || Double.isInfinite(l1) || Double.isInfinite(l2)) {
      throw new IllegalArgumentException("L1L2: expected strengths of 0 or more, given " + l1 + " and " + l2);
    }
  }

  /** Both penalties. */
  public static L1L2 of(double l1, double l2) {
    return new L1L2(l1, l2);
  }

  @Override
  public Tensor penalty(Tensor w) {
    return w.abs().sum().mul(l1).add(w.square().sum().mul(l2));
  }
}
