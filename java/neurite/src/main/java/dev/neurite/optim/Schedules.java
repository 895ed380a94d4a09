package dev.neurite.optim;

/** The formulas behind {@link LearningRate}'s factories. */
final class Schedules {

  private Schedules() {}

  private static double steps(String who, double steps) {
    if (!(steps > 0) || Double.isInfinite(steps)) {
      throw new IllegalArgumentException(who + ": expected a positive number of steps, given " + steps);
    }
    return steps;
  }

  static LearningRate exponential(double initial, double decaySteps, double rate, boolean staircase) {
    double n = steps("exponentialDecay", decaySteps);
    return step -> initial * Math.pow(rate, periods(step, n, staircase));
  }

  static LearningRate inverseTime(double initial, double decaySteps, double rate, boolean staircase) {
    double n = steps("inverseTimeDecay", decaySteps);
    return step -> initial / (1 + rate * periods(step, n, staircase));
  }

  private static double periods(long step, double n, boolean whole) {
    double p = step / n;
    return whole ? Math.floor(p) : p;
  }

  static LearningRate polynomial(double initial, double decaySteps, double end, double power, boolean cycle) {
    double n = steps("polynomialDecay", decaySteps);
    return step -> {
      double length = cycle ? n * Math.max(1, Math.ceil(step / n)) : n;
      double part = Math.min(step, length) / length;
      return (initial - end) * Math.pow(1 - part, power) + end;
    };
  }

  static LearningRate piecewise(long[] boundaries, double[] values) {
    if (values.length != boundaries.length + 1) {
      throw new IllegalArgumentException(
          "piecewiseConstant: expected " + (boundaries.length + 1) + " values for " + boundaries.length
              + " boundaries, given " + values.length);
    }
    for (int i = 1; i < boundaries.length; i++) {
      if (boundaries[i] <= boundaries[i - 1]) {
        throw new IllegalArgumentException(
            "piecewiseConstant: expected increasing boundaries, given " + boundaries[i] + " after "
                + boundaries[i - 1]);
      }
    }
    long[] until = boundaries.clone();
    double[] rates = values.clone();
    return step -> {
      int i = 0;
      while (i < until.length && step > until[i]) {
        i++;
      }
      return rates[i];
    };
  }

  static LearningRate cosine(double initial, double decaySteps, double alpha) {
    double n = steps("cosineDecay", decaySteps);
    return step -> initial * wave(Math.min(step, n) / n, 1, alpha);
  }

  static LearningRate cosineAnnealing(double initial, double half, double end) {
    double n = steps("cosineAnnealing", half);
    return step -> end + (initial - end) * (1 + Math.cos(Math.PI * step / n)) / 2;
  }

  /** From {@code height} at 0 down to {@code alpha} at 1. */
  private static double wave(double part, double height, double alpha) {
    return (1 - alpha) * 0.5 * height * (1 + Math.cos(Math.PI * part)) + alpha;
  }

  /** Where a period begins, in units of the first. */
  private static double begin(double stretch, double period) {
    return (1 - Math.pow(stretch, period)) / (1 - stretch);
  }

  static LearningRate cosineRestarts(
      double initial, double firstSteps, double stretch, double shrink, double alpha) {
    double first = steps("cosineRestarts", firstSteps);
    if (!(stretch >= 1)) {
      throw new IllegalArgumentException("cosineRestarts: expected a stretch of at least 1, given " + stretch);
    }
    return step -> {
      double done = step / first; // in units of the first period
      double period;
      double part;
      if (stretch == 1) {
        period = Math.floor(done);
        part = done - period;
      } else {
        period = Math.floor(Math.log(1 - done * (1 - stretch)) / Math.log(stretch));
        // The logarithm may miss a whole number by a bit.
        period = done >= begin(stretch, period + 1) ? period + 1 : period;
        period = done < begin(stretch, period) ? period - 1 : period;
        part = (done - begin(stretch, period)) / Math.pow(stretch, period);
      }
      return initial * wave(part, Math.pow(shrink, period), alpha);
    };
  }
}
