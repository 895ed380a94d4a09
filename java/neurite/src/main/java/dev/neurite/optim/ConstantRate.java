package dev.neurite.optim;

/** The same rate at every step. */
record ConstantRate(double rate) implements LearningRate {

  @Override
  public double at(long step) {
    return rate;
  }
}
