package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/** Label smoothing: labels moved towards the uniform distribution. */
final class Smoothing {

  private Smoothing() {}

  static double require(String who, double s) {
    if (!(s >= 0 && s <= 1)) {
      throw new IllegalArgumentException(who + ": expected label smoothing in [0, 1], given " + s);
    }
    return s;
  }

  /** {@code y*(1-s) + s/2}. */
  static Tensor binary(Tensor y, double s) {
    return s == 0 ? y : y.mul(1 - s).add(s / 2);
  }

  /** {@code y*(1-s) + s/classes}. */
  static Tensor categorical(Tensor y, double s, int axis) {
    return s == 0 ? y : y.mul(1 - s).add(s / y.dim(axis));
  }
}
