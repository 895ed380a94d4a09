package dev.neurite.loss;

import dev.neurite.ops.ReduceOp;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;

/**
 * The built-in losses, under Keras' names in Java case and with Keras' conventions: the mean over the last axis gives
 * one value per sample, the loss of a batch is their weighted sum divided by the number of samples.
 *
 * <p>Losses on probabilities ({@link #binaryCrossEntropy}, {@link #categoricalCrossEntropy},
 * {@link #sparseCategoricalCrossEntropy}) want a softmax or sigmoid at the model's end;
 * {@link #softmaxCrossEntropy} and {@link #sigmoidCrossEntropy} take logits and are faster and more exact.
 *
 * <p>PyTorch's losses and conventions are in {@link TorchLosses}; see also {@link RankingLosses}, {@link GanLosses},
 * {@link StyleLosses}, {@link DetectionLosses} and {@link WordLosses}. An empty batch is refused: it has no mean.
 *
 * <pre>{@code
 * model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
 * Tensor loss = Losses.huber(0.5).reduction(Reduction.SUM).apply(yTrue, yPred);
 * }</pre>
 */
public final class Losses {

  private static final double EPSILON = Probabilities.EPSILON;

  private Losses() {}

  // ---- classification

  /** Softmax and cross-entropy in one, from logits; labels are class numbers or one value per class. */
  public static SoftmaxLoss softmaxCrossEntropy() {
    return new SoftmaxLoss();
  }

  /** Sigmoid and binary cross-entropy in one, from logits: {@code max(x, 0) - x*y + log(1 + e^-|x|)}. */
  public static BinaryCrossEntropy sigmoidCrossEntropy() {
    return new BinaryCrossEntropy("sigmoidCrossEntropy", true);
  }

  /** {@code -(y*log(p) + (1-y)*log(1-p))}, mean over the last axis, from probabilities. */
  public static BinaryCrossEntropy binaryCrossEntropy() {
    return new BinaryCrossEntropy("binaryCrossEntropy", false);
  }

  /** {@code -sum_c y_c*log(p_c)} from probabilities and one-hot (or soft) labels. */
  public static CategoricalCrossEntropy categoricalCrossEntropy() {
    return new CategoricalCrossEntropy();
  }

  /** {@code -log(p_label)} from probabilities and class numbers. */
  public static SparseCategoricalCrossEntropy sparseCategoricalCrossEntropy() {
    return new SparseCategoricalCrossEntropy();
  }

  /** Binary cross-entropy times {@code (1 - p_t)^gamma}, which lets easy samples count less; gamma 2. */
  public static FocalCrossEntropy binaryFocalCrossEntropy() {
    return FocalCrossEntropy.binary();
  }

  /** {@code -sum_c alpha*(1 - p_c)^gamma*y_c*log(p_c)}; alpha 0.25, gamma 2. */
  public static FocalCrossEntropy categoricalFocalCrossEntropy() {
    return FocalCrossEntropy.categorical();
  }

  /** Connectionist temporal classification: the loss of all alignments of a sequence with its labels, from logits. */
  public static CtcLoss ctc() {
    return new CtcLoss();
  }

  /**
   * The sum of a loss over the steps of each sequence, then the mean over the sequences; padding does not count.
   *
   * @param step the loss of one step
   */
  public static SequenceLoss sequence(ElementLoss step) {
    return new SequenceLoss(step, false);
  }

  /**
   * {@code (1 - p_label^q) / q} from probabilities and class numbers (Zhang and Sabuncu 2018): between cross-entropy
   * (q towards 0) and the mean absolute error (q = 1), so wrong labels do less harm; Keras' q is 0.5.
   *
   * <p><b>Shapes</b>: labels int64 {@code [batch, ...]}, predictions {@code [batch, ..., classes]}, per sample
   * {@code [batch, ...]}.
   *
   * @throws IllegalArgumentException for q outside (0, 1]
   */
  public static ElementLoss categoricalGeneralizedCrossEntropy(double q) {
    String who = "categoricalGeneralizedCrossEntropy";
    if (!(q > 0 && q <= 1)) {
      throw new IllegalArgumentException(who + ": expected q in (0, 1], given " + q);
    }
    return FormulaLoss.raw(
        who,
        (y, p) -> {
          Tensor labels = Labels.classes(who, y, p);
          Labels.requireInRange(who, labels, p.shape().last(), Long.MIN_VALUE);
          Tensor own = labels.oneHot(p.shape().last(), p.dtype()).mul(p).sum(-1);
          return own.clamp(EPSILON, 1).pow(q).rsub(1).mul(1 / q);
        });
  }

  // ---- regression

  /** {@code mean((y - p)^2)} over the last axis. */
  public static ElementLoss meanSquaredError() {
    return new FormulaLoss("meanSquaredError", (y, p) -> Axes.mean(p.sub(y).square()));
  }

  /** {@code mean(|y - p|)} over the last axis; the gradient at 0 is 0. */
  public static ElementLoss meanAbsoluteError() {
    return new FormulaLoss("meanAbsoluteError", (y, p) -> Axes.mean(p.sub(y).abs()));
  }

  /** {@code 100*mean(|y - p| / max(|y|, 1e-7))} over the last axis. */
  public static ElementLoss meanAbsolutePercentageError() {
    return new FormulaLoss(
        "meanAbsolutePercentageError",
        (y, p) -> Axes.mean(y.sub(p).div(y.abs().clamp(EPSILON, Double.POSITIVE_INFINITY)).abs()).mul(100));
  }

  /** {@code mean((log(max(y, 1e-7) + 1) - log(max(p, 1e-7) + 1))^2)} over the last axis. */
  public static ElementLoss meanSquaredLogarithmicError() {
    return new FormulaLoss("meanSquaredLogarithmicError", (y, p) -> Axes.mean(logPlus(y).sub(logPlus(p)).square()));
  }

  private static Tensor logPlus(Tensor x) {
    return x.clamp(EPSILON, Double.POSITIVE_INFINITY).log1p();
  }

  /** {@link #huber(double)} with delta 1. */
  public static ElementLoss huber() {
    return huber(1);
  }

  /**
   * {@code e^2/2} where {@code |e| <= delta}, else {@code delta*(|e| - delta/2)}; mean over the last axis.
   *
   * @throws IllegalArgumentException unless delta is positive
   */
  public static ElementLoss huber(double delta) {
    if (!(delta > 0)) {
      throw new IllegalArgumentException("huber: expected delta above 0, given " + delta);
    }
    return new FormulaLoss(
        "huber",
        (y, p) -> {
          Tensor e = p.sub(y).abs();
          Tensor inner = e.clamp(0, delta);
          return Axes.mean(inner.mul(e.sub(inner.mul(0.5))));
        });
  }

  /** {@code mean(log(cosh(p - y)))} over the last axis, computed as {@code e + softplus(-2e) - log 2}. */
  public static ElementLoss logCosh() {
    return new FormulaLoss(
        "logCosh",
        (y, p) -> {
          Tensor e = p.sub(y);
          return Axes.mean(e.add(e.mul(-2).unary(UnaryOp.SOFTPLUS, 1)).sub(Math.log(2)));
        });
  }

  /** {@code mean(p - y*log(p + 1e-7))} over the last axis. */
  public static ElementLoss poisson() {
    return new FormulaLoss("poisson", (y, p) -> Axes.mean(p.sub(y.mul(p.add(EPSILON).log()))));
  }

  // ---- pairs, triplets and latent variables; more in RankingLosses, GanLosses, StyleLosses, DetectionLosses

  /** {@link RankingLosses#contrastive} with margin 1. */
  public static TripleLoss contrastive() {
    return RankingLosses.contrastive(1);
  }

  /** {@link RankingLosses#triplet}, on squared distances, with margin 0.2. */
  public static TripleLoss triplet() {
    return RankingLosses.triplet(0.2);
  }

  /**
   * The divergence of a variational autoencoder's latent normal distributions from the standard one:
   * {@code -1/2 * sum(1 + log_var - mu^2 - e^log_var)} over the last axis (Kingma and Welling 2014).
   *
   * <p><b>Shapes</b>: {@code apply(mu, logVar)}, both {@code [batch, ..., width]}, per sample {@code [batch, ...]}.
   */
  public static PairLoss vaeDivergence() {
    return new PairLoss(
        "vaeDivergence",
        (mu, logVar) -> {
          Inputs.requireAlike("vaeDivergence", "mu", mu, "logVar", logVar);
          return Axes.sum(logVar.exp().add(mu.square()).sub(logVar).sub(1)).mul(0.5);
        });
  }

  // ---- distributions and directions

  /** {@code sum(y*log(y/p))} over the last axis, both clipped to {@code [1e-7, 1]}. */
  public static ElementLoss klDivergence() {
    return new FormulaLoss(
        "klDivergence",
        (y, p) -> {
          Tensor target = y.clamp(EPSILON, 1);
          return Axes.sum(target.mul(target.div(p.clamp(EPSILON, 1)).log()));
        });
  }

  /** {@link #cosineSimilarity(int)} along the last axis. */
  public static ElementLoss cosineSimilarity() {
    return cosineSimilarity(-1);
  }

  /** The negative cosine of the angle between labels and predictions along an axis: -1 is the best value. */
  public static ElementLoss cosineSimilarity(int axis) {
    return new FormulaLoss("cosineSimilarity", (y, p) -> unit(y, axis).mul(unit(p, axis)).sum(axis).neg());
  }

  /** Divided by its length; a vector of zeros stays one. */
  private static Tensor unit(Tensor x, int axis) {
    Tensor squares = x.reduce(ReduceOp.SUM_SQUARES, true, axis);
    return x.div(squares.clamp(EPSILON * EPSILON, Double.POSITIVE_INFINITY).sqrt());
  }

  // ---- margins

  /** {@code mean(max(1 - y*p, 0))} over the last axis; labels -1 and 1, or 0 and 1, which become -1 and 1. */
  public static ElementLoss hinge() {
    return new FormulaLoss("hinge", (y, p) -> Axes.mean(margin(y, p)));
  }

  /** {@code mean(max(1 - y*p, 0)^2)} over the last axis; labels as for {@link #hinge}. */
  public static ElementLoss squaredHinge() {
    return new FormulaLoss("squaredHinge", (y, p) -> Axes.mean(margin(y, p).square()));
  }

  private static Tensor margin(Tensor y, Tensor p) {
    return signs(y).mul(p).rsub(1).relu();
  }

  /** {@code max(max((1-y)*p) - sum(y*p) + 1, 0)} over the last axis; labels one-hot. */
  public static ElementLoss categoricalHinge() {
    return new FormulaLoss(
        "categoricalHinge",
        (y, p) -> y.rsub(1).mul(p).max(-1).sub(y.mul(p).sum(-1)).add(1).relu());
  }

  /** The perceptron's loss {@code mean(max(-y*p, 0))} over the last axis; labels as for {@link #hinge}. */
  public static ElementLoss perceptron() {
    return new FormulaLoss("perceptron", (y, p) -> Axes.mean(signs(y).mul(p).neg().relu()));
  }

  /** Labels 0 and 1 as -1 and 1; anything else as it is. */
  private static Tensor signs(Tensor y) {
    boolean binary = y.size() == 0 || y.mul(y.sub(1)).reduce(ReduceOp.L1, false).item() == 0;
    return binary ? y.mul(2).sub(1) : y;
  }

  // ---- overlap of regions

  /** {@code 1 - 2*sum(y*p) / (sum(y) + sum(p) + 1e-7)} over the given axes (none: all, one value for the batch). */
  public static ElementLoss dice(int... axes) {
    int[] over = axes.clone();
    return new FormulaLoss(
        "dice",
        (y, p) -> y.mul(p).sum(over).mul(2).div(y.sum(over).add(p.sum(over)).add(EPSILON)).rsub(1));
  }

  /**
   * {@code 1 - s / (s + alpha*sum((1-p)*y) + beta*sum(p*(1-y)) + 1e-7)} with {@code s = sum(y*p)}, over the given axes
   * (none: all). As in Keras, alpha weighs what is missed and beta what is wrongly found.
   */
  public static ElementLoss tversky(double alpha, double beta, int... axes) {
    int[] over = axes.clone();
    return new FormulaLoss(
        "tversky",
        (y, p) -> {
          Tensor hit = y.mul(p).sum(over);
          Tensor missed = p.rsub(1).mul(y).sum(over).mul(alpha);
          Tensor wrong = y.rsub(1).mul(p).sum(over).mul(beta);
          return hit.div(hit.add(missed).add(wrong).add(EPSILON)).rsub(1);
        });
  }
}
