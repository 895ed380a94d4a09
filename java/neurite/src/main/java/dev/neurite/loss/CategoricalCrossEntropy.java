package dev.neurite.loss;

import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.Tensor;

/**
 * Cross-entropy of one value per class: {@code -sum_c y_c*log(p_c)}.
 *
 * <p><b>Shapes</b>: labels (one-hot or a distribution) and predictions {@code [batch, ..., classes]}, per sample
 * {@code [batch, ...]}.
 *
 * <p>As in Keras, rows of probabilities are divided by their sum, then clipped to {@code [1e-7, 1 - 1e-7]}; the first
 * row that does not sum to 1 is logged. With {@link #fromLogits} softmax and loss are one kernel.
 */
public final class CategoricalCrossEntropy implements ElementLoss {

  private static final String NAME = "categoricalCrossEntropy";

  private final boolean logits;
  private final double smoothing;
  private final int axis;
  private final Reduction reduction;
  private final Probabilities check = new Probabilities(NAME);

  CategoricalCrossEntropy() {
    this(false, 0, -1, Reduction.SUM_OVER_BATCH);
  }

  private CategoricalCrossEntropy(boolean logits, double smoothing, int axis, Reduction reduction) {
    this.logits = logits;
    this.smoothing = smoothing;
    this.axis = axis;
    this.reduction = reduction;
  }

  /** Whether the predictions are logits (default: probabilities). */
  public CategoricalCrossEntropy fromLogits(boolean on) {
    return new CategoricalCrossEntropy(on, smoothing, axis, reduction);
  }

  /**
   * Moves labels towards the uniform distribution: {@code y*(1-s) + s/classes}.
   *
   * @throws IllegalArgumentException outside [0, 1]
   */
  public CategoricalCrossEntropy labelSmoothing(double s) {
    return new CategoricalCrossEntropy(logits, Smoothing.require(NAME, s), axis, reduction);
  }

  /** The axis of classes (default: the last, -1). */
  public CategoricalCrossEntropy axis(int classes) {
    return new CategoricalCrossEntropy(logits, smoothing, classes, reduction);
  }

  @Override
  public CategoricalCrossEntropy reduction(Reduction to) {
    return new CategoricalCrossEntropy(logits, smoothing, axis, to);
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
    Tensor y = Labels.like(NAME, yTrue, yPred);
    check.checkRows("the labels", y, axis);
    Tensor targets = Smoothing.categorical(y, smoothing, axis);
    if (logits) {
      return SoftmaxCrossEntropy.dense(lastAxis(yPred), lastAxis(targets));
    }
    check.checkRows("the predictions", yPred, axis);
    return targets.mul(normalised(yPred, axis).log()).sum(axis).neg();
  }

  /** Probabilities divided by their sum and clipped. */
  static Tensor normalised(Tensor p, int axis) {
    return p.div(p.reduce(ReduceOp.SUM, true, axis)).clamp(Probabilities.EPSILON, 1 - Probabilities.EPSILON);
  }

  private Tensor lastAxis(Tensor x) {
    int from = x.shape().axis(axis);
    if (from == x.rank() - 1) {
      return x;
    }
    int[] order = new int[x.rank()];
    for (int i = 0, k = 0; i < order.length; i++) {
      if (i != from) {
        order[k++] = i;
      }
    }
    order[order.length - 1] = from;
    return x.permute(order);
  }
}
