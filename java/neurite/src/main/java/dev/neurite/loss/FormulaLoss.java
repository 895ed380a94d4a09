package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/** A loss given by one formula, no option but the reduction. */
final class FormulaLoss implements ElementLoss {

  private final String name;
  private final Formula formula;
  private final Reduction reduction;

  /** On labels that are brought to the shape and type of the predictions. */
  FormulaLoss(String name, Formula formula) {
    this(name, (y, p) -> formula.apply(Labels.like(name, y, p), p), Reduction.SUM_OVER_BATCH);
  }

  /** On labels as they are given, such as class numbers. */
  static FormulaLoss raw(String name, Formula formula) {
    return new FormulaLoss(name, formula, Reduction.SUM_OVER_BATCH);
  }

  private FormulaLoss(String name, Formula formula, Reduction reduction) {
    this.name = name;
    this.formula = formula;
    this.reduction = reduction;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Reduction reduction() {
    return reduction;
  }

  @Override
  public ElementLoss reduction(Reduction to) {
    return new FormulaLoss(name, formula, to);
  }

  @Override
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    return formula.apply(yTrue, yPred);
  }
}
