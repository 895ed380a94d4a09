package dev.neurite.optim;

/**
 * The cyclic schedule (Smith 2017; PyTorch's {@code CyclicLR}): the rate runs from {@code base} up to {@code max} and
 * back, again and again.
 *
 * @param base lowest rate
 * @param max highest rate of the first cycle
 * @param stepsUp steps from base to max
 * @param stepsDown steps back
 * @param mode how the height changes
 * @param gamma base of {@link Mode#EXPONENTIAL}
 */
public record Cyclic(double base, double max, long stepsUp, long stepsDown, Mode mode, double gamma)
    implements LearningRate {

  /** What becomes of the height of the triangles. */
  public enum Mode {
    /** It stays. */
    TRIANGULAR,
    /** It halves with each cycle. */
    HALVING,
    /** It is multiplied by {@code gamma^step}. */
    EXPONENTIAL
  }

  /** Checks the values. */
  public Cyclic {
    Optimizer.require("Cyclic", base);
    Optimizer.require("Cyclic", max);
    if (stepsUp < 1 || stepsDown < 1) {
      throw new IllegalArgumentException(
          "Cyclic: expected at least 1 step up and down, given " + stepsUp + " and " + stepsDown);
    }
  }

  /** Triangles of equal height with as many steps down as up. */
  public static Cyclic of(double base, double max, long stepsUp) {
    return new Cyclic(base, max, stepsUp, stepsUp, Mode.TRIANGULAR, 1);
  }

  /** This schedule in another mode; gamma counts for {@link Mode#EXPONENTIAL} only. */
  public Cyclic mode(Mode how, double gamma) {
    return new Cyclic(base, max, stepsUp, stepsDown, how, gamma);
  }

  /** This schedule with another number of steps down. */
  public Cyclic stepsDown(long steps) {
    return new Cyclic(base, max, stepsUp, steps, mode, gamma);
  }

  @Override
  public double at(long step) {
    long period = stepsUp + stepsDown;
    long cycle = step / period;
    long within = step % period;
    double height = within <= stepsUp ? (double) within / stepsUp : (double) (period - within) / stepsDown;
    double scale = switch (mode) {
      case TRIANGULAR -> 1;
      case HALVING -> Math.pow(0.5, cycle);
      case EXPONENTIAL -> Math.pow(gamma, step);
    };
    return base + (max - base) * height * scale;
  }
}
