package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Rectified Adam (Liu et al. 2020): Adam whose adaptive part is scaled by
 * {@code r_t = sqrt((p_t-4)(p_t-2)p / ((p-4)(p-2)p_t))} with {@code p = 2/(1-b2) - 1} and
 * {@code p_t = p - 2t*b2^t/(1-b2^t)}, and left out while {@code p_t <= 5}, when the variance of the rate is not yet
 * known.
 *
 * <p>Defaults: rate 0.001, betas 0.9 and 0.999, eps 1e-8 (PyTorch's; Keras has no such optimiser).
 */
public final class RAdam extends RuleOptimizer<RAdam> {

  private double beta1 = 0.9;
  private double beta2 = 0.999;
  private double epsilon = 1e-8;

  private RAdam(LearningRate rate) {
    super("RAdam", rate, OptimStep.Rule.RADAM, "momentum", "velocity");
  }

  /** With the default rate 0.001. */
  public static RAdam of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static RAdam of(double rate) {
    return new RAdam(LearningRate.constant(require("RAdam", rate)));
  }

  /** With a schedule. */
  public static RAdam of(LearningRate rate) {
    return new RAdam(rate);
  }

  /** Weights of the old mean and the old mean square, in [0, 1); default 0.9 and 0.999. */
  public RAdam betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return this;
  }

  /** Small number against division by 0; default 1e-8. */
  public RAdam epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  @Override
  RAdam self() {
    return this;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    double t = step + 1.0;
    double c1 = 1 - Math.pow(beta1, t);
    double c2 = 1 - Math.pow(beta2, t);
    double limit = 2 / (1 - beta2) - 1;
    double length = limit - 2 * t * Math.pow(beta2, t) / c2;
    if (length <= 5) {
      return new double[] {beta1, beta2, epsilon, 1 / c1, 0};
    }
    double rectified =
        Math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
    return new double[] {beta1, beta2, epsilon, rectified * Math.sqrt(c2) / c1, 1};
  }
}
