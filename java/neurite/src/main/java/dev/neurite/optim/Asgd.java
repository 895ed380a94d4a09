package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Averaged stochastic gradient descent (Polyak and Juditsky 1992), PyTorch's form:
 * {@code w = (1 - lambda*eta)*w - eta*g; a = a + mu*(w - a)} with {@code eta = lr / (1 + lambda*lr*t)^alpha} and
 * {@code mu = 1 / max(1, t - t0)}. The averages are the slot {@code average_weight} of {@link #state()}.
 *
 * <p>Defaults as in PyTorch: rate 0.01, lambda 1e-4, alpha 0.75, t0 1e6.
 */
public final class Asgd extends RuleOptimizer<Asgd> {

  private double lambda = 1e-4;
  private double alpha = 0.75;
  private double start = 1e6;

  private Asgd(LearningRate rate) {
    super("Asgd", rate, OptimStep.Rule.ASGD, "average_weight", null);
  }

  /** With the default rate 0.01. */
  public static Asgd of() {
    return of(0.01);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Asgd of(double rate) {
    return new Asgd(LearningRate.constant(require("Asgd", rate)));
  }

  /** With a schedule. */
  public static Asgd of(LearningRate rate) {
    return new Asgd(rate);
  }

  /** Decay term; default 1e-4. */
  public Asgd lambda(double value) {
    requireUnused();
    lambda = requireIn(name(), "lambda", 0, Double.POSITIVE_INFINITY, value);
    return this;
  }

  /** Power of the rate's decay; default 0.75. */
  public Asgd alpha(double power) {
    requireUnused();
    alpha = requireIn(name(), "alpha", 0, Double.POSITIVE_INFINITY, power);
    return this;
  }

  /** Step from which the weights are averaged; default 1e6. */
  public Asgd averageFrom(double step) {
    requireUnused();
    start = requireIn(name(), "a first step of averaging", 0, Double.POSITIVE_INFINITY, step);
    return this;
  }

  @Override
  Asgd self() {
    return this;
  }

  @Override
  double effectiveRate(long step, double learningRate) {
    return learningRate / Math.pow(1 + lambda * learningRate * step, alpha);
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {lambda, step == 0 ? 1 : 1 / Math.max(1, step - start)};
  }
}
