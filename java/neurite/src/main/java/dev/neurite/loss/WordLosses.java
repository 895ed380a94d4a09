package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Tensor;

/**
 * Losses that learn word vectors. Rows looked up with {@link Tensor#gather} from parameters have sparse gradients.
 *
 * <pre>{@code
 * Tensor loss = WordLosses.negativeSampling()
 *     .apply(words.gather(center), contexts.gather(context), contexts.gather(negatives));
 * }</pre>
 */
public final class WordLosses {

  private WordLosses() {}

  /**
   * Skip-gram with negative sampling (Mikolov et al. 2013): k+1 yes/no questions,
   * {@code -log sigmoid(u_o . v_c) - sum_k log sigmoid(-u_k . v_c)}.
   *
   * <p><b>Shapes</b>: {@code apply(center, context, negatives)}; center and context {@code [batch, width]}, negatives
   * {@code [batch, k, width]}, per pair {@code [batch]}.
   */
  public static TripleLoss negativeSampling() {
    return new TripleLoss(
        "negativeSampling",
        (center, context, negatives) -> {
          String who = "negativeSampling";
          Inputs.requireRank(who, "vectors", 1, center);
          Inputs.requireAlike(who, "center", center, "context", context);
          int last = center.rank() - 1;
          boolean fits = negatives.rank() == center.rank() + 1 && negatives.shape().last() == center.shape().last();
          for (int i = 0; fits && i < last; i++) {
            fits = negatives.dim(i) == center.dim(i);
          }
          if (!fits) {
            throw new ShapeException(
                who + ": expected negatives [batch, k, width] for vectors " + center.shape() + ", given "
                    + negatives.shape());
          }
          Tensor right = softplus(center.mul(context).sum(-1).neg());
          return right.add(softplus(negatives.mul(center.expandDims(last)).sum(-1)).sum(-1));
        });
  }

  private static Tensor softplus(Tensor x) {
    return x.unary(UnaryOp.SOFTPLUS, 1);
  }

  /** {@link #glove(double, double)} with the paper's 100 and 3/4. */
  public static GloveLoss glove() {
    return glove(100, 0.75);
  }

  /**
   * Weighted least squares on logarithms of counts (Pennington et al. 2014).
   *
   * @param largest count from which on the weight is 1
   * @param alpha exponent of smaller counts
   * @throws IllegalArgumentException unless both are positive
   */
  public static GloveLoss glove(double largest, double alpha) {
    return new GloveLoss(
        Inputs.requirePositive("glove", "a largest count", largest), Inputs.requirePositive("glove", "alpha", alpha),
        Reduction.SUM);
  }
}
