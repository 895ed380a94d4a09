package dev.neurite.regularizer;

import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The usual constraints, Keras' formulas. Norms are L2 norms of the values that feed one unit: over all axes but the
 * last of a kernel (k..., in, out), unless axes are given.
 */
public final class Constraints {

  private static final double EPSILON = 1e-7; // Keras' backend epsilon

  private Constraints() {}

  /**
   * {@code w * min(norm, max) / (norm + 1e-7)}.
   *
   * @param max largest norm, above 0
   * @param axes axes of the norm; empty for all but the last
   */
  public record MaxNorm(double max, List<Long> axes) implements Constraint {
    /** Checks the norm. */
    public MaxNorm {
      requireNorm("maxNorm", max, max);
      axes = List.copyOf(axes);
    }

    @Override
    public Tensor project(Tensor w) {
      Tensor norm = norm(w, axes);
      return w.mul(norm.clamp(0, max).div(norm.add(EPSILON)));
    }
  }

  /** {@code w / (norm + 1e-7)}; axes as in {@link MaxNorm}. */
  public record UnitNorm(List<Long> axes) implements Constraint {
    /** Copies the axes. */
    public UnitNorm {
      axes = List.copyOf(axes);
    }

    @Override
    public Tensor project(Tensor w) {
      return w.div(norm(w, axes).add(EPSILON));
    }
  }

  /**
   * {@code w * (rate*clamp(norm, min, max) + (1-rate)*norm) / (norm + 1e-7)}.
   *
   * @param min smallest norm
   * @param max largest norm
   * @param rate part of the way to the bound that one step goes, in (0, 1]
   * @param axes as in {@link MaxNorm}
   */
  public record MinMaxNorm(double min, double max, double rate, List<Long> axes) implements Constraint {
    /** Checks the norms and the rate. */
    public MinMaxNorm {
      requireNorm("minMaxNorm", min, max);
      if (!(rate > 0 && rate <= 1)) {
        throw new IllegalArgumentException("minMaxNorm: expected a rate in (0, 1], given " + rate);
      }
      axes = List.copyOf(axes);
    }

    @Override
    public Tensor project(Tensor w) {
      Tensor norm = norm(w, axes);
      Tensor wanted = norm.clamp(min, max).mul(rate).add(norm.mul(1 - rate));
      return w.mul(wanted.div(norm.add(EPSILON)));
    }
  }

  /** {@code max(w, 0)}. */
  public record NonNegative() implements Constraint {
    @Override
    public Tensor project(Tensor w) {
      return w.relu();
    }
  }

  /** Shortens the weights of each unit to a norm. */
  public static Constraint maxNorm(double max) {
    return new MaxNorm(max, List.of());
  }

  /** Brings the weights of each unit to norm 1. */
  public static Constraint unitNorm() {
    return new UnitNorm(List.of());
  }

  /** Keeps the norm of each unit's weights between two bounds. */
  public static Constraint minMaxNorm(double min, double max) {
    return new MinMaxNorm(min, max, 1, List.of());
  }

  /** Sets negative weights to 0. */
  public static Constraint nonNegative() {
    return new NonNegative();
  }

  private static void requireNorm(String who, double min, double max) {
    if (!(min >= 0 && max > 0 && min <= max) || Double.isInfinite(max)) {
      throw new IllegalArgumentException(
          who + ": expected norms with 0 <= min <= max and max above 0, given " + min + " and " + max);
    }
  }

  /** The norms, with the reduced axes kept. A vector has one norm per value's own axis: its whole length. */
  private static Tensor norm(Tensor w, List<Long> axes) {
    int[] over = axes.isEmpty()
        ? IntStream.range(0, Math.max(1, w.rank() - 1)).toArray()
        : axes.stream().mapToInt(Long::intValue).toArray();
    return w.square().reduce(ReduceOp.SUM, true, over).sqrt();
  }
}
