package dev.neurite.metric;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;

/** For each sample, whether the prediction was right: what the accuracies average. */
final class Hits {

  private Hits() {}

  /** Which accuracy fits the shapes: binary for one output, categorical for equal shapes, sparse else. */
  static Tensor automatic(Tensor yTrue, Tensor yPred, double threshold) {
    boolean one = yPred.rank() < 2 || yPred.shape().last() == 1;
    if (one && (yPred.rank() != 1 || yTrue.rank() != 0)) {
      return binary(yTrue, yPred, threshold);
    }
    boolean numbers = yTrue.rank() < yPred.rank() || yTrue.shape().last() == 1;
    return numbers ? sparse(yTrue, yPred) : categorical(yTrue, yPred);
  }

  /** The part of the last axis' outputs that are on the label's side of the threshold. */
  static Tensor binary(Tensor yTrue, Tensor yPred, double threshold) {
    HostBatch.requireReal("binaryAccuracy", yPred);
    Tensor labels = HostBatch.like("binaryAccuracy", yTrue, yPred).cast(yPred.dtype());
    Tensor hits = labels.eq(yPred.gt(threshold).cast(yPred.dtype())).cast(yPred.dtype());
    return hits.rank() < 2 ? hits : hits.mean(-1);
  }

  /** Whether the largest prediction is at the largest label; of equal ones the first counts. */
  static Tensor categorical(Tensor yTrue, Tensor yPred) {
    return HostBatch.like("categoricalAccuracy", yTrue, yPred).argmax(-1).eq(yPred.argmax(-1));
  }

  /** Whether the largest prediction is at the label. */
  static Tensor sparse(Tensor yTrue, Tensor yPred) {
    return HostBatch.classes("sparseCategoricalAccuracy", yTrue, yPred).eq(yPred.argmax(-1));
  }

  /** Whether predictions equal labels exactly. */
  static Tensor equal(Tensor yTrue, Tensor yPred) {
    Tensor labels = HostBatch.like("equality", yTrue, yPred).cast(yPred.dtype());
    Tensor hits = labels.eq(yPred).cast(DType.FLOAT64);
    return hits.rank() < 2 ? hits : hits.mean(-1);
  }

  /** Whether the label's prediction is among the k largest, ties counted in its favour. */
  static Tensor topK(Tensor classes, Tensor yPred, int k) {
    Tensor hot = classes.oneHot(yPred.shape().last(), yPred.dtype());
    Tensor own = hot.mul(yPred).sum(-1).expandDims(classes.rank());
    return yPred.gt(own).cast(yPred.dtype()).sum(-1).lt(k);
  }
}
