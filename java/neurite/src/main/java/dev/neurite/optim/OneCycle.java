package dev.neurite.optim;

/**
 * The one-cycle schedule (Smith and Topin 2018; PyTorch's {@code OneCycleLR}): the rate rises from {@code max/divide}
 * to {@code max} during the first part of the steps and falls to {@code max/divide/finalDivide} during the rest, while
 * momentum moves the other way.
 *
 * <pre>{@code
 * OneCycle cycle = OneCycle.of(0.2, 1000);
 * Sgd.of(cycle).momentum(cycle.momentum(0.85, 0.95));
 * }</pre>
 *
 * @param max largest rate
 * @param totalSteps length of the cycle; the last rate holds after it
 * @param rise part of the steps in which the rate rises, in (0, 1)
 * @param divide the rate starts at {@code max / divide}
 * @param finalDivide and ends at {@code max / divide / finalDivide}
 * @param linear straight lines instead of half cosines
 * @param threePhase whether the fall back to the start takes as long as the rise, before the final fall
 */
public record OneCycle(
    double max, long totalSteps, double rise, double divide, double finalDivide, boolean linear, boolean threePhase)
    implements LearningRate {

  /** Checks the values. */
  public OneCycle {
    Optimizer.require("OneCycle", max);
    if (totalSteps < 1 || !(rise > 0 && rise < 1) || !(divide > 0) || !(finalDivide > 0)) {
      throw new IllegalArgumentException(
          "OneCycle: expected at least 1 step, a rise in (0, 1) and positive divisors, given " + totalSteps + ", "
              + rise + ", " + divide + " and " + finalDivide);
    }
  }

  /** PyTorch's defaults: 30 % rise, from 1/25 of the rate, to 1/250,000 of it, along cosines, in two phases. */
  public static OneCycle of(double max, long totalSteps) {
    return new OneCycle(max, totalSteps, 0.3, 25, 1e4, false, false);
  }

  /** This schedule with another part of rising steps. */
  public OneCycle rise(double part) {
    return new OneCycle(max, totalSteps, part, divide, finalDivide, linear, threePhase);
  }

  /** This schedule with other divisors. */
  public OneCycle divisors(double start, double end) {
    return new OneCycle(max, totalSteps, rise, start, end, linear, threePhase);
  }

  /** This schedule along straight lines (true) or cosines. */
  public OneCycle linear(boolean on) {
    return new OneCycle(max, totalSteps, rise, divide, finalDivide, on, threePhase);
  }

  /** This schedule in three phases (true) or two. */
  public OneCycle threePhase(boolean on) {
    return new OneCycle(max, totalSteps, rise, divide, finalDivide, linear, on);
  }

  @Override
  public double at(long step) {
    double start = max / divide;
    double end = start / finalDivide;
    return threePhase ? along(step, start, max, start, end) : along(step, start, max, end);
  }

  /** The momentum that belongs to it: {@code high} while the rate is low, {@code low} at the top. */
  public LearningRate momentum(double low, double high) {
    return step -> threePhase ? along(step, high, low, high, high) : along(step, high, low, high);
  }

  /** Through the given values, one phase from each to the next. */
  private double along(long step, double... values) {
    double s = Math.min(step, totalSteps - 1);
    double begin = 0;
    for (int phase = 1; ; phase++) {
      boolean last = phase == values.length - 1;
      double end = last ? totalSteps - 1 : phase * (rise * totalSteps - 1);
      if (s <= end || last) {
        double part = end > begin ? (s - begin) / (end - begin) : 1;
        double from = values[phase - 1];
        double to = values[phase];
        return linear ? from + (to - from) * part : to + (from - to) / 2 * (1 + Math.cos(Math.PI * part));
      }
      begin = end;
    }
  }
}
