package dev.neurite.train;

import java.util.function.DoubleUnaryOperator;

/**
 * Sets the learning rate before each epoch. For rates that change with every step give the optimiser a {@link
 * dev.neurite.optim.LearningRate} instead.
 */
public final class LearningRateScheduler implements Callback {

  /** The rate of an epoch. */
  @FunctionalInterface
  public interface Schedule {
    /**
     * The rate of an epoch.
     *
     * @param epoch from 0
     * @param rate the rate so far
     */
    double at(int epoch, double rate);
  }

  private final Schedule schedule;

  private LearningRateScheduler(Schedule schedule) {
    this.schedule = schedule;
  }

  /** A rate by the number of the epoch (from 0) and the rate so far. */
  public static LearningRateScheduler of(Schedule schedule) {
    return new LearningRateScheduler(schedule);
  }

  /** A rate by the number of the epoch, from 0. */
  public static LearningRateScheduler byEpoch(DoubleUnaryOperator rate) {
    return new LearningRateScheduler((epoch, before) -> rate.applyAsDouble(epoch));
  }

  @Override
  public void epochBegin(Run run) {
    run.optimizer().setLearningRate(schedule.at(run.epoch() - 1, run.learningRate()));
  }
}
