package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Losses that place embeddings: what belongs together near, the rest far. Distances are Euclidean along the last axis;
 * PyTorch's variants are in {@link TorchLosses}.
 *
 * <pre>{@code
 * Tensor loss = RankingLosses.triplet(0.2).apply(anchor, positive, negative);
 * model.compile(Adam.of(1e-3), RankingLosses.tripletSemiHard(0.2));        // labels are the identities
 * }</pre>
 */
public final class RankingLosses {

  private RankingLosses() {}

  /**
   * FaceNet's triplet loss on squared distances: {@code max(|a - p|^2 - |a - n|^2 + margin, 0)} (Schroff et al. 2015).
   *
   * <p><b>Shapes</b>: anchor, positive, negative {@code [batch, ..., width]}, per sample {@code [batch, ...]}.
   *
   * @throws IllegalArgumentException for a margin that is not finite
   */
  public static TripleLoss triplet(double margin) {
    Inputs.requireFinite("triplet", "margin", margin);
    return new TripleLoss(
        "triplet",
        (anchor, positive, negative) -> {
          requireTriplet("triplet", anchor, positive, negative);
          return Distances.squared(anchor, positive).sub(Distances.squared(anchor, negative)).add(margin).relu();
        });
  }

  static void requireTriplet(String who, Tensor anchor, Tensor positive, Tensor negative) {
    Inputs.requireRank(who, "an anchor", 1, anchor);
    Inputs.requireAlike(who, "anchor", anchor, "positive", positive);
    Inputs.requireAlike(who, "anchor", anchor, "negative", negative);
  }

  /**
   * Pulls pairs together and pushes others a margin apart: {@code same*d^2 + (1-same)*max(margin - d, 0)^2} with
   * {@code d = |a - b|} (Hadsell et al. 2006, without the factor 1/2). The slope at d = 0 counts as 0.
   *
   * <p><b>Shapes</b>: {@code apply(same, a, b)} with same {@code [batch, ...]} of 1 for a pair and 0 for others, a and
   * b {@code [batch, ..., width]}, per sample {@code [batch, ...]}.
   *
   * @throws IllegalArgumentException unless the margin is positive
   */
  public static TripleLoss contrastive(double margin) {
    Inputs.requirePositive("contrastive", "a margin", margin);
    return new TripleLoss(
        "contrastive",
        (same, a, b) -> {
          Inputs.requireRank("contrastive", "vectors", 1, a);
          Inputs.requireAlike("contrastive", "a", a, "b", b);
          Tensor squares = Distances.squared(a, b);
          Tensor pair = Labels.like("contrastive", same, squares);
          Tensor gap = Distances.root(squares).rsub(margin).relu();
          return pair.mul(squares).add(pair.rsub(1).mul(gap.square()));
        });
  }

  /**
   * Triplet loss on squared distances, with the hardest partners of the batch for every anchor (Hermans et al. 2017):
   * the farthest of the same label and the nearest of another. Anchors without either do not count.
   *
   * <p><b>Shapes</b>: labels int64 {@code [batch]}, predictions (embeddings) {@code [batch, width]}, per sample
   * {@code [batch]}.
   *
   * @throws IllegalArgumentException for a margin that is not finite
   */
  public static ElementLoss tripletBatchHard(double margin) {
    return new MinedTripletLoss("tripletBatchHard", margin, false);
  }

  /**
   * Triplet loss on squared distances for all pairs of equal labels in a batch, each with its semi-hard negative
   * (Schroff et al. 2015): the nearest that is farther away than the positive, or else the farthest of all.
   *
   * <p><b>Shapes</b>: labels int64 {@code [batch]}, predictions (embeddings) {@code [batch, width]}, per pair
   * {@code [batch, batch]} (anchor, positive; 0 where the two are no pair, and left out of the mean).
   *
   * @throws IllegalArgumentException for a margin that is not finite
   */
  public static ElementLoss tripletSemiHard(double margin) {
    return new MinedTripletLoss("tripletSemiHard", margin, true);
  }

  /** Both ways of finding the partners in the batch. */
  private static final class MinedTripletLoss implements ElementLoss {
    private final String name;
    private final double margin;
    private final boolean semiHard;
    private final Reduction reduction;

    MinedTripletLoss(String name, double margin, boolean semiHard) {
      this(name, Inputs.requireFinite(name, "margin", margin), semiHard, Reduction.SUM_OVER_BATCH);
    }

    private MinedTripletLoss(String name, double margin, boolean semiHard, Reduction reduction) {
      this.name = name;
      this.margin = margin;
      this.semiHard = semiHard;
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
      return new MinedTripletLoss(name, margin, semiHard, to);
    }

    @Override
    public Tensor perSample(Tensor yTrue, Tensor yPred) {
      Tensor same = same(yTrue, yPred);
      Tensor pair = pairs(same);
      Tensor apart = Distances.pairwiseSquared(yPred);
      Tensor values = semiHard ? perPair(same, apart) : perAnchor(same, pair, apart);
      return values.mul(counts(same, pair).cast(yPred.dtype()));
    }

    @Override
    public Tensor counted(Tensor yTrue, Tensor yPred) {
      Tensor same = same(yTrue, yPred);
      return counts(same, pairs(same)).cast(yPred.dtype());
    }

    /** Whether two rows have the same label: bool [batch, batch]. */
    private Tensor same(Tensor yTrue, Tensor yPred) {
      if (yPred.rank() != 2) {
        throw new ShapeException(
            name + ": expected embeddings [batch, width], given " + yPred.shape());
      }
      Tensor labels = Labels.classes(name, yTrue, yPred);
      return labels.expandDims(1).eq(labels.expandDims(0));
    }

    /** The same without the diagonal. */
    private static Tensor pairs(Tensor same) {
      Tensor index = Tensor.range(0, 1, same.dim(0), DType.INT64);
      Tensor no = Tensor.of(new boolean[] {false}, Shape.scalar());
      return index.expandDims(1).eq(index.expandDims(0)).where(no, same);
    }

    /** Which anchors (or pairs) have all three partners. */
    private Tensor counts(Tensor same, Tensor pair) {
      Tensor others = same.cast(DType.FLOAT32).mean(-1).lt(1);
      Tensor no = Tensor.of(new boolean[] {false}, Shape.scalar());
      if (semiHard) {
        return others.expandDims(1).where(pair, no);
      }
      return others.where(pair.cast(DType.FLOAT32).max(-1).gt(0), no);
    }

    private Tensor perAnchor(Tensor same, Tensor pair, Tensor apart) {
      Tensor none = Tensor.scalar(-1, apart.dtype());
      Tensor far = Tensor.scalar(Double.MAX_VALUE, DType.FLOAT64).cast(apart.dtype());
      Tensor positive = pick(pair.where(apart, none).argmax(-1), apart);
      Tensor negative = pick(same.where(far, apart).argmin(-1), apart);
      return positive.sub(negative).add(margin).relu();
    }

    /** {@code apart[i, column[i]]}. */
    private static Tensor pick(Tensor column, Tensor apart) {
      return column.oneHot(apart.dim(1), apart.dtype()).mul(apart).sum(-1);
    }

    private Tensor perPair(Tensor same, Tensor apart) {
      // [anchor, positive, candidate]: candidates of another label that lie beyond the positive
      Tensor far = Tensor.scalar(Double.MAX_VALUE, DType.FLOAT64).cast(apart.dtype());
      Tensor none = Tensor.scalar(-1, apart.dtype());
      Tensor candidates = same.where(far, apart).expandDims(1);
      Tensor positive = apart.expandDims(2);
      Tensor beyond = candidates.gt(positive).where(candidates, far);
      Tensor nearest = beyond.argmin(-1);
      Tensor found = beyond.min(-1).lt(far);
      Tensor farthest = same.where(none, apart).argmax(-1).expandDims(1).broadcastTo(nearest.shape());
      Tensor chosen = found.where(nearest, farthest);
      Tensor negative = chosen.oneHot(apart.dim(1), apart.dtype()).mul(apart.expandDims(1)).sum(-1);
      return apart.sub(negative).add(margin).relu();
    }
  }
}
