package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Adagrad (Duchi et al. 2011): {@code a = a + g^2; w = w - lr * g / sqrt(a + eps)}; every weight has a rate of its own,
 * which only falls.
 *
 * <p>Defaults as in Keras: rate 0.001, the accumulator starts at 0.1, eps 1e-7 inside the root. PyTorch's:
 * {@code Adagrad.of(0.01).initialAccumulator(0).epsilon(1e-10).epsilonInside(false)}.
 */
public final class Adagrad extends RuleOptimizer<Adagrad> {

  private double initial = 0.1;
  private double epsilon = 1e-7;
  private double rateDecay;
  private boolean inside = true;

  private Adagrad(LearningRate rate) {
    super("Adagrad", rate, OptimStep.Rule.ADAGRAD, "accumulator", null);
  }

  /** With the default rate 0.001. */
  public static Adagrad of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Adagrad of(double rate) {
    return new Adagrad(LearningRate.constant(require("Adagrad", rate)));
  }

  /** With a schedule. */
  public static Adagrad of(LearningRate rate) {
    return new Adagrad(rate);
  }

  /** What the sums of squares start from; default 0.1. */
  public Adagrad initialAccumulator(double value) {
    requireUnused();
    initial = requireIn(name(), "an initial accumulator", 0, Double.POSITIVE_INFINITY, value);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public Adagrad epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  /** Whether epsilon is added inside the root (default, Keras) or to it (PyTorch). */
  public Adagrad epsilonInside(boolean on) {
    requireUnused();
    inside = on;
    return this;
  }

  /** PyTorch's {@code lr_decay}: the rate is divided by {@code 1 + decay * step}; default 0. */
  public Adagrad rateDecay(double decay) {
    requireUnused();
    rateDecay = requireIn(name(), "a rate decay", 0, Double.POSITIVE_INFINITY, decay);
    return this;
  }

  @Override
  Adagrad self() {
    return this;
  }

  /** A gradient of 0 changes neither weight nor sum. */
  @Override
  boolean leavesOtherRows() {
    return true;
  }

  @Override
  double slotStart(int column) {
    return initial;
  }

  @Override
  double effectiveRate(long step, double learningRate) {
    return learningRate / (1 + rateDecay * step);
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {inside ? epsilon : 0, inside ? 0 : epsilon};
  }
}
