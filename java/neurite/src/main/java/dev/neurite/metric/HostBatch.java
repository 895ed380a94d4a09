package dev.neurite.metric;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
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

  /**
   * Labels and predictions of one shape, as rows of {@code width} numbers (the last axis).
   *
   * @param labels one per prediction
   * @param scores predictions
   * @param weights one per prediction, or null when all are 1
   * @param width length of the last axis, 1 for vectors
   * @param narrow whether the predictions are float32
   */
  record Pairs(double[] labels, double[] scores, double[] weights, int width, boolean narrow) {

    int size() {
      return scores.length;
    }

    double weight(int i) {
      return weights == null ? 1 : weights[i];
    }
  }

  /** Computes values without recording them and takes them to the host, with the weights stretched to their shape. */
  static Values values(String who, Supplier<Tensor> values, Tensor weights) {
    return onHost(
        () -> {
          Tensor v = values.get();
          return new Values(doubles(v), weights == null ? null : stretched(who, weights, v.shape()));
        });
  }

  /** Labels and predictions of equal shape. */
  static Pairs pairs(String who, Tensor yTrue, Tensor yPred, Tensor weights) {
    return onHost(
        () -> {
          Tensor labels = like(who, yTrue, yPred);
          int width = yPred.rank() < 2 ? 1 : Math.toIntExact(yPred.shape().last());
          double[] w = weights == null ? null : stretched(who, weights, yPred.shape());
          return new Pairs(doubles(labels), doubles(yPred), w, width, yPred.dtype() == DType.FLOAT32);
        });
  }

  static <T> T onHost(Supplier<T> code) {
    return Tape.noGrad(() -> Scope.run(code));
  }

  /** All elements, last axis fastest; truth values as 0 and 1. */
  static double[] doubles(Tensor t) {
    return t.dtype() == DType.BOOL ? t.cast(DType.FLOAT32).toDoubles() : t.toDoubles();
  }

  /** Weights for values of a shape: theirs, or its first axes. */
  static double[] stretched(String who, Tensor weights, Shape values) {
    Shape given = weights.shape();
    Shape to = given.rank() == values.rank() + 1 && given.last() == 1 ? given.slice(0, values.rank()) : given;
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

  /** Labels of the predictions' shape; {@code [n]} and {@code [n, 1]} are taken for each other. */
  static Tensor like(String who, Tensor yTrue, Tensor yPred) {
    if (yTrue.shape().equals(yPred.shape())) {
      return yTrue;
    }
    if (!differByOnes(yTrue.shape(), yPred.shape())) {
      throw new ShapeException(
          who + ": expected labels of the predictions' shape " + yPred.shape() + ", given " + yTrue.shape());
    }
    return yTrue.reshape(yPred.shape());
  }

  /** Class numbers as int64, one for each row of predictions. */
  static Tensor classes(String who, Tensor yTrue, Tensor yPred) {
    if (yPred.rank() == 0) {
      throw new ShapeException(who + ": expected predictions with an axis of classes, given " + yPred.describe());
    }
    Shape expected = yPred.shape().slice(0, yPred.rank() - 1);
    Shape given = yTrue.shape();
    boolean column = given.rank() == expected.rank() + 1 && differByOnes(given, expected);
    if (!given.equals(expected) && !column) {
      throw new ShapeException(
          who + ": expected labels of shape " + expected + " for predictions of " + yPred.shape() + ", given " + given);
    }
    Tensor labels = yTrue.dtype() == DType.INT64 ? yTrue : yTrue.cast(DType.INT64);
    return column ? labels.reshape(expected) : labels;
  }

  private static boolean differByOnes(Shape a, Shape b) {
    Shape longer = a.rank() > b.rank() ? a : b;
    Shape shorter = longer == a ? b : a;
    return longer.rank() == shorter.rank() + 1
        && longer.last() == 1
        && longer.slice(0, shorter.rank()).equals(shorter);
  }

  static void requireReal(String who, Tensor yPred) {
    if (!yPred.dtype().isDifferentiable()) {
      throw new DTypeException(who + ": expected float32 or float64 predictions, given " + yPred.describe());
    }
  }

  /** Arrays one behind the other. */
  static double[] joined(double[]... parts) {
    return java.util.Arrays.stream(parts).flatMapToDouble(java.util.Arrays::stream).toArray();
  }

  static void requireState(String name, int expected, double[] state) {
    if (state.length != expected) {
      throw new IllegalArgumentException(
          name + ": expected a state of " + expected + " numbers, given " + state.length);
    }
  }
}
