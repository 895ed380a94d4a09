package dev.neurite.loss;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;

/** Checks of the inputs of losses that compare tensors with each other rather than with labels. */
final class Inputs {

  private Inputs() {}

  /** Requires real numbers, of one shape and type. */
  static void requireAlike(String who, String first, Tensor a, String second, Tensor b) {
    Labels.requireReal(who, a);
    if (!a.shape().equals(b.shape())) {
      throw new ShapeException(
          who + ": expected " + first + " and " + second + " of one shape, given " + a.shape() + " and " + b.shape());
    }
    if (a.dtype() != b.dtype()) {
      throw new DTypeException(
          who + ": expected " + first + " and " + second + " of one type, given " + a.dtype() + " and " + b.dtype());
    }
  }

  /** Requires at least so many axes. */
  static void requireRank(String who, String what, int rank, Tensor x) {
    if (x.rank() < rank) {
      throw new ShapeException(who + ": expected " + what + " with " + rank + " axes or more, given " + x.shape());
    }
  }

  /** A number that must be above 0. */
  static double requirePositive(String who, String what, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(who + ": expected " + what + " above 0, given " + value);
    }
    return value;
  }

  /** A number that must be finite. */
  static double requireFinite(String who, String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(who + ": expected a finite " + what + ", given " + value);
    }
    return value;
  }
}
