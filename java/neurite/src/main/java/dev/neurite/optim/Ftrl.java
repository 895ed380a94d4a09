package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Follow the regularised leader (McMahan et al. 2013), for sparse linear models: {@code n = a + g^2;
 * z = z + g + 2*s*w - (n^-p - a^-p)/lr * w; w = (clamp(z, -l1, l1) - z) / (n^-p/lr + 2*(l2 + beta/(2*lr)))}.
 *
 * <p>Defaults as in Keras: rate 0.001, power p -0.5, the accumulator starts at 0.1, l1, l2, shrinkage s and beta 0.
 */
public final class Ftrl extends RuleOptimizer<Ftrl> {

  private double power = -0.5;
  private double initial = 0.1;
  private double l1;
  private double l2;
  private double shrinkage;
  private double beta;

  private Ftrl(LearningRate rate) {
    super("Ftrl", rate, OptimStep.Rule.FTRL, "accumulator", "linear");
  }

  /** With the default rate 0.001. */
  public static Ftrl of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Ftrl of(double rate) {
    return new Ftrl(LearningRate.constant(require("Ftrl", rate)));
  }

  /** With a schedule. */
  public static Ftrl of(LearningRate rate) {
    return new Ftrl(rate);
  }

  /** Power of the accumulated squares, 0 or less; default -0.5. */
  public Ftrl learningRatePower(double p) {
    requireUnused();
    if (!(p <= 0)) {
      throw new IllegalArgumentException(name() + ": expected a power of 0 or less, given " + p);
    }
    power = p;
    return this;
  }

  /** What the sums of squares start from; default 0.1. */
  public Ftrl initialAccumulator(double value) {
    requireUnused();
    initial = requireIn(name(), "an initial accumulator", 0, Double.POSITIVE_INFINITY, value);
    return this;
  }

  /** Strengths of the penalties; default 0 each. */
  public Ftrl penalties(double l1, double l2, double shrinkage) {
    requireUnused();
    this.l1 = requireIn(name(), "l1", 0, Double.POSITIVE_INFINITY, l1);
    this.l2 = requireIn(name(), "l2", 0, Double.POSITIVE_INFINITY, l2);
    this.shrinkage = requireIn(name(), "shrinkage", 0, Double.POSITIVE_INFINITY, shrinkage);
    return this;
  }

  /** The paper's beta; default 0. */
  public Ftrl beta(double value) {
    requireUnused();
    beta = requireIn(name(), "beta", 0, Double.POSITIVE_INFINITY, value);
    return this;
  }

  @Override
  Ftrl self() {
    return this;
  }

  @Override
  double slotStart(int column) {
    return column == 0 ? initial : 0;
  }

  /** Divided by, so 0 has no meaning. */
  @Override
  double effectiveRate(long step, double learningRate) {
    if (learningRate == 0) {
      throw new IllegalStateException(name() + ": expected a learning rate above 0, given 0 at step " + step);
    }
    return learningRate;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {power, l1, l2 + beta / (2 * learningRate), shrinkage};
  }
}
