package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * RMSprop (Hinton 2012): the step is divided by the root of a moving mean of squared gradients,
 * {@code s = rho*s + (1-rho)*g^2; w = w - lr*g / sqrt(s + eps)}.
 *
 * <p>Defaults as in Keras: rate 0.001, rho 0.9, eps 1e-7 inside the root, no momentum, not centred.
 */
public final class RmsProp extends TunableOptimizer<RmsProp> {

  private double rho = 0.9;
  private double momentum;
  private double epsilon = 1e-7;
  private boolean inside = true;
  private boolean centred;
  private boolean velocityWithRate = true;

  private RmsProp(LearningRate rate) {
    super("RmsProp", rate);
  }

  /** With the default rate 0.001. */
  public static RmsProp of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static RmsProp of(double rate) {
    return new RmsProp(LearningRate.constant(require("RmsProp", rate)));
  }

  /** With a schedule. */
  public static RmsProp of(LearningRate rate) {
    return new RmsProp(rate);
  }

  /** Weight of the old mean square in [0, 1); default 0.9. */
  public RmsProp rho(double weight) {
    requireUnused();
    rho = requireIn(name(), "rho", 0, 1, weight);
    return this;
  }

  /** Momentum in [0, 1); default 0: {@code v = m*v + lr*g/root; w = w - v}. */
  public RmsProp momentum(double m) {
    requireUnused();
    momentum = requireIn(name(), "momentum", 0, 1, m);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public RmsProp epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  /** Whether epsilon is added inside the root (default, Keras) or to it (PyTorch, Ng). */
  public RmsProp epsilonInside(boolean on) {
    requireUnused();
    inside = on;
    return this;
  }

  /** Whether the squared mean gradient is subtracted from the mean square; default no. */
  public RmsProp centred(boolean on) {
    requireUnused();
    centred = on;
    return this;
  }

  /** Whether the velocity holds the rate (default, Keras) or is multiplied by it (PyTorch). */
  public RmsProp velocityWithRate(boolean on) {
    requireUnused();
    velocityWithRate = on;
    return this;
  }

  @Override
  RmsProp self() {
    return this;
  }

  @Override
  String[] slotNames() {
    return new String[] {"mean_square", momentum == 0 ? null : "momentum", centred ? "mean_gradient" : null};
  }

  @Override
  void update(StepPlan.Group group, long step, OptimStep.Before before) {
    OptimStep.rmsProp(
        group.context, group.dtype, group.table, group.count, inside, velocityWithRate, rho, momentum, epsilon, before);
  }
}
