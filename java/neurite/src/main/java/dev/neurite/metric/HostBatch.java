package dev.neurite.metric;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.function.Supplier;

/** Numbers of one batch on the host, where metrics add them up in double. */
final class HostBatch {

  private HostBatch() {}

  /**
   * Values and their weights.
   *
   * @param values one per sample
   * @param weights one per value, or null when all are 1
   */
  record Values(double[] values, double[] weights) {

    double weight(int i) {
      return weights == null ? 1 : weights[i];
    }

    double sum() {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += weights == null ? values[i] : values[i] * weights[i];
      }
      return sum;
    }

    double weight() {
      double sum = weights == null ? values.length : 0;
      for (int i = 0; weights != null && i < weights.length; i++) {
        sum += weights[i];
      }
      return sum;
    }
  }

  /** Computes values without recording them and takes them to the host, with the weights stretched to their shape. */
  static Values of(String who, Supplier<Tensor> values, Tensor weights) {
    return Tape.noGrad(
        () ->
            Scope.run(
                () -> {
                  Tensor v = values.get();
                  return new Values(doubles(v), weights == null ? null : stretched(who, weights, v.shape()));
                }));
  }

  /** All elements, last axis fastest; truth values as 0 and 1. */
  static double[] doubles(Tensor t) {
    return t.dtype() == DType.BOOL ? t.cast(DType.FLOAT32).toDoubles() : t.toDoubles();
  }

  /** Weights for values of a shape: theirs, or its first axes. */
  static double[] stretched(String who, Tensor weights, Shape values) {
    Shape given = weights.shape();
    Shape to = given;
    if (given.rank() == values.rank() + 1 && given.last() == 1) {
      to = given.slice(0, values.rank());
    }
    while (to.rank() < values.rank()) {
      to = to.append(1);
    }
    boolean fits = to.rank() == values.rank();
    for (int i = 0; fits && i < to.rank(); i++) {
      fits = to.dim(i) == values.dim(i) || to.dim(i) == 1;
    }
    if (!fits) {
      throw new ShapeException(
          who + ": expected sample weights of " + values + " or a beginning of it, given " + given);
    }
    return doubles(weights.reshape(to).broadcastTo(values).contiguous());
  }
}
