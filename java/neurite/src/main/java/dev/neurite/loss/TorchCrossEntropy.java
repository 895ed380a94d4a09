package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;

/**
 * PyTorch's cross_entropy (from logits) and nll_loss (from log-probabilities): {@code -weight_y * log p_y}.
 *
 * <p><b>Shapes</b>: predictions {@code [classes]}, {@code [batch, classes]} or {@code [batch, classes, ...]} (the axis
 * of classes is 1); labels of the same shape without that axis (class numbers, int64) or, for cross-entropy, of the
 * same shape (soft targets); per sample the predictions' shape without the axis of classes.
 *
 * <p>The mean divides by the sum of the weights of the labels that count; with soft targets by the number of samples.
 * When no label counts it is 0, where PyTorch gives NaN. A label out of range is refused with its index and the range.
 */
public final class TorchCrossEntropy implements ElementLoss {

  /** PyTorch's default of the label that does not count. */
  public static final long IGNORED = -100;

  private final String name;
  private final boolean logProbabilities;
  private final Constant weights;
  private final long ignored;
  private final double smoothing;
  private final Reduction reduction;

  TorchCrossEntropy(String name, boolean logProbabilities) {
    this(name, logProbabilities, null, IGNORED, 0, Reduction.SUM_OVER_BATCH);
  }

  private TorchCrossEntropy(
      String name, boolean logProbabilities, Constant weights, long ignored, double smoothing, Reduction reduction) {
    this.name = name;
    this.logProbabilities = logProbabilities;
    this.weights = weights;
    this.ignored = ignored;
    this.smoothing = smoothing;
    this.reduction = reduction;
  }

  /** A weight per class; none (default) counts all alike. */
  public TorchCrossEntropy classWeights(double... perClass) {
    Constant w = perClass.length == 0 ? null : Constant.of(perClass);
    return new TorchCrossEntropy(name, logProbabilities, w, ignored, smoothing, reduction);
  }

  /** The label that does not count (default -100). */
  public TorchCrossEntropy ignoreIndex(long label) {
    return new TorchCrossEntropy(name, logProbabilities, weights, label, smoothing, reduction);
  }

  /**
   * Moves labels towards the uniform distribution, {@code y*(1-s) + s/classes}; class weights apply to all terms.
   *
   * @throws IllegalArgumentException outside [0, 1]
   * @throws IllegalStateException for nll, which has none
   */
  public TorchCrossEntropy labelSmoothing(double s) {
    if (logProbabilities) {
      throw new IllegalStateException(name + ": expected no label smoothing; crossEntropy has it");
    }
    return new TorchCrossEntropy(name, false, weights, ignored, Smoothing.require(name, s), reduction);
  }

  @Override
  public TorchCrossEntropy reduction(Reduction to) {
    return new TorchCrossEntropy(name, logProbabilities, weights, ignored, smoothing, to);
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean expectsLogits() {
    return !logProbabilities;
  }

  @Override
  public Tensor apply(Tensor yTrue, Tensor yPred, Tensor sampleWeights) {
    return Reducing.reduce(name, perSample(yTrue, yPred), counted(yTrue, yPred), sampleWeights, reduction);
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    Tensor p = classesLast(yPred);
    if (isSoft(yTrue, yPred)) {
      Tensor y = Smoothing.categorical(classesLast(Labels.like(name, yTrue, yPred)), smoothing, -1);
      return SoftmaxCrossEntropy.dense(p, weighed(y));
    }
    Tensor labels = labels(yTrue, p);
    if (weights == null && !logProbabilities) {
      return SoftmaxCrossEntropy.sparse(p, labels, smoothing, ignored);
    }
    Tensor counts = labels.ne(Tensor.scalar(ignored, DType.INT64)).cast(p.dtype());
    Tensor hot = safe(labels).oneHot(p.shape().last(), p.dtype());
    if (logProbabilities) {
      Tensor chosen = hot.gt(0).where(p, Tensor.scalar(0, p.dtype())); // not 0 * -infinity
      return weighed(chosen).sum(-1).mul(counts).neg();
    }
    Tensor targets = weighed(Smoothing.categorical(hot, smoothing, -1));
    return SoftmaxCrossEntropy.dense(p, targets).mul(counts);
  }

  /** The weight of each label, 0 for the ignored one: what the mean divides by. Null for soft targets. */
  @Override
  public Tensor counted(Tensor yTrue, Tensor yPred) {
    if (isSoft(yTrue, yPred)) {
      return null;
    }
    Tensor p = classesLast(yPred);
    Tensor labels = labels(yTrue, p);
    Tensor counts = labels.ne(Tensor.scalar(ignored, DType.INT64)).cast(p.dtype());
    return weights == null ? counts : counts.mul(classWeights(p).gather(safe(labels)));
  }

  private Tensor labels(Tensor yTrue, Tensor p) {
    Tensor labels = Labels.classes(name, yTrue, p);
    Labels.requireInRange(name, labels, p.shape().last(), ignored);
    return labels;
  }

  /** Class 0 where the label is ignored. */
  private Tensor safe(Tensor labels) {
    Tensor zero = Tensor.scalar(0, DType.INT64);
    return labels.eq(Tensor.scalar(ignored, DType.INT64)).where(zero, labels);
  }

  private Tensor weighed(Tensor y) {
    return weights == null ? y : y.mul(classWeights(y));
  }

  private Tensor classWeights(Tensor p) {
    if (weights.shape().size() != p.shape().last()) {
      throw new ShapeException(
          name + ": expected a weight for each of " + p.shape().last() + " classes, given " + weights.shape().size());
    }
    return weights.tensor(p.dtype());
  }

  private boolean isSoft(Tensor yTrue, Tensor yPred) {
    return !logProbabilities && yTrue.dtype().isFloating() && yTrue.shape().equals(yPred.shape());
  }

  private Tensor classesLast(Tensor x) {
    Labels.requireReal(name, x);
    Inputs.requireRank(name, "predictions", 1, x);
    if (x.rank() <= 2) {
      return x;
    }
    int[] order = new int[x.rank()];
    for (int i = 2; i < order.length; i++) {
      order[i - 1] = i;
    }
    order[order.length - 1] = 1;
    return x.permute(order);
  }
}
