package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Adadelta (Zeiler 2012): {@code a = rho*a + (1-rho)*g^2; u = sqrt(d + eps) / sqrt(a + eps) * g;
 * d = rho*d + (1-rho)*u^2; w = w - lr*u}.
 *
 * <p>Defaults as in Keras: rate 0.001, rho 0.95, eps 1e-7. The paper and PyTorch use rate 1, PyTorch rho 0.9 and eps
 * 1e-6.
 */
public final class Adadelta extends RuleOptimizer<Adadelta> {

  private double rho = 0.95;
  private double epsilon = 1e-7;

  private Adadelta(LearningRate rate) {
    super("Adadelta", rate, OptimStep.Rule.ADADELTA, "accumulated_grad", "accumulated_delta_var");
  }

  /** With the default rate 0.001. */
  public static Adadelta of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Adadelta of(double rate) {
    return new Adadelta(LearningRate.constant(require("Adadelta", rate)));
  }

  /** With a schedule. */
  public static Adadelta of(LearningRate rate) {
    return new Adadelta(rate);
  }

  /** Weight of the old mean squares in [0, 1); default 0.95. */
  public Adadelta rho(double weight) {
    requireUnused();
    rho = requireIn(name(), "rho", 0, 1, weight);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public Adadelta epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  @Override
  Adadelta self() {
    return this;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {rho, epsilon};
  }
}
