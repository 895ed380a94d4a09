package dev.neurite.metric;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** For each sample, whether the prediction was right: what the accuracies average. */
final class Hits {

  private Hits() {}

  /** Which accuracy fits the shapes: binary for one output, categorical for equal shapes, sparse else. */
  static Tensor automatic(Tensor yTrue, Tensor yPred, double threshold) {
    if (yPred.rank() == 0 || yPred.shape().last() == 1 || sameVector(yTrue, yPred)) {
      return binary(yTrue, yPred, threshold);
    }
    boolean column = yTrue.rank() == yPred.rank() && yTrue.shape().last() == 1;
    if (yTrue.rank() == yPred.rank() && !column) {
      return categorical(yTrue, yPred);
    }
    return sparse(yTrue, yPred);
  }

  private static boolean sameVector(Tensor yTrue, Tensor yPred) {
    return yPred.rank() == 1 && yTrue.shape().equals(yPred.shape());
  }

  /** The part of the last axis' outputs that are on the label's side of the threshold. */
  static Tensor binary(Tensor yTrue, Tensor yPred, double threshold) {
    Tensor labels = like("binaryAccuracy", yTrue, yPred);
    Tensor guess = yPred.gt(threshold).cast(yPred.dtype());
    Tensor hits = labels.eq(guess).cast(yPred.dtype());
    return hits.rank() < 2 ? hits : hits.mean(-1);
  }

  /** Whether the largest prediction is at the largest label; of equal ones the first counts. */
  static Tensor categorical(Tensor yTrue, Tensor yPred) {
    Tensor labels = like("categoricalAccuracy", yTrue, yPred);
    return labels.argmax(-1).eq(yPred.argmax(-1));
  }

  /** Whether the largest prediction is at the label. */
  static Tensor sparse(Tensor yTrue, Tensor yPred) {
    return classes("sparseCategoricalAccuracy", yTrue, yPred).eq(yPred.argmax(-1));
  }

  /** Labels of the predictions' type and shape; {@code [n]} and {@code [n, 1]} are taken for each other. */
  static Tensor like(String who, Tensor yTrue, Tensor yPred) {
    if (!yPred.dtype().isDifferentiable()) {
      throw new DTypeException(who + ": expected float32 or float64 predictions, given " + yPred.describe());
    }
    Shape a = yTrue.shape();
    Shape b = yPred.shape();
    boolean column = a.size() == b.size() && Math.abs(a.rank() - b.rank()) == 1 && onlyOnes(a, b);
    if (!a.equals(b) && !column) {
      throw new ShapeException(who + ": expected labels of the predictions' shape " + b + ", given " + a);
    }
    Tensor labels = yTrue.dtype() == yPred.dtype() ? yTrue : yTrue.cast(yPred.dtype());
    return column ? labels.reshape(b) : labels;
  }

  private static boolean onlyOnes(Shape a, Shape b) {
    Shape longer = a.rank() > b.rank() ? a : b;
    Shape shorter = longer == a ? b : a;
    return longer.last() == 1 && longer.slice(0, shorter.rank()).equals(shorter);
  }

  /** Class numbers as int64, one for each row of predictions. */
  static Tensor classes(String who, Tensor yTrue, Tensor yPred) {
    Shape expected = yPred.shape().slice(0, yPred.rank() - 1);
    Shape given = yTrue.shape();
    boolean column = given.rank() == expected.rank() + 1 && onlyOnes(given, expected);
    if (!given.equals(expected) && !column) {
      throw new ShapeException(
          who + ": expected labels of shape " + expected + " for predictions of " + yPred.shape() + ", given " + given);
    }
    Tensor labels = yTrue.dtype() == DType.INT64 ? yTrue : yTrue.cast(DType.INT64);
    return column ? labels.reshape(expected) : labels;
  }
}
