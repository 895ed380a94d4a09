package dev.neurite.loss;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Brings labels into the form a loss computes with, or says what is wrong with them. */
final class Labels {

  private Labels() {}

  /**
   * Labels of the predictions' shape and type. Integers and truth values are converted; {@code [n]} and {@code [n, 1]}
   * are taken for each other, which broadcasting would silently make {@code [n, n]}.
   */
  static Tensor like(String who, Tensor yTrue, Tensor yPred) {
    requireReal(who, yPred);
    Tensor labels = converted(who, yTrue, yPred);
    if (labels.shape().equals(yPred.shape())) {
      return labels;
    }
    if (sameButForOnes(labels.shape(), yPred.shape())) {
      return labels.reshape(yPred.shape());
    }
    throw new ShapeException(
        who + ": expected labels of the predictions' shape " + yPred.shape() + ", given " + yTrue.shape());
  }

  private static boolean sameButForOnes(Shape a, Shape b) {
    Shape longer = a.rank() > b.rank() ? a : b;
    Shape shorter = longer == a ? b : a;
    return longer.rank() == shorter.rank() + 1
        && longer.last() == 1
        && longer.slice(0, shorter.rank()).equals(shorter);
  }

  private static Tensor converted(String who, Tensor yTrue, Tensor yPred) {
    if (yTrue.dtype() == yPred.dtype()) {
      return yTrue;
    }
    if (yTrue.dtype().isFloating()) {
      throw new DTypeException(
          who + ": expected labels of the predictions' type, given " + yTrue.describe() + " and " + yPred.describe()
              + "\n  cast one of them");
    }
    return yTrue.cast(yPred.dtype());
  }

  static void requireReal(String who, Tensor yPred) {
    if (!yPred.dtype().isDifferentiable()) {
      throw new DTypeException(who + ": expected float32 or float64 predictions, given " + yPred.describe());
    }
  }

  /**
   * Class numbers as int64 of the predictions' shape without the last axis; a trailing axis of length 1 is dropped.
   */
  static Tensor classes(String who, Tensor yTrue, Tensor yPred) {
    requireReal(who, yPred);
    if (yPred.rank() == 0) {
      throw new ShapeException(who + ": expected predictions with an axis of classes, given " + yPred.describe());
    }
    if (yTrue.dtype().isFloating() || yTrue.dtype() == DType.BOOL) {
      throw new DTypeException(
          who + ": expected integer class labels, given " + yTrue.describe()
              + "\n  cast them to INT64, or use a loss for one value per class");
    }
    Shape expected = yPred.shape().slice(0, yPred.rank() - 1);
    boolean column =
        yTrue.rank() == yPred.rank() && yTrue.rank() > 0 && yTrue.shape().last() == 1
            && yTrue.shape().slice(0, expected.rank()).equals(expected);
    if (!column && !yTrue.shape().equals(expected)) {
      throw new ShapeException(
          who + ": expected labels of shape " + expected + " for predictions of " + yPred.shape() + ", given "
              + yTrue.shape());
    }
    Tensor labels = yTrue.dtype() == DType.INT64 ? yTrue : yTrue.cast(DType.INT64);
    return column ? labels.reshape(expected) : labels;
  }

  /** Throws for the first class number outside {@code [0, classes)} other than {@code ignored}. */
  static void requireInRange(String who, Tensor labels, long classes, long ignored) {
    long[] values = labels.toLongs();
    for (int i = 0; i < values.length; i++) {
      if (values[i] != ignored && (values[i] < 0 || values[i] >= classes)) {
        throw new IllegalArgumentException(
            who + ": expected labels in [0, " + classes + "), given " + values[i] + " at index " + i);
      }
    }
  }

  /** 0 where the class number is the ignored one, else 1; null when no number is ignored. */
  static Tensor counted(String who, Tensor yTrue, Tensor yPred, long ignored) {
    if (ignored == SoftmaxCrossEntropy.NONE) {
      return null;
    }
    Tensor number = Tensor.of(new long[] {ignored}, Shape.scalar());
    return classes(who, yTrue, yPred).ne(number).cast(yPred.dtype());
  }
}
