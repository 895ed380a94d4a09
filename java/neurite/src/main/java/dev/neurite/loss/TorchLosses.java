package dev.neurite.loss;

import dev.neurite.autograd.Tape;
import dev.neurite.ops.ReduceOp;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;
import java.util.function.BinaryOperator;

/**
 * PyTorch's losses under PyTorch's names and with its conventions: a value per element (not per last axis), whose mean
 * divides by their number. Only the order of arguments is this library's: labels first.
 *
 * <pre>{@code
 * Tensor loss = TorchLosses.crossEntropy().classWeights(1, 2, 5).ignoreIndex(0).apply(labels, logits);
 * }</pre>
 */
public final class TorchLosses {

  private static final double COSINE_EPSILON = 1e-12;

  private TorchLosses() {}

  // ---- classification

  /** From logits, the axis of classes is 1; class weights, ignored label, label smoothing, soft targets. */
  public static TorchCrossEntropy crossEntropy() {
    return new TorchCrossEntropy("crossEntropy", false);
  }

  /** {@code -weight_y * x_y} from log-probabilities, the axis of classes is 1. */
  public static TorchCrossEntropy nll() {
    return new TorchCrossEntropy("nll", true);
  }

  /** {@code -weight*(y*log(p) + (1-y)*log(1-p))} from probabilities, logarithms of at least -100. */
  public static TorchBinaryCrossEntropy binaryCrossEntropy() {
    return new TorchBinaryCrossEntropy("binaryCrossEntropy", false);
  }

  /** The same from logits, with a weight for positives if wanted. */
  public static TorchBinaryCrossEntropy binaryCrossEntropyWithLogits() {
    return new TorchBinaryCrossEntropy("binaryCrossEntropyWithLogits", true);
  }

  /** {@code sum_{i != y} max(0, 1 - x_y + x_i) / classes}. */
  public static ElementLoss multiMargin() {
    return multiMargin(1, 1);
  }

  /**
   * {@code weight_y * sum_{i != y} max(0, margin - x_y + x_i)^p / classes}.
   *
   * <p><b>Shapes</b>: labels int64 {@code [batch]} (or a scalar), predictions {@code [batch, classes]}.
   *
   * @param p 1 or 2
   * @param classWeights one per class, or none
   * @throws IllegalArgumentException for another p
   */
  public static ElementLoss multiMargin(int p, double margin, double... classWeights) {
    if (p != 1 && p != 2) {
      throw new IllegalArgumentException("multiMargin: expected p of 1 or 2, given " + p);
    }
    Constant weights = classWeights.length == 0 ? null : Constant.of(classWeights);
    return FormulaLoss.raw("multiMargin", (y, x) -> TorchMargins.multiClass("multiMargin", y, x, p, margin, weights));
  }

  /**
   * {@code sum_{j in labels, i not in labels} max(0, 1 - x_j + x_i) / classes}.
   *
   * <p><b>Shapes</b>: predictions {@code [batch, classes]} (or {@code [classes]}), labels int64 of the same shape: the
   * class numbers of a row come first, a negative number ends them.
   */
  public static ElementLoss multilabelMargin() {
    return FormulaLoss.raw("multilabelMargin", (y, x) -> TorchMargins.multiLabel("multilabelMargin", y, x));
  }

  /**
   * {@code -mean_c(weight_c*(y_c*log(sigmoid(x_c)) + (1-y_c)*log(sigmoid(-x_c))))} over the last axis.
   *
   * @param classWeights one per class, or none
   */
  public static ElementLoss multilabelSoftMargin(double... classWeights) {
    Constant weights = classWeights.length == 0 ? null : Constant.of(classWeights);
    return new FormulaLoss(
        "multilabelSoftMargin",
        (y, x) -> {
          Tensor values = softplus(x.neg()).mul(y).add(softplus(x).mul(y.rsub(1)));
          return Axes.mean(weights == null ? values : values.mul(weights.tensor(x.dtype())));
        });
  }

  /** {@code log(1 + e^(-y*x))}; labels -1 and 1. */
  public static ElementLoss softMargin() {
    return new FormulaLoss("softMargin", (y, x) -> softplus(TorchMargins.signs("softMargin", y, x).mul(x).neg()));
  }

  private static Tensor softplus(Tensor x) {
    return x.unary(UnaryOp.SOFTPLUS, 1);
  }

  // ---- regression

  /** {@code (x - y)^2}. */
  public static ElementLoss mse() {
    return new FormulaLoss("mse", (y, x) -> x.sub(y).square());
  }

  /** {@code |x - y|}; the gradient at 0 is 0. */
  public static ElementLoss l1() {
    return new FormulaLoss("l1", (y, x) -> x.sub(y).abs());
  }

  /**
   * {@code e^2/2} where {@code |e| <= delta}, else {@code delta*(|e| - delta/2)}.
   *
   * @throws IllegalArgumentException unless delta is positive
   */
  public static ElementLoss huber(double delta) {
    Inputs.requirePositive("huber", "delta", delta);
    return new FormulaLoss("huber", (y, x) -> huber(x.sub(y), delta));
  }

  /**
   * {@code e^2/(2*beta)} where {@code |e| < beta}, else {@code |e| - beta/2}: the Huber loss divided by beta.
   *
   * @throws IllegalArgumentException for a negative beta; 0 is {@link #l1}
   */
  public static ElementLoss smoothL1(double beta) {
    if (!(beta >= 0)) {
      throw new IllegalArgumentException("smoothL1: expected beta of 0 or more, given " + beta);
    }
    return new FormulaLoss(
        "smoothL1", (y, x) -> beta == 0 ? x.sub(y).abs() : huber(x.sub(y), beta).mul(1 / beta));
  }

  private static Tensor huber(Tensor difference, double delta) {
    Tensor e = difference.abs();
    Tensor inner = e.clamp(0, delta);
    return inner.mul(e.sub(inner.mul(0.5)));
  }

  /** {@link #poissonNll(boolean, boolean, double)} on logarithms, without Stirling's term. */
  public static ElementLoss poissonNll() {
    return poissonNll(true, false, 1e-8);
  }

  /**
   * {@code e^x - y*x} for predicted logarithms, else {@code x - y*log(x + epsilon)}.
   *
   * @param logInput whether the predictions are logarithms of rates
   * @param full whether Stirling's {@code y*log(y) - y + log(2*pi*y)/2} is added where y is above 1
   * @param epsilon small number against the logarithm of 0
   */
  public static ElementLoss poissonNll(boolean logInput, boolean full, double epsilon) {
    return new FormulaLoss(
        "poissonNll",
        (y, x) -> {
          Tensor value = logInput ? x.exp().sub(y.mul(x)) : x.sub(y.mul(x.add(epsilon).log()));
          return full ? value.add(stirling(y)) : value;
        });
  }

  private static Tensor stirling(Tensor y) {
    Tensor large = y.gt(1);
    Tensor safe = large.where(y, Tensor.scalar(1, y.dtype()));
    Tensor term = safe.mul(safe.log()).sub(safe).add(safe.mul(2 * Math.PI).log().mul(0.5));
    return large.where(term, Tensor.scalar(0, y.dtype()));
  }

  /** {@link #gaussianNll(boolean, double)} without the constant, epsilon 1e-6. */
  public static TripleLoss gaussianNll() {
    return gaussianNll(false, 1e-6);
  }

  /**
   * {@code (log(max(v, epsilon)) + (x - y)^2 / max(v, epsilon)) / 2} for predicted means and variances. As in PyTorch
   * the floor of v lets the gradient through.
   *
   * <p><b>Shapes</b>: {@code apply(labels, predictions, variance)}; labels and predictions {@code [*, width]}, variance
   * the same, {@code [*, 1]}, {@code [*]} or a single number.
   *
   * @param full whether {@code log(2*pi)/2} is added
   * @param epsilon smallest variance
   * @throws IllegalArgumentException unless epsilon is positive
   */
  public static TripleLoss gaussianNll(boolean full, double epsilon) {
    Inputs.requirePositive("gaussianNll", "epsilon", epsilon);
    return new TripleLoss(
        "gaussianNll",
        (y, x, variance) -> {
          Inputs.requireAlike("gaussianNll", "labels", y, "predictions", x);
          Tensor v = TorchMargins.variance("gaussianNll", variance, x);
          Tensor lift = Tape.noGrad(() -> v.clamp(epsilon, Double.POSITIVE_INFINITY).sub(v));
          Tensor floored = v.add(lift);
          Tensor value = floored.log().add(x.sub(y).square().div(floored)).mul(0.5);
          return full ? value.add(Math.log(2 * Math.PI) / 2) : value;
        });
  }

  // ---- distributions

  /** {@code y*(log y - x)}, the predictions being log-probabilities. */
  public static TorchDivergence klDiv() {
    return new TorchDivergence();
  }

  // ---- embeddings and ranks

  /**
   * {@code 1 - cos(a, b)} for the label 1, {@code max(0, cos(a, b) - margin)} for -1.
   *
   * <p><b>Shapes</b>: {@code apply(labels, a, b)}; labels {@code [batch]}, a and b {@code [batch, width]}.
   *
   * @param margin from -1 to 1; 0 in PyTorch
   * @throws IllegalArgumentException outside that range
   */
  public static TripleLoss cosineEmbedding(double margin) {
    if (!(margin >= -1 && margin <= 1)) {
      throw new IllegalArgumentException("cosineEmbedding: expected a margin in [-1, 1], given " + margin);
    }
    return new TripleLoss(
        "cosineEmbedding",
        (labels, a, b) -> {
          Inputs.requireRank("cosineEmbedding", "vectors", 1, a);
          Inputs.requireAlike("cosineEmbedding", "a", a, "b", b);
          Tensor lengths = squares(a).mul(squares(b)).sqrt();
          Tensor cosine = a.mul(b).sum(-1).div(lengths);
          Tensor y = TorchMargins.signs("cosineEmbedding", labels, cosine);
          return y.gt(0).where(cosine.rsub(1), cosine.sub(margin).relu());
        });
  }

  private static Tensor squares(Tensor x) {
    return x.reduce(ReduceOp.SUM_SQUARES, false, -1).add(COSINE_EPSILON);
  }

  /** {@link #tripletMargin(double, double, double, boolean)} with PyTorch's defaults: margin 1, p 2, no swap. */
  public static TripleLoss tripletMargin() {
    return tripletMargin(1, 2, 1e-6, false);
  }

  /**
   * {@code max(d(a, p) - d(a, n) + margin, 0)} with the distance {@code |x - y + epsilon|_p}.
   *
   * <p><b>Shapes</b>: {@code apply(anchor, positive, negative)}, all {@code [batch, ..., width]}.
   *
   * @param p of the norm, 1 or more
   * @param epsilon added to each difference
   * @param swap whether d(p, n) counts where it is smaller than d(a, n) (Balntas et al. 2016)
   * @throws IllegalArgumentException unless the margin is positive and p at least 1
   */
  public static TripleLoss tripletMargin(double margin, double p, double epsilon, boolean swap) {
    if (!(p >= 1)) {
      throw new IllegalArgumentException("tripletMargin: expected a norm of p at least 1, given " + p);
    }
    return tripletMarginWithDistance((x, y) -> Distances.norm(x.sub(y).add(epsilon), p), margin, swap);
  }

  /**
   * {@code max(d(a, p) - d(a, n) + margin, 0)} with any distance between rows.
   *
   * @param distance from two tensors {@code [batch, ..., width]} to {@code [batch, ...]}
   * @throws IllegalArgumentException unless the margin is positive
   */
  public static TripleLoss tripletMarginWithDistance(BinaryOperator<Tensor> distance, double margin, boolean swap) {
    Inputs.requirePositive("tripletMargin", "a margin", margin);
    return new TripleLoss(
        "tripletMargin",
        (anchor, positive, negative) -> {
          RankingLosses.requireTriplet("tripletMargin", anchor, positive, negative);
          Tensor far = distance.apply(anchor, negative);
          Tensor nearer = swap ? far.minimum(distance.apply(positive, negative)) : far;
          return distance.apply(anchor, positive).sub(nearer).add(margin).relu();
        });
  }

  /**
   * {@code max(0, -y*(a - b) + margin)}: label 1 wants a above b, -1 below.
   *
   * <p><b>Shapes</b>: {@code apply(labels, a, b)}, all of one shape.
   */
  public static TripleLoss marginRanking(double margin) {
    Inputs.requireFinite("marginRanking", "margin", margin);
    return new TripleLoss(
        "marginRanking",
        (labels, a, b) -> {
          Inputs.requireAlike("marginRanking", "a", a, "b", b);
          Tensor y = TorchMargins.signs("marginRanking", labels, a);
          return y.mul(b.sub(a)).add(margin).relu();
        });
  }

  /** {@code x} for the label 1, {@code max(0, margin - x)} for -1; x is a distance. */
  public static ElementLoss hingeEmbedding(double margin) {
    Inputs.requireFinite("hingeEmbedding", "margin", margin);
    return new FormulaLoss(
        "hingeEmbedding",
        (labels, x) -> TorchMargins.signs("hingeEmbedding", labels, x).gt(0).where(x, x.rsub(margin).relu()));
  }
}
