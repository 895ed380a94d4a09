package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Adam with Nesterov momentum (Dozat 2016): with {@code mu_t = b1 * (1 - 0.5 * 0.96^(psi*t))} and {@code P_t} the
 * product of the first t of them, {@code m' = mu_(t+1)*m/(1-P_(t+1)) + (1-mu_t)*g/(1-P_t); w = w - lr * m' /
 * (sqrt(v/(1-b2^t)) + eps)}.
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.999, eps 1e-7, psi 1. PyTorch's psi is 0.004 and its eps 1e-8;
 * {@code plain(true)} leaves the schedule out: mu is b1 at every step.
 */
public final class Nadam extends RuleOptimizer<Nadam> {

  private double beta1 = 0.9;
  private double beta2 = 0.999;
  private double epsilon = 1e-7;
  private double momentumDecay = 1;
  private boolean plain;
  private long productSteps;
  private double product = 1;

  private Nadam(LearningRate rate) {
    super("Nadam", rate, OptimStep.Rule.NADAM, "momentum", "velocity");
  }

  /** With the default rate 0.001. */
  public static Nadam of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Nadam of(double rate) {
    return new Nadam(LearningRate.constant(require("Nadam", rate)));
  }

  /** With a schedule. */
  public static Nadam of(LearningRate rate) {
    return new Nadam(rate);
  }

  /** Weights of the old mean and the old mean square, in [0, 1); default 0.9 and 0.999. */
  public Nadam betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public Nadam epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  /** Speed psi of the momentum's schedule; default 1 (Keras), PyTorch 0.004. */
  public Nadam momentumDecay(double psi) {
    requireUnused();
    momentumDecay = requireIn(name(), "a momentum decay", 0, Double.POSITIVE_INFINITY, psi);
    return this;
  }

  /** Whether momentum is constant, {@code mu = b1}, as in the short form found in courses; default no. */
  public Nadam plain(boolean on) {
    requireUnused();
    plain = on;
    return this;
  }

  @Override
  Nadam self() {
    return this;
  }

  private double momentum(double t) {
    return plain ? beta1 : beta1 * (1 - 0.5 * Math.pow(0.96, t * momentumDecay));
  }

  /**
   * Product of the momenta of the first {@code steps} steps; a function of the step, so that a resumed run has it too.
   */
  private double product(long steps) {
    if (steps < productSteps) {
      productSteps = 0;
      product = 1;
    }
    while (productSteps < steps) {
      product *= momentum(++productSteps);
    }
    return product;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    double t = step + 1.0;
    double now = product(step + 1);
    double next = momentum(t + 1);
    return new double[] {
      beta1, beta2, epsilon, next / (1 - now * next), (1 - momentum(t)) / (1 - now),
      1 / Math.sqrt(1 - Math.pow(beta2, t))
    };
  }
}
