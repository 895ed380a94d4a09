package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.error.DTypeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** Weights by class number, multiplied to the examples' own weights. */
final class ClassWeights {

  private final Map<Long, Double> weights;
  private final double[] table; // by class number

  ClassWeights(Map<Long, Double> weights) {
    this.weights = weights;
    int classes = (int) (1 + weights.keySet().stream().mapToLong(Long::longValue).max().orElse(-1));
    table = new double[classes];
    Arrays.fill(table, 1);
    weights.forEach((label, weight) -> table[label.intValue()] = weight);
  }

  /** The batch's weights with those of the classes; null when there are neither. Type of the model's output. */
  Tensor times(Batch batch, Tensor output) {
    Tensor own = batch.weights() == null ? null : batch.weights().cast(output.dtype());
    if (weights.isEmpty()) {
      return own;
    }
    long[] labels = classes(batch.y(), output);
    double[] values = new double[labels.length];
    for (int i = 0; i < values.length; i++) {
      boolean known = labels[i] >= 0 && labels[i] < table.length;
      values[i] = known ? table[(int) labels[i]] : 1; // labels out of range are the loss's to report
    }
    Tensor byClass = Tensor.of(values, dev.neurite.tensor.Shape.of(values.length), output.dtype());
    return own == null ? byClass : own.mul(byClass);
  }

  /** Class numbers of integer labels [n], of 0/1 labels [n, 1], or of one-hot rows. */
  private static long[] classes(Tensor y, Tensor output) {
    if (y.dtype() == DType.INT64 && y.size() == y.dim(0)) {
      return y.toLongs();
    }
    if (y.size() == y.dim(0)) {
      return y.toLongs();
    }
    if (y.rank() == 2 && y.shape().equals(output.shape())) {
      return y.argmax(1).toLongs();
    }
    throw new DTypeException(
        "Fit.classWeight: expected class numbers [n] or one-hot rows [n, classes] as targets, given " + y.describe());
  }
}
