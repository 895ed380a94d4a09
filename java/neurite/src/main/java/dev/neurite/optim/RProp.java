package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * Resilient propagation (Riedmiller and Braun 1993), for whole-batch training: only the gradient's sign counts. Each
 * weight has a step size of its own, which starts at the learning rate, grows by a factor while the sign stays and
 * shrinks when it changes; a weight whose sign changed stands still once.
 *
 * <p>Defaults as in PyTorch: first step 0.01, factors 0.5 and 1.2, sizes from 1e-6 to 50.
 */
public final class RProp extends RuleOptimizer<RProp> {

  private double shrink = 0.5;
  private double grow = 1.2;
  private double smallest = 1e-6;
  private double largest = 50;

  private RProp(LearningRate rate) {
    super("RProp", rate, OptimStep.Rule.RPROP, "previous", "step_size");
  }

  /** With the default rate 0.01. */
  public static RProp of() {
    return of(0.01);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static RProp of(double rate) {
    return new RProp(LearningRate.constant(require("RProp", rate)));
  }

  /** With a schedule. */
  public static RProp of(LearningRate rate) {
    return new RProp(rate);
  }

  /** Factors of the step size, {@code 0 < shrink < 1 < grow}; default 0.5 and 1.2. */
  public RProp factors(double shrink, double grow) {
    requireUnused();
    if (!(shrink > 0 && shrink < 1 && grow > 1)) {
      throw new IllegalArgumentException(
          name() + ": expected 0 < shrink < 1 < grow, given " + shrink + " and " + grow);
    }
    this.shrink = shrink;
    this.grow = grow;
    return this;
  }

  /** Bounds of the step size; default 1e-6 and 50. */
  public RProp stepSizes(double smallest, double largest) {
    requireUnused();
    if (!(smallest > 0 && largest >= smallest)) {
      throw new IllegalArgumentException(
          name() + ": expected 0 < smallest <= largest, given " + smallest + " and " + largest);
    }
    this.smallest = smallest;
    this.largest = largest;
    return this;
  }

  @Override
  RProp self() {
    return this;
  }

  @Override
  double slotStart(int column) {
    return column == 1 ? learningRate() : 0;
  }

  @Override
  double[] numbers(long step, double learningRate) {
    return new double[] {shrink, grow, smallest, largest};
  }
}
