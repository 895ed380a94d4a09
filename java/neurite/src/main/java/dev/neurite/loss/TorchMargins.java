package dev.neurite.loss;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/** Formulas of PyTorch's multi-class margin losses. */
final class TorchMargins {

  private TorchMargins() {}

  /** {@code sum_{i != y} max(0, w_y*(margin - x_y + x_i))^p / classes}, the weight outside the power. */
  static Tensor multiClass(String who, Tensor yTrue, Tensor x, int p, double margin, Constant weights) {
    Tensor labels = Labels.classes(who, yTrue, x);
    long classes = x.shape().last();
    Labels.requireInRange(who, labels, classes, Long.MIN_VALUE);
    Tensor hot = labels.oneHot(classes, x.dtype());
    Tensor own = hot.mul(x).sum(-1).expandDims(labels.rank());
    Tensor gaps = x.sub(own).add(margin).relu().mul(hot.rsub(1));
    Tensor sum = (p == 2 ? gaps.square() : gaps).sum(-1).mul(1.0 / classes);
    if (weights == null) {
      return sum;
    }
    if (weights.shape().size() != classes) {
      throw new ShapeException(
          who + ": expected a weight for each of " + classes + " classes, given " + weights.shape().size());
    }
    return sum.mul(weights.tensor(x.dtype()).gather(labels));
  }

  /**
   * {@code sum_{j in labels, i not in labels} max(0, 1 - x_j + x_i) / classes}; the labels of a row end at the first
   * negative number.
   */
  static Tensor multiLabel(String who, Tensor yTrue, Tensor x) {
    Labels.requireReal(who, x);
    Inputs.requireRank(who, "predictions", 1, x);
    if (yTrue.dtype().isFloating() || yTrue.dtype() == DType.BOOL) {
      throw new DTypeException(who + ": expected integer class labels, given " + yTrue.describe());
    }
    if (!yTrue.shape().equals(x.shape())) {
      throw new ShapeException(
          who + ": expected labels of the predictions' shape " + x.shape() + ", given " + yTrue.shape());
    }
    double[] counts = counts(who, yTrue.toLongs(), (int) x.shape().last());
    double[] others = Arrays.stream(counts).map(c -> c > 0 ? 0 : 1).toArray();
    int last = x.rank() - 1;
    Tensor chosen = Tensor.of(counts, x.shape(), x.dtype()).expandDims(last + 1);
    Tensor rest = Tensor.of(others, x.shape(), x.dtype()).expandDims(last);
    Tensor gaps = x.expandDims(last).sub(x.expandDims(last + 1)).add(1).relu();
    return gaps.mul(chosen).mul(rest).sum(-2, -1).mul(1.0 / x.shape().last());
  }

  /** How often each class is among the labels of its row. */
  private static double[] counts(String who, long[] labels, int classes) {
    double[] counts = new double[labels.length];
    for (int row = 0; row < labels.length; row += classes) {
      for (int i = row; i < row + classes && labels[i] >= 0; i++) {
        if (labels[i] >= classes) {
          throw new IllegalArgumentException(
              who + ": expected labels in [0, " + classes + ") or negative, given " + labels[i] + " at index " + i);
        }
        counts[row + (int) labels[i]]++;
      }
    }
    return counts;
  }

  /** Labels of the values' shape and type that are -1 or 1, or an exception naming the first that is not. */
  static Tensor signs(String who, Tensor yTrue, Tensor values) {
    Tensor y = Labels.like(who, yTrue, values);
    double[] numbers = y.toDoubles();
    for (int i = 0; i < numbers.length; i++) {
      if (Math.abs(numbers[i]) != 1) {
        throw new IllegalArgumentException(
            who + ": expected labels -1 or 1, given " + numbers[i] + " at index " + i);
      }
    }
    return y;
  }

  /** A variance of the predictions' shape, of that shape with a last axis of 1 or without it, or a single number. */
  static Tensor variance(String who, Tensor variance, Tensor x) {
    Labels.requireReal(who, variance);
    Shape given = variance.shape();
    Shape shape = x.shape();
    boolean fits = given.equals(shape) || given.size() == 1;
    Tensor v = variance;
    if (!fits && x.rank() > 0) {
      Shape rows = shape.slice(0, x.rank() - 1);
      fits = given.equals(rows.append(1));
      if (given.equals(rows)) {
        v = variance.expandDims(given.rank());
        fits = true;
      }
    }
    if (!fits) {
      throw new ShapeException(who + ": expected a variance for predictions of " + shape + ", given " + given);
    }
    double[] numbers = v.toDoubles();
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] < 0) {
        throw new IllegalArgumentException(
            who + ": expected variances of 0 or more, given " + numbers[i] + " at index " + i);
      }
    }
    return v;
  }
}
