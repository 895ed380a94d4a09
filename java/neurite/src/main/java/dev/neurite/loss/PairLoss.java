package dev.neurite.loss;

import dev.neurite.tensor.Tensor;
import java.util.function.BinaryOperator;

/**
 * A loss of two tensors of which neither need be labels: content and generated image, mean and log-variance. The
 * gradient reaches both.
 *
 * <p>Instances are immutable; {@link #reduction(Reduction)} returns a new loss.
 */
public final class PairLoss {

  private final String name;
  private final BinaryOperator<Tensor> formula;
  private final Reduction reduction;

  PairLoss(String name, BinaryOperator<Tensor> formula) {
    this(name, formula, Reduction.SUM_OVER_BATCH);
  }

  private PairLoss(String name, BinaryOperator<Tensor> formula, Reduction reduction) {
    this.name = name;
    this.formula = formula;
    this.reduction = reduction;
  }

  /** The value of each sample, not weighed and not reduced. */
  public Tensor perSample(Tensor a, Tensor b) {
    return formula.apply(a, b);
  }

  /**
   * The loss of a batch.
   *
   * @throws dev.neurite.error.ShapeException for inputs of different shapes, and for an empty batch
   */
  public Tensor apply(Tensor a, Tensor b) {
    return apply(a, b, null);
  }

  /**
   * The loss of a batch with a weight per sample.
   *
   * @param weights of the samples' shape or a beginning of it; null for none
   */
  public Tensor apply(Tensor a, Tensor b, Tensor weights) {
    return Reducing.reduce(name, perSample(a, b), null, weights, reduction);
  }

  /** The same loss with another reduction; {@link Reduction#SUM_OVER_BATCH} unless changed. */
  public PairLoss reduction(Reduction to) {
    return new PairLoss(name, formula, to);
  }

  /** The reduction in use. */
  public Reduction reduction() {
    return reduction;
  }

  /** Name for messages and logs. */
  public String name() {
    return name;
  }
}
