package dev.neurite.optim;

/**
 * The learning rate as a function of the number of steps taken so far; any lambda is one.
 *
 * <pre>{@code
 * Adam.of(LearningRate.exponentialDecay(0.1, 1000, 0.96));
 * Sgd.of(step -> 0.1 / Math.sqrt(step + 1));
 * }</pre>
 */
@FunctionalInterface
public interface LearningRate {

  /**
   * The rate of a step.
   *
   * @param step steps taken before, from 0
   */
  double at(long step);

  /** The same rate at every step. */
  static LearningRate constant(double rate) {
    return new ConstantRate(rate);
  }

  /** {@code initial * rate^(step / decaySteps)}. */
  static LearningRate exponentialDecay(double initial, double decaySteps, double rate) {
    return Schedules.exponential(initial, decaySteps, rate, false);
  }

  /** {@code initial * rate^floor(step / decaySteps)}: the rate changes every {@code decaySteps} steps. */
  static LearningRate exponentialStaircase(double initial, double decaySteps, double rate) {
    return Schedules.exponential(initial, decaySteps, rate, true);
  }

  /** {@code initial / (1 + rate * step / decaySteps)}. */
  static LearningRate inverseTimeDecay(double initial, double decaySteps, double rate) {
    return Schedules.inverseTime(initial, decaySteps, rate, false);
  }

  /** {@code initial / (1 + rate * floor(step / decaySteps))}. */
  static LearningRate inverseTimeStaircase(double initial, double decaySteps, double rate) {
    return Schedules.inverseTime(initial, decaySteps, rate, true);
  }

  /** {@code initial / sqrt(step + 1)}. */
  static LearningRate inverseSquareRootDecay(double initial) {
    return step -> initial / Math.sqrt(step + 1.0);
  }

  /** {@code (initial - end) * (1 - min(step, n) / n)^power + end} with {@code n = decaySteps}. */
  static LearningRate polynomialDecay(double initial, double decaySteps, double end, double power) {
    return Schedules.polynomial(initial, decaySteps, end, power, false);
  }

  /** As {@link #polynomialDecay}, but n grows to the next multiple of {@code decaySteps} instead of staying. */
  static LearningRate cyclingPolynomialDecay(double initial, double decaySteps, double end, double power) {
    return Schedules.polynomial(initial, decaySteps, end, power, true);
  }

  /**
   * {@code values[i]} while {@code step <= boundaries[i]}, the last value after that.
   *
   * @throws IllegalArgumentException unless there is one value more than boundaries, and these increase
   */
  static LearningRate piecewiseConstant(long[] boundaries, double[] values) {
    return Schedules.piecewise(boundaries, values);
  }

  /** {@code initial * factor^floor(step / every)}. */
  static LearningRate stepDecay(double initial, long every, double factor) {
    return Schedules.exponential(initial, every, factor, true);
  }

  /** {@code initial * ((1 - alpha) * (1 + cos(pi * min(step, n) / n)) / 2 + alpha)} with {@code n = decaySteps}. */
  static LearningRate cosineDecay(double initial, double decaySteps, double alpha) {
    return Schedules.cosine(initial, decaySteps, alpha);
  }

  /**
   * {@code end + (initial - end) * (1 + cos(pi * step / half)) / 2}: falls for {@code half} steps, rises for as many,
   * and so on (PyTorch's {@code CosineAnnealingLR}).
   */
  static LearningRate cosineAnnealing(double initial, double half, double end) {
    return Schedules.cosineAnnealing(initial, half, end);
  }

  /** {@code start + (end - start) * min(step, n) / n} with {@code n = steps}. */
  static LearningRate linear(double start, double end, double steps) {
    return Schedules.polynomial(start, steps, end, 1, false);
  }

  /**
   * The rate rises linearly from {@code start} to {@code rate.at(0)} in {@code steps} steps, then {@code rate} begins.
   *
   * @throws IllegalArgumentException for a negative number of steps
   */
  static LearningRate warmUp(double start, long steps, LearningRate rate) {
    if (steps < 0) {
      throw new IllegalArgumentException("warmUp: expected at least 0 steps, given " + steps);
    }
    return step -> step < steps ? start + (rate.at(0) - start) * step / steps : rate.at(step - steps);
  }

  /**
   * Cosine decay that starts again: the first period takes {@code firstSteps}, each next one {@code stretch} times as
   * long, and starts from {@code shrink} times the rate.
   *
   * @param alpha lowest rate as a part of the first
   */
  static LearningRate cosineRestarts(double initial, double firstSteps, double stretch, double shrink, double alpha) {
    return Schedules.cosineRestarts(initial, firstSteps, stretch, shrink, alpha);
  }

  /**
   * The rate of the Transformer (Vaswani et al. 2017):
   * {@code width^-0.5 * min((step+1)^-0.5, (step+1) * warmUp^-1.5)}.
   */
  static LearningRate noam(long width, long warmUp) {
    return step ->
        Math.pow(width, -0.5) * Math.min(Math.pow(step + 1.0, -0.5), (step + 1) * Math.pow(warmUp, -1.5));
  }

  /**
   * This schedule for so many steps, then another one, which counts from there.
   *
   * @throws IllegalArgumentException for a negative number of steps
   */
  default LearningRate then(long steps, LearningRate next) {
    if (steps < 0) {
      throw new IllegalArgumentException("then: expected at least 0 steps, given " + steps);
    }
    return step -> step < steps ? at(step) : next.at(step - steps);
  }

  /** This schedule with every rate multiplied. */
  default LearningRate times(double factor) {
    return step -> factor * at(step);
  }

  /** A schedule counted in epochs instead of steps. */
  static LearningRate perEpoch(long stepsPerEpoch, LearningRate epochs) {
    if (stepsPerEpoch < 1) {
      throw new IllegalArgumentException("perEpoch: expected at least 1 step per epoch, given " + stepsPerEpoch);
    }
    return step -> epochs.at(step / stepsPerEpoch);
  }
}
