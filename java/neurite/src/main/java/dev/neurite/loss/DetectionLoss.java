package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.SigmoidCrossEntropy;
import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.tensor.Tensor;

/**
 * A loss on what a detector says about a place: {@code p_c}, four numbers of a box, a score per class. Only where
 * there is an object ({@code p_c > 0} in the labels) do box and classes count.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [batch, ..., 5 + classes]} in the order p_c, b_x, b_y, b_h, b_w,
 * classes; per cell {@code [batch, ...]}.
 */
public final class DetectionLoss implements ElementLoss {

  private static final int BOX_END = 5;

  private final String name;
  private final boolean mixed;
  private final boolean logits;
  private final double box;
  private final double noObject;
  private final Reduction reduction;

  DetectionLoss(String name, boolean mixed) {
    this(name, mixed, false, 1, 1, Reduction.SUM_OVER_BATCH);
  }

  private DetectionLoss(
      String name, boolean mixed, boolean logits, double box, double noObject, Reduction reduction) {
    this.name = name;
    this.mixed = mixed;
    this.logits = logits;
    this.box = box;
    this.noObject = noObject;
    this.reduction = reduction;
  }

  /** Weight of the box's squared errors (default 1; 5 in the YOLO paper). */
  public DetectionLoss boxWeight(double weight) {
    return new DetectionLoss(name, mixed, logits, Inputs.requireFinite(name, "weight", weight), noObject, reduction);
  }

  /** Weight of p_c's term where there is no object (default 1; 0.5 in the YOLO paper). */
  public DetectionLoss noObjectWeight(double weight) {
    return new DetectionLoss(name, mixed, logits, box, Inputs.requireFinite(name, "weight", weight), reduction);
  }

  /**
   * Whether the mixed form's p_c is a logit (default: a probability).
   *
   * @throws IllegalStateException for the squared form, which has no logits
   */
  public DetectionLoss objectnessFromLogits(boolean on) {
    if (!mixed) {
      throw new IllegalStateException(name + ": expected the mixed form; squared errors take p_c as it is");
    }
    return new DetectionLoss(name, true, on, box, noObject, reduction);
  }

  @Override
  public DetectionLoss reduction(Reduction to) {
    return new DetectionLoss(name, mixed, logits, box, noObject, to);
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
  public Tensor perSample(Tensor yTrue, Tensor yPred) {
    if (yPred.rank() == 0 || yPred.shape().last() < BOX_END) {
      throw new ShapeException(name + ": expected predictions [*, 5 + classes], given " + yPred.shape());
    }
    Tensor y = Labels.like(name, yTrue, yPred);
    int last = y.rank() - 1;
    Tensor objectness = y.select(last, 0);
    Tensor present = objectness.gt(0).cast(y.dtype());
    Tensor first = objectness(objectness, yPred.select(last, 0));
    Tensor value = noObject == 1 ? first : first.mul(present.mul(1 - noObject).add(noObject));
    Tensor boxes = squares(y, yPred, last, 1, BOX_END).mul(box);
    long end = yPred.shape().last();
    Tensor rest = end == BOX_END ? boxes : boxes.add(classes(y, yPred, last, end));
    return value.add(present.mul(rest));
  }

  private Tensor objectness(Tensor y, Tensor p) {
    if (!mixed) {
      return p.sub(y).square();
    }
    return logits
        ? SigmoidCrossEntropy.apply(p, y)
        : BinaryCrossEntropy.ofProbabilities(y, p);
  }

  private Tensor classes(Tensor y, Tensor p, int last, long end) {
    if (!mixed) {
      return squares(y, p, last, BOX_END, end);
    }
    return SoftmaxCrossEntropy.dense(p.slice(last, BOX_END, end), y.slice(last, BOX_END, end));
  }

  private static Tensor squares(Tensor y, Tensor p, int last, long from, long to) {
    return p.slice(last, from, to).sub(y.slice(last, from, to)).square().sum(-1);
  }
}
