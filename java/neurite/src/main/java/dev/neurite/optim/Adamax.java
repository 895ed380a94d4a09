package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Adamax (Kingma and Ba 2015, section 7): {@code m = b1*m + (1-b1)*g; u = max(b2*u, |g|);
 * w = w - lr / (1-b1^t) * m / (u + eps)}.
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.999, eps 1e-7.
 */
public final class Adamax extends RuleOptimizer<Adamax> {

  private double beta1 = 0.9;
  private double beta2 = 0.999;
  private double epsilon = 1e-7;
  private boolean inMaximum;

  private Adamax(LearningRate rate) {
    super("Adamax", rate, OptimStep.Rule.ADAMAX, "momentum", "norm");
  }

  /** With the default rate 0.001. */
  public static Adamax of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Adamax of(double rate) {
    return new Adamax(LearningRate.constant(require("Adamax", rate)));
  }

  /** With a schedule. */
  public static Adamax of(LearningRate rate) {
    return new Adamax(rate);
  }

  /** Weights of the old mean and the old maximum, in [0, 1); default 0.9 and 0.999. */
  public Adamax betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public Adamax epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  /** Whether epsilon is added to {@code |g|} inside the maximum (PyTorch) instead of to u; default no. */
  public Adamax epsilonInMaximum(boolean on) {
    requireUnused();
    inMaximum = on;
    return this;
  }

  @Override
  Adamax self() {
    return this;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    double scale = 1 / (1 - Math.pow(beta1, step + 1.0));
    return new double[] {beta1, beta2, inMaximum ? epsilon : 0, inMaximum ? 0 : epsilon, scale};
  }
}
