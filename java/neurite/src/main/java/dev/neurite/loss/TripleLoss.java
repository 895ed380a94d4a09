package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/**
 * A loss of three tensors: anchor, positive and negative; or labels of pairs and the two sides. The gradient reaches
 * all that are no labels.
 *
 * <p>Instances are immutable; {@link #reduction(Reduction)} returns a new loss.
 */
public final class TripleLoss {

  private final String name;
  private final Formula formula;
  private final Reduction reduction;

  /** The value of each sample. */
  @FunctionalInterface
  interface Formula {
    Tensor apply(Tensor a, Tensor b, Tensor c);
  }

  TripleLoss(String name, Formula formula) {
    this(name, formula, Reduction.SUM_OVER_BATCH);
  }

  private TripleLoss(String name, Formula formula, Reduction reduction) {
    this.name = name;
    this.formula = formula;
    this.reduction = reduction;
  }

  /** The value of each sample, not weighed and not reduced. */
  public Tensor perSample(Tensor a, Tensor b, Tensor c) {
    return formula.apply(a, b, c);
  }

  /**
   * The loss of a batch.
   *
   * @throws dev.neurite.error.ShapeException for inputs whose shapes do not go together, and for an empty batch
   */
  public Tensor apply(Tensor a, Tensor b, Tensor c) {
    return apply(a, b, c, null);
  }

  /**
   * The loss of a batch with a weight per sample.
   *
   * @param weights of the samples' shape or a beginning of it; null for none
   */
  public Tensor apply(Tensor a, Tensor b, Tensor c, Tensor weights) {
    return Reducing.reduce(name, perSample(a, b, c), null, weights, reduction);
  }

  /** The same loss with another reduction; {@link Reduction#SUM_OVER_BATCH} unless changed. */
  public TripleLoss reduction(Reduction to) {
    return new TripleLoss(name, formula, to);
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
