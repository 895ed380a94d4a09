package dev.neurite.loss;

import dev.neurite.tensor.Tensor;

/**
 * PyTorch's kl_div: {@code y*(log y - x)} where the predictions x are log-probabilities.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [batch, ...]}, per element the same; with {@link #batchMean} the sum
 * of each row {@code [batch]}.
 */
public final class TorchDivergence implements ElementLoss {

  private static final String NAME = "klDiv";

  private final boolean logTarget;
  private final boolean rows;
  private final Reduction reduction;

  TorchDivergence() {
    this(false, false, Reduction.SUM_OVER_BATCH);
  }

  private TorchDivergence(boolean logTarget, boolean rows, Reduction reduction) {
    this.logTarget = logTarget;
    this.rows = rows;
    this.reduction = reduction;
  }

  /** Whether the labels are log-probabilities too (default: probabilities). */
  public TorchDivergence logTarget(boolean on) {
    return new TorchDivergence(on, rows, reduction);
  }

  /** Whether values are summed per row, so that the mean divides by the batch (default: by all elements). */
  public TorchDivergence batchMean(boolean on) {
    return new TorchDivergence(logTarget, on, reduction);
  }

  @Override
  public TorchDivergence reduction(Reduction to) {
    return new TorchDivergence(logTarget, rows, to);
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
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    Tensor y = Labels.like(NAME, yTrue, yPred);
    Tensor values = logTarget ? y.exp().mul(y.sub(yPred)) : entropy(y).sub(y.mul(yPred));
    if (!rows || values.rank() <= 1) {
      return values;
    }
    return values.reshape(values.dim(0), values.dim(0) == 0 ? 0 : values.size() / values.dim(0)).sum(-1);
  }

  /** {@code y*log(y)}, 0 at 0. */
  static Tensor entropy(Tensor y) {
    Tensor one = Tensor.scalar(1, y.dtype());
    return y.mul(y.eq(0).where(one, y).log());
  }
}
