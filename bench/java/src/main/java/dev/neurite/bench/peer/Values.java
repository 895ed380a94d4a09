package dev.neurite.bench.peer;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Random inputs, and sampled comparisons with naive sums. */
final class Values {

  private static final long SEED = 1;

  private Values() {}

  /** Uniform in [-1, 1), loose: freed when the case is closed. */
  static Tensor uniform(String name, long... dims) {
    return RandomOp.uniform(Shape.of(dims), DType.FLOAT32, -1, 1, RandomStream.of(SEED, name));
  }

  static Tensor labels(long count, long classes) {
    return RandomOp.integers(Shape.of(count), 0, classes, RandomStream.of(SEED, "labels"));
  }

  static Tensor empty(long... dims) {
    return Tensor.zeros(Shape.of(dims));
  }

  /** Says how large the error is, or throws when it is above the tolerance. */
  static String verdict(double error, double tolerance) {
    if (!(error <= tolerance)) {
      throw new AssertionError("wrong result: error " + error + ", allowed " + tolerance);
    }
    return String.format(java.util.Locale.ROOT, "ok %.1e", error);
  }
}
