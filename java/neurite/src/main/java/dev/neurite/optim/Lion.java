package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Lion (Chen et al. 2023): {@code w = w - lr * sign(b1*m + (1-b1)*g); m = b2*m + (1-b2)*g}; each weight moves by the
 * rate, whatever its gradient.
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.99. Its rate should be 3 to 10 times smaller than Adam's.
 */
public final class Lion extends RuleOptimizer<Lion> {

  private double beta1 = 0.9;
  private double beta2 = 0.99;

  private Lion(LearningRate rate) {
    super("Lion", rate, OptimStep.Rule.LION, "momentum", null);
  }

  /** With the default rate 0.001. */
  public static Lion of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Lion of(double rate) {
    return new Lion(LearningRate.constant(require("Lion", rate)));
  }

  /** With a schedule. */
  public static Lion of(LearningRate rate) {
    return new Lion(rate);
  }

  /** Weights of the old mean in the step and in the mean, in [0, 1); default 0.9 and 0.99. */
  public Lion betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return this;
  }

  @Override
  Lion self() {
    return this;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {beta1, beta2};
  }
}
