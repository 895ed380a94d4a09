package dev.neurite.loss;

import dev.neurite.autograd.Tape;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;

/**
 * PyTorch's binary_cross_entropy (from probabilities) and binary_cross_entropy_with_logits:
 * {@code -weight*(y*log(p) + (1-y)*log(1-p))}, a value per element, whose mean divides by their number.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [*]}, per element {@code [*]}.
 *
 * <p>Logarithms of probabilities are not let below -100, as in PyTorch, and the slope's divisor {@code p*(1-p)} not
 * below 1e-12.
 */
public final class TorchBinaryCrossEntropy implements ElementLoss {

  private static final double SMALLEST_LOG = -100;
  private static final double SMALLEST_DIVISOR = 1e-12;

  private final String name;
  private final boolean logits;
  private final Constant weight;
  private final Constant positive;
  private final Reduction reduction;
  private final Probabilities check;

  TorchBinaryCrossEntropy(String name, boolean logits) {
    this(name, logits, null, null, Reduction.SUM_OVER_BATCH);
  }

  private TorchBinaryCrossEntropy(
      String name, boolean logits, Constant weight, Constant positive, Reduction reduction) {
    this.name = name;
    this.logits = logits;
    this.weight = weight;
    this.positive = positive;
    this.reduction = reduction;
    check = new Probabilities(name);
  }

  /** A factor per element, stretched over the predictions; its values are copied. */
  public TorchBinaryCrossEntropy weight(Tensor factors) {
    return new TorchBinaryCrossEntropy(name, logits, Constant.of(factors), positive, reduction);
  }

  /**
   * A factor for the label 1, stretched over the predictions (such as one per class); its values are copied.
   *
   * @throws IllegalStateException for the form on probabilities, which has none
   */
  public TorchBinaryCrossEntropy positiveWeight(Tensor factors) {
    if (!logits) {
      throw new IllegalStateException(name + ": expected no weight of positives; binaryCrossEntropyWithLogits has it");
    }
    return new TorchBinaryCrossEntropy(name, true, weight, Constant.of(factors), reduction);
  }

  @Override
  public TorchBinaryCrossEntropy reduction(Reduction to) {
    return new TorchBinaryCrossEntropy(name, logits, weight, positive, to);
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
    Tensor values = logits ? ofLogits(y, yPred) : ofProbabilities(y, yPred);
    return weight == null ? values : values.mul(weight.tensor(values.dtype()));
  }

  private Tensor ofLogits(Tensor y, Tensor x) {
    Tensor one = x.neg().unary(UnaryOp.SOFTPLUS, 1).mul(y);
    Tensor zero = x.unary(UnaryOp.SOFTPLUS, 1).mul(y.rsub(1));
    return (positive == null ? one : one.mul(positive.tensor(x.dtype()))).add(zero);
  }

  private static Tensor ofProbabilities(Tensor y, Tensor p) {
    Tensor value = Tape.noGrad(() -> y.mul(log(p)).add(y.rsub(1).mul(log(p.rsub(1)))).neg());
    return Tape.record(
        "binary_cross_entropy", value,
        p, dy -> dy.mul(p.sub(y)).div(p.rsub(1).mul(p).clamp(SMALLEST_DIVISOR, Double.POSITIVE_INFINITY)),
        y, dy -> dy.mul(log(p.rsub(1)).sub(log(p))),
        p, y);
  }

  private static Tensor log(Tensor p) {
    return p.log().clamp(SMALLEST_LOG, Double.POSITIVE_INFINITY);
  }
}
