package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Angles of positions, {@code position / base^(2 i / width)}. */
final class PositionTables {

  private PositionTables() {}

  /** Angles [positions, ceil(width / 2)] in float64: a float32 product would lose what large positions need. */
  static Tensor angles(long positions, long width, double base) {
    double[] frequency = new double[Math.toIntExact((width + 1) / 2)];
    for (int i = 0; i < frequency.length; i++) {
      frequency[i] = Math.pow(base, -2.0 * i / width);
    }
    Tensor steps = Tensor.range(0, 1, positions, DType.FLOAT64).reshape(positions, 1);
    return steps.mul(Tensor.of(frequency, Shape.of(1, frequency.length)));
  }

  static double base(String who, double base) {
    if (!(base > 0) || Double.isInfinite(base)) {
      throw new IllegalArgumentException(who + ": expected a base above 0, given " + base);
    }
    return base;
  }
}
