package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;

/**
 * The GloVe objective: {@code f(X)*(theta . e + b + b' - log X)^2} with {@code f(x) = (x/largest)^alpha} below the
 * largest count and 1 above; pairs that never meet (X = 0) count nothing.
 *
 * <p>Instances are immutable; {@link #reduction(Reduction)} returns a new loss.
 */
public final class GloveLoss {

  private static final String NAME = "glove";

  private final double largest;
  private final double alpha;
  private final Reduction reduction;

  GloveLoss(double largest, double alpha, Reduction reduction) {
    this.largest = largest;
    this.alpha = alpha;
    this.reduction = reduction;
  }

  /** The same loss with another reduction; {@link Reduction#SUM} unless changed. */
  public GloveLoss reduction(Reduction to) {
    return new GloveLoss(largest, alpha, to);
  }

  /** The reduction in use. */
  public Reduction reduction() {
    return reduction;
  }

  /** Name for messages and logs. */
  public String name() {
    return NAME;
  }

  /**
   * The loss of some pairs of words, whose rows were looked up.
   *
   * <p><b>Shapes</b>: theta and e {@code [pairs, width]}; b, b2 and counts {@code [pairs]}.
   *
   * @param weights per pair; null for none
   */
  public Tensor ofPairs(Tensor theta, Tensor e, Tensor b, Tensor b2, Tensor counts, Tensor weights) {
    Inputs.requireRank(NAME, "vectors", 1, theta);
    Inputs.requireAlike(NAME, "theta", theta, "e", e);
    Tensor dots = theta.mul(e).sum(-1);
    Inputs.requireAlike(NAME, "b", b, "b2", b2);
    return Reducing.reduce(NAME, values(dots.add(b).add(b2), Labels.like(NAME, counts, b)), null, weights, reduction);
  }

  /**
   * The loss of all pairs.
   *
   * <p><b>Shapes</b>: theta {@code [words, width]}, e {@code [contexts, width]}, b {@code [words]}, b2
   * {@code [contexts]}, counts {@code [words, contexts]}; unreduced {@code [words, contexts]}.
   *
   * @throws ShapeException when they do not go together
   */
  public Tensor ofAll(Tensor theta, Tensor e, Tensor b, Tensor b2, Tensor counts) {
    boolean fits =
        theta.rank() == 2 && e.rank() == 2 && counts.rank() == 2 && theta.dim(1) == e.dim(1)
            && counts.dim(0) == theta.dim(0) && counts.dim(1) == e.dim(0) && b.rank() == 1 && b2.rank() == 1
            && b.dim(0) == theta.dim(0) && b2.dim(0) == e.dim(0);
    if (!fits) {
      throw new ShapeException(
          NAME + ": expected theta [words, width], e [contexts, width], b [words], b2 [contexts] and counts "
              + "[words, contexts], given " + theta.shape() + ", " + e.shape() + ", " + b.shape() + ", " + b2.shape()
              + " and " + counts.shape());
    }
    Tensor scores = theta.matmul(e.transpose()).add(b.expandDims(1)).add(b2);
    return Reducing.reduce(NAME, values(scores, Labels.like(NAME, counts, scores)), null, null, reduction);
  }

  private Tensor values(Tensor scores, Tensor counts) {
    Tensor met = counts.gt(0);
    Tensor zero = Tensor.scalar(0, counts.dtype());
    Tensor safe = met.where(counts, Tensor.scalar(1, counts.dtype()));
    Tensor weight = met.where(safe.mul(1 / largest).clamp(0, 1).pow(alpha), zero);
    return weight.mul(scores.sub(safe.log()).square());
  }
}
