package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Stochastic gradient descent, with momentum if asked for: {@code w = w - lr*g}.
 *
 * <p>With momentum m the default form is Keras': {@code v = m*v - lr*g; w = w + v}, and with Nesterov
 * {@code w = w + m*v - lr*g}. {@link Form} has the others, which differ when the rate changes.
 */
public final class Sgd extends TunableOptimizer<Sgd> {

  /** How velocity and learning rate meet. */
  public enum Form {
    /** {@code v = m*v - lr*g; w = w + v}. */
    KERAS(0),
    /** {@code v = m*v + (1-dampening)*g; w = w - lr*v}; the first velocity is g. */
    PYTORCH(1),
    /** {@code v = m*v + (1-m)*g; w = w - lr*v}: an exponentially weighted average of gradients. */
    EWMA(2);

    private final int code;

    Form(int code) {
      this.code = code;
    }
  }

  private double momentum;
  private LearningRate momentumSchedule;
  private double dampening;
  private boolean nesterov;
  private boolean corrected;
  private Form form = Form.KERAS;

  private Sgd(LearningRate rate) {
    super("Sgd", rate);
  }

  /** With the default rate 0.01. */
  public static Sgd of() {
    return of(0.01);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Sgd of(double rate) {
    return new Sgd(LearningRate.constant(require("Sgd", rate)));
  }

  /** With a schedule. */
  public static Sgd of(LearningRate rate) {
    return new Sgd(rate);
  }

  /**
   * Momentum in [0, 1); 0 (default) for none.
   *
   * @throws IllegalArgumentException outside that range
   */
  public Sgd momentum(double m) {
    requireUnused();
    momentum = requireIn(name(), "momentum", 0, 1, m);
    return this;
  }

  /**
   * A momentum that changes with the steps, such as {@link OneCycle#momentum}.
   *
   * @throws IllegalArgumentException when its first value is not in [0, 1)
   */
  public Sgd momentum(LearningRate schedule) {
    momentum(schedule.at(0));
    momentumSchedule = schedule;
    return this;
  }

  private double momentumAt(long step) {
    return momentumSchedule == null
        ? momentum
        : requireIn(name(), "momentum at step " + step, 0, 1, momentumSchedule.at(step));
  }

  /** Whether the gradient is taken ahead of the velocity (Nesterov); not for {@link Form#EWMA}. */
  public Sgd nesterov(boolean on) {
    requireUnused();
    nesterov = on;
    return this;
  }

  /** The form of momentum; {@link Form#KERAS} unless set. */
  public Sgd form(Form momentumForm) {
    requireUnused();
    form = momentumForm;
    return this;
  }

  /** PyTorch's dampening: part of the gradient kept out of the velocity; default 0. */
  public Sgd dampening(double part) {
    requireUnused();
    dampening = requireIn(name(), "dampening", 0, 1, part);
    return this;
  }

  /** Whether {@link Form#EWMA} divides the average by {@code 1 - m^t}; default no. */
  public Sgd biasCorrection(boolean on) {
    requireUnused();
    corrected = on;
    return this;
  }

  @Override
  Sgd self() {
    return this;
  }

  @Override
  String[] slotNames() {
    return new String[] {momentum == 0 && momentumSchedule == null ? null : "momentum"};
  }

  /** Without momentum nothing moves where there is no gradient. */
  @Override
  boolean leavesOtherRows() {
    return momentum == 0 && momentumSchedule == null;
  }

  @Override
  void update(StepPlan.Group group, long step, OptimStep.Before before) {
    OptimStep.Before b = before;
    double m = momentumAt(step);
    if (corrected && form == Form.EWMA && m > 0) {
      double part = 1 - Math.pow(m, step + 1.0);
      // The larger rate is for the average alone: the decay is divided by what the rate is multiplied with.
      b = new OptimStep.Before(b.lr() / part, b.scale(), b.clip(), b.l2(), b.decay() * part);
    }
    OptimStep.sgd(
        group.context, group.dtype, group.table, group.count, form.code, nesterov && m > 0, group.first, m,
        dampening, b);
  }
}
