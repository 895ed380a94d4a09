package dev.neurite.loss;

import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.tensor.Tensor;

/**
 * Softmax and cross-entropy in one kernel: {@code log(sum_c e^x_c) - x_label}, from logits.
 *
 * <p><b>Shapes</b>: logits {@code [batch, ..., classes]}; labels are class numbers {@code [batch, ...]} (integers in
 * {@code [0, classes)}) or one value per class {@code [batch, ..., classes]}; per sample {@code [batch, ...]}.
 *
 * <p>A label out of range is refused with its index, value and the range. Finite for any finite logits.
 */
public final class SoftmaxLoss implements ElementLoss {

  private static final String NAME = "softmaxCrossEntropy";
  private static final long NOTHING = SoftmaxCrossEntropy.NONE;

  private final double smoothing;
  private final long ignored;
  private final Reduction reduction;

  SoftmaxLoss() {
    this(0, NOTHING, Reduction.SUM_OVER_BATCH);
  }

  private SoftmaxLoss(double smoothing, long ignored, Reduction reduction) {
    this.smoothing = smoothing;
    this.ignored = ignored;
    this.reduction = reduction;
  }

  /**
   * Moves labels towards the uniform distribution: {@code y*(1-s) + s/classes}.
   *
   * @throws IllegalArgumentException outside [0, 1]
   */
  public SoftmaxLoss labelSmoothing(double s) {
    return new SoftmaxLoss(Smoothing.require(NAME, s), ignored, reduction);
  }

  /** A class number (any, such as -1) whose entries have the loss 0 and are left out of the divisor. */
  public SoftmaxLoss ignoreClass(long label) {
    return new SoftmaxLoss(smoothing, label, reduction);
  }

  @Override
  public SoftmaxLoss reduction(Reduction to) {
    return new SoftmaxLoss(smoothing, ignored, to);
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Always true. */
  @Override
  public boolean expectsLogits() {
    return true;
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    if (isDense(yTrue, yPred)) {
      Tensor y = Labels.like(NAME, yTrue, yPred);
      return SoftmaxCrossEntropy.dense(yPred, Smoothing.categorical(y, smoothing, -1));
    }
    return SoftmaxCrossEntropy.sparse(yPred, Labels.classes(NAME, yTrue, yPred), smoothing, ignored);
  }

  @Override
  public Tensor counted(Tensor yTrue, Tensor yPred) {
    return isDense(yTrue, yPred) ? null : Labels.counted(NAME, yTrue, yPred, ignored);
  }

  /** One label per sample and a single class would look alike; class numbers win there. */
  private static boolean isDense(Tensor yTrue, Tensor yPred) {
    return yTrue.shape().equals(yPred.shape()) && (yTrue.dtype().isFloating() || yPred.shape().last() != 1);
  }
}
