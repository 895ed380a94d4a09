package dev.neurite.regularizer;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Tensor;

/**
 * {@code l * sum |w|} with a proximal step instead of a gradient: after each optimiser step
 * {@code w = sign(w) * max(|w| - lr*l, 0)} (soft threshold; Parikh and Boyd 2014, ISTA). Idle weights become exactly 0,
 * which the subgradient of {@link L1} never reaches. The penalty is reported with the loss but has no gradient of its
 * own.
 *
 * @param l its strength, 0 or more
 */
public record ProximalL1(double l) implements Regularizer {

  /** Checks the strength. */
  public ProximalL1 {
    if (!(l >= 0) || Double.isInfinite(l)) {
      throw new IllegalArgumentException("ProximalL1: expected a strength of 0 or more, given " + l);
    }
  }

  /** The penalty {@code l * sum |w|}. */
  public static ProximalL1 of(double l) {
    return new ProximalL1(l);
  }

  @Override
  public Tensor penalty(Tensor w) {
    return Tape.noGrad(() -> w.abs().sum().mul(l));
  }

  @Override
  public Tensor afterStep(Tensor w, double learningRate) {
    return w.abs().sub(l * learningRate).relu().mul(w.sign());
  }

  @Override
  public boolean isProximal() {
    return true;
  }
}
