package dev.neurite.loss;

import dev.neurite.ops.SigmoidCrossEntropy;
import dev.neurite.tensor.Tensor;

/**
 * Cross-entropy of independent yes/no labels: {@code -(y*log(p) + (1-y)*log(1-p))}, averaged over the last axis.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [batch, ..., labels]}, per sample {@code [batch, ...]}.
 *
 * <p>Probabilities are clipped to {@code [1e-7, 1 - 1e-7]} as in Keras, so 0 and 1 give finite values. With
 * {@link #fromLogits} the sigmoid is part of the loss, which is exact for any finite logit.
 */
public final class BinaryCrossEntropy implements ElementLoss {

  private final String name;
  private final boolean logits;
  private final double smoothing;
  private final Reduction reduction;
  private final Probabilities check;

  BinaryCrossEntropy(String name, boolean logits) {
    this(name, logits, 0, Reduction.SUM_OVER_BATCH);
  }

  private BinaryCrossEntropy(String name, boolean logits, double smoothing, Reduction reduction) {
    this.name = name;
    this.logits = logits;
    this.smoothing = smoothing;
    this.reduction = reduction;
    check = new Probabilities(name);
  }

  /** Whether the predictions are logits (default: probabilities). */
  public BinaryCrossEntropy fromLogits(boolean on) {
    return new BinaryCrossEntropy(name, on, smoothing, reduction);
  }

  /**
   * Moves labels towards 1/2: {@code y*(1-s) + s/2}.
   *
   * @throws IllegalArgumentException outside [0, 1]
   */
  public BinaryCrossEntropy labelSmoothing(double s) {
    return new BinaryCrossEntropy(name, logits, Smoothing.require(name, s), reduction);
  }

  @Override
  public BinaryCrossEntropy reduction(Reduction to) {
    return new BinaryCrossEntropy(name, logits, smoothing, to);
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
    return logits;
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    Tensor y = check.checkedLabels(yTrue, yPred, logits);
    Tensor targets = Smoothing.binary(y, smoothing);
    return Axes.mean(logits ? SigmoidCrossEntropy.apply(yPred, targets) : ofProbabilities(targets, yPred));
  }

  /**
   * {@code -(y*log(p) + (1-y)*log(1-p))} element by element. Both p and 1-p are clipped: in float32 one minus a
   * clipped p would be off by a fifth at the upper end.
   */
  static Tensor ofProbabilities(Tensor y, Tensor p) {
    return y.mul(clippedLog(p)).add(y.rsub(1).mul(clippedLog(p.rsub(1)))).neg();
  }

  private static Tensor clippedLog(Tensor p) {
    return p.clamp(Probabilities.EPSILON, 1 - Probabilities.EPSILON).log();
  }
}
