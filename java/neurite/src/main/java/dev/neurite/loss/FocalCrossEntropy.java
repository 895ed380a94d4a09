package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/**
 * Cross-entropy whose easy samples count less (Lin et al. 2017): the binary form
 * {@code -(1 - p_t)^gamma * log(p_t)}, mean over the last axis, or the categorical form
 * {@code -sum_c alpha*(1 - p_c)^gamma*y_c*log(p_c)}.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [batch, ..., classes]}, per sample {@code [batch, ...]}.
 *
 * <p>Defaults as in Keras: gamma 2, alpha 0.25; the binary form uses alpha only with {@link #classBalancing}, as
 * {@code alpha} for label 1 and {@code 1 - alpha} for label 0.
 */
public final class FocalCrossEntropy implements ElementLoss {

  private final boolean categorical;
  private final boolean logits;
  private final boolean balanced;
  private final double alpha;
  private final double gamma;
  private final double smoothing;
  private final Reduction reduction;

  private FocalCrossEntropy(
      boolean categorical, boolean logits, boolean balanced, double alpha, double gamma, double smoothing,
      Reduction reduction) {
    this.categorical = categorical;
    this.logits = logits;
    this.balanced = balanced;
    this.alpha = alpha;
    this.gamma = gamma;
    this.smoothing = smoothing;
    this.reduction = reduction;
  }

  static FocalCrossEntropy binary() {
    return new FocalCrossEntropy(false, false, false, 0.25, 2, 0, Reduction.SUM_OVER_BATCH);
  }

  static FocalCrossEntropy categorical() {
    return new FocalCrossEntropy(true, false, true, 0.25, 2, 0, Reduction.SUM_OVER_BATCH);
  }

  /** Whether the predictions are logits (default: probabilities). */
  public FocalCrossEntropy fromLogits(boolean on) {
    return new FocalCrossEntropy(categorical, on, balanced, alpha, gamma, smoothing, reduction);
  }

  /** Whether the binary form weighs the two labels by alpha and 1 - alpha (default: no). */
  public FocalCrossEntropy classBalancing(boolean on) {
    return new FocalCrossEntropy(categorical, logits, on, alpha, gamma, smoothing, reduction);
  }

  /** Weight of the positive label (default 0.25). */
  public FocalCrossEntropy alpha(double weight) {
    return new FocalCrossEntropy(categorical, logits, balanced, weight, gamma, smoothing, reduction);
  }

  /** Exponent of the factor {@code 1 - p_t} (default 2). */
  public FocalCrossEntropy gamma(double exponent) {
    return new FocalCrossEntropy(categorical, logits, balanced, alpha, exponent, smoothing, reduction);
  }

  /**
   * Moves labels towards the uniform distribution.
   *
   * @throws IllegalArgumentException outside [0, 1]
   */
  public FocalCrossEntropy labelSmoothing(double s) {
    return new FocalCrossEntropy(
        categorical, logits, balanced, alpha, gamma, Smoothing.require(name(), s), reduction);
  }

  @Override
  public FocalCrossEntropy reduction(Reduction to) {
    return new FocalCrossEntropy(categorical, logits, balanced, alpha, gamma, smoothing, to);
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public String name() {
    return categorical ? "categoricalFocalCrossEntropy" : "binaryFocalCrossEntropy";
  }

  @Override
  public boolean expectsLogits() {
    return logits;
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    Tensor y = Labels.like(name(), yTrue, yPred);
    return categorical
        ? perClass(Smoothing.categorical(y, smoothing, -1), yPred)
        : perLabel(Smoothing.binary(y, smoothing), yPred);
  }

  private Tensor perClass(Tensor y, Tensor yPred) {
    Tensor p = CategoricalCrossEntropy.normalised(logits ? yPred.softmax(-1) : yPred, -1);
    return p.rsub(1).pow(gamma).mul(y).mul(p.log()).sum(-1).mul(-alpha);
  }

  private Tensor perLabel(Tensor y, Tensor yPred) {
    Tensor p = logits ? yPred.sigmoid() : yPred;
    Tensor right = y.mul(p).add(y.rsub(1).mul(p.rsub(1)));
    Tensor values = right.rsub(1).pow(gamma).mul(BinaryCrossEntropy.ofProbabilities(y, p));
    return Axes.mean(balanced ? values.mul(y.mul(2 * alpha - 1).add(1 - alpha)) : values);
  }
}
