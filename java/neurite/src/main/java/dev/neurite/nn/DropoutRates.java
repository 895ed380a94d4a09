package dev.neurite.nn;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/** What the layers that drop have in common. */
final class DropoutRates {

  private DropoutRates() {}

  static double checked(String who, double rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(who + ": expected a rate in [0, 1), the part DROPPED, given " + rate);
    }
    return rate;
  }

  /** Drops whole channels, the last axis, of each sample. */
  static Tensor channels(Tensor x, double rate, Pass pass, String path) {
    if (!pass.drops() || rate == 0) {
      return x;
    }
    long[] dims = x.shape().dims();
    Arrays.fill(dims, 1, dims.length - 1, 1);
    Tensor kept = RandomOp.bernoulli(Shape.of(dims), x.dtype(), 1 - rate, pass.random(path));
    return x.mul(kept.mul(1 / (1 - rate)));
  }
}
