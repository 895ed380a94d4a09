package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/** A loss given by one formula: labels and predictions of equal shape, no option but the reduction. */
final class FormulaLoss implements ElementLoss {

  private final String name;
  private final Formula formula;
  private final Reduction reduction;

  FormulaLoss(String name, Formula formula) {
    this(name, formula, Reduction.SUM_OVER_BATCH);
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
    return formula.apply(Labels.like(name, yTrue, yPred), yPred);
  }
}
