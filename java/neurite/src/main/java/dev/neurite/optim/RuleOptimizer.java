package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * An optimiser whose rule is one of the native element-wise ones with up to two slots.
 *
 * @param <S> the optimiser's own type
 */
public abstract class RuleOptimizer<S extends RuleOptimizer<S>> extends TunableOptimizer<S> {

  private final OptimStep.Rule rule;
  private final String first;
  private final String second;

  RuleOptimizer(String name, LearningRate rate, OptimStep.Rule rule, String first, String second) {
    super(name, rate);
    this.rule = rule;
    this.first = first;
    this.second = second;
  }

  /** The rule's numbers for a step. */
  abstract double[] numbers(long step, double learningRate);

  /** The rate the rule sees; the schedule's unless overridden. */
  double effectiveRate(long step, double learningRate) {
    return learningRate;
  }

  @Override
  final String[] slotNames() {
    return new String[] {first, second};
  }

  @Override
  final void update(StepPlan.Group group, long step, OptimStep.Before b) {
    double rate = effectiveRate(step, b.lr());
    // The native side computes 1 - lr*decay; decay follows the schedule's rate whatever the rule makes of it.
    double decay = rate == 0 ? 0 : b.decay() * b.lr() / rate;
    OptimStep.rule(
        group.context, group.dtype, group.table, group.count, rule, numbers(step, rate),
        new OptimStep.Before(rate, b.scale(), b.clip(), b.l2(), decay));
  }
}
