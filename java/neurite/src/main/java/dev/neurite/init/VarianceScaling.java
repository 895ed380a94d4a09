package dev.neurite.init;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Zero mean and variance {@code scale / n}, with n the fan-in, the fan-out or their mean: the
 * family of Glorot, He and LeCun initialisers.
 *
 * <p>Uniform: limit {@code sqrt(3 * scale / n)}. Normal, truncated (default): cut at two standard
 * deviations and widened by {@code 1 / 0.87962566}, so that the variance after the cut is {@code
 * scale / n}.
 *
 * @param scale numerator of the variance
 * @param mode what n is
 * @param distribution shape of the distribution
 */
public record VarianceScaling(double scale, Mode mode, Distribution distribution) implements Initializer {

  /** Standard deviation of a unit normal cut at two. */
  private static final double TRUNCATED_DEVIATION = 0.87962566103423978;

  /** What the variance is divided by. */
  public enum Mode {
    /** Inputs per output. */
    FAN_IN,
    /** Outputs per input. */
    FAN_OUT,
    /** Mean of both. */
    FAN_AVERAGE
  }

  /** What values are drawn from. */
  public enum Distribution {
    /** Uniform between two limits. */
    UNIFORM,
    /** Normal, cut at two standard deviations and widened. */
    TRUNCATED_NORMAL,
    /** Normal. */
    NORMAL
  }

  /** Checks the scale. */
  public VarianceScaling {
    if (!(scale > 0) || Double.isInfinite(scale)) {
      throw new IllegalArgumentException("VarianceScaling: expected a positive scale, given " + scale);
    }
  }

  /** The truncated (true, default) or plain normal distribution; a uniform one stays as it is. */
  public VarianceScaling truncated(boolean on) {
    if (distribution == Distribution.UNIFORM) {
      return this;
    }
    return new VarianceScaling(scale, mode, on ? Distribution.TRUNCATED_NORMAL : Distribution.NORMAL);
  }

  /** Standard deviation of what is drawn for a shape. */
  public double deviation(Shape shape) {
    Fans fans = Fans.of(shape);
    double n = switch (mode) {
      case FAN_IN -> fans.in();
      case FAN_OUT -> fans.out();
      case FAN_AVERAGE -> (fans.in() + fans.out()) / 2;
    };
    return Math.sqrt(scale / Math.max(n, 1));
  }

  @Override
  public Tensor create(Shape shape, DType dtype, RandomStream random) {
    double deviation = deviation(shape);
    return switch (distribution) {
      case UNIFORM -> {
        double limit = Math.sqrt(3) * deviation;
        yield RandomOp.uniform(shape, dtype, -limit, limit, random);
      }
      case TRUNCATED_NORMAL -> RandomOp.truncatedNormal(shape, dtype, 0, deviation / TRUNCATED_DEVIATION, random);
      case NORMAL -> RandomOp.normal(shape, dtype, 0, deviation, random);
    };
  }
}
