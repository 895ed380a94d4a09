package dev.neurite.loss;

import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;

/**
 * Cross-entropy of class numbers: {@code -log(p_label)}.
 *
 * <p><b>Shapes</b>: labels {@code [batch, ...]} of integers in {@code [0, classes)} (a trailing axis of length 1 is
 * dropped), predictions {@code [batch, ..., classes]}, per sample {@code [batch, ...]}.
 *
 * <p>Probabilities are treated as in {@link CategoricalCrossEntropy}; with {@link #fromLogits} softmax and loss are one
 * kernel. A label out of range is refused with its index, value and the range.
 */
public final class SparseCategoricalCrossEntropy implements ElementLoss {

  private static final String NAME = "sparseCategoricalCrossEntropy";
  private static final long NOTHING = SoftmaxCrossEntropy.NONE;

  private final boolean logits;
  private final long ignored;
  private final Reduction reduction;
  private final Probabilities check = new Probabilities(NAME);

  SparseCategoricalCrossEntropy() {
    this(false, NOTHING, Reduction.SUM_OVER_BATCH);
  }

  private SparseCategoricalCrossEntropy(boolean logits, long ignored, Reduction reduction) {
    this.logits = logits;
    this.ignored = ignored;
    this.reduction = reduction;
  }

  /** Whether the predictions are logits (default: probabilities). */
  public SparseCategoricalCrossEntropy fromLogits(boolean on) {
    return new SparseCategoricalCrossEntropy(on, ignored, reduction);
  }

  /** A label (any number, such as -1) whose entries have the loss 0 and are left out of the divisor. */
  public SparseCategoricalCrossEntropy ignoreClass(long label) {
    return new SparseCategoricalCrossEntropy(logits, label, reduction);
  }

  @Override
  public SparseCategoricalCrossEntropy reduction(Reduction to) {
    return new SparseCategoricalCrossEntropy(logits, ignored, to);
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean expectsLogits() {
    return logits;
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    Tensor labels = Labels.classes(NAME, yTrue, yPred);
    if (logits) {
      return SoftmaxCrossEntropy.sparse(yPred, labels, 0, ignored);
    }
    long classes = yPred.shape().last();
    Labels.requireInRange(NAME, labels, classes, ignored);
    check.checkRows("the predictions", yPred, -1);
    Tensor zero = Tensor.zeros(labels.shape(), DType.INT64);
    Tensor known = ignored == NOTHING ? labels : labels.eq(ignored).where(zero, labels);
    Tensor hot = known.oneHot(classes, yPred.dtype());
    Tensor values = hot.mul(CategoricalCrossEntropy.normalised(yPred, -1).log()).sum(-1).neg();
    Tensor counted = counted(labels, yPred);
    return counted == null ? values : values.mul(counted);
  }

  @Override
  public Tensor counted(Tensor yTrue, Tensor yPred) {
    return Labels.counted(NAME, yTrue, yPred, ignored);
  }
}
