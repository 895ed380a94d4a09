package dev.neurite.bench.peer;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
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

  /** Integers in [0, high). */
  static Tensor integers(String name, long high, long... dims) {
    return RandomOp.integers(Shape.of(dims), 0, high, RandomStream.of(SEED, name));
  }

  static Tensor empty(long... dims) {
    return Tensor.zeros(Shape.of(dims));
  }

  /** The first values of a tensor, in row-major order. */
  static double[] doubles(Tensor t, int count) {
    float[] values = Scope.run(() -> t.reshape(-1).slice(0, 0, count)).toFloats();
    double[] out = new double[count];
    for (int i = 0; i < count; i++) {
      out[i] = values[i];
    }
    return out;
  }

  /** Says how large the error is, or throws when it is above the tolerance. */
  static String verdict(double error, double tolerance) {
    if (!(error <= tolerance)) {
      throw new AssertionError("wrong result: error " + error + ", allowed " + tolerance);
    }
    return String.format(java.util.Locale.ROOT, "ok %.1e", error);
  }
}
