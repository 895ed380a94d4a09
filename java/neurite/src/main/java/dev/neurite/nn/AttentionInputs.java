package dev.neurite.nn;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.AttentionOp;
import dev.neurite.ops.DropoutOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Inputs of an attention layer in their fixed order: query, value, key (left out: the values), then a mask and lengths
 * if the layer was told to expect them.
 *
 * @param mask null if none
 * @param lengths null if none
 */
record AttentionInputs<T>(T query, T value, T key, T mask, T lengths) {

  static <T> AttentionInputs<T> of(String who, List<T> in, boolean masked, boolean lengths) {
    int extra = (masked ? 1 : 0) + (lengths ? 1 : 0);
    int plain = in.size() - extra;
    if (plain < 2 || plain > 3) {
      throw new IllegalArgumentException(
          who + ": expected query, value and perhaps key" + (masked ? ", then a mask" : "")
              + (lengths ? ", then lengths" : "") + ", given " + in.size() + " inputs");
    }
    return new AttentionInputs<>(
        in.get(0), in.get(1), in.get(plain - 1 == 2 ? 2 : 1), masked ? in.get(plain) : null,
        lengths ? in.get(in.size() - 1) : null);
  }

  /** Refuses shapes no attention can take; the widths of queries and keys are the layer's matter. */
  static void require(String who, AttentionInputs<Shape> in, int leastRank, int mostRank) {
    Shape q = in.query;
    Shape k = in.key;
    Shape v = in.value;
    boolean ranks = q.rank() >= leastRank && q.rank() <= mostRank && k.rank() == q.rank() && v.rank() == q.rank();
    if (!ranks || q.last() < 0 || k.last() < 0 || v.last() < 0) {
      throw new ShapeException(
          who + ": expected query, value and key [batch, " + (mostRank == 4 ? "(heads,) " : "")
              + "steps, width] with known widths, given " + q + ", " + v + " and " + k);
    }
    if (k.dim(-2) >= 0 && v.dim(-2) >= 0 && k.dim(-2) != v.dim(-2)) {
      throw new ShapeException(who + ": expected as many values as keys, given values " + v + " and keys " + k);
    }
    if (in.mask != null && (in.mask.rank() < 2 || in.mask.rank() > 4)) {
      throw new ShapeException(
          who + ": expected a mask [batch, keys], [batch, queries, keys] or [batch, heads, queries, keys], given "
              + in.mask);
    }
  }

  /** The restriction of a call; scores are [batch, heads, queries, keys]. */
  static AttentionOp.Rule rule(String who, AttentionInputs<Tensor> in, boolean causal, double scale) {
    return new AttentionOp.Rule(fourAxes(in.mask), lengths(who, in), causal, scale);
  }

  private static Tensor fourAxes(Tensor mask) {
    if (mask == null || mask.rank() == 4) {
      return mask;
    }
    return mask.rank() == 3 ? mask.expandDims(1) : mask.expandDims(1).expandDims(1);
  }

  private static Tensor lengths(String who, AttentionInputs<Tensor> in) {
    Tensor given = in.lengths;
    if (given == null) {
      return null;
    }
    if (given.dtype().isFloating() || given.dtype() == DType.BOOL) {
      throw new DTypeException(who + ": expected int64 lengths, given " + given.describe());
    }
    if (given.rank() == 0 || given.dim(0) != in.query.dim(0) || given.size() != given.dim(0)) {
      throw new ShapeException(who + ": expected lengths [" + in.query.dim(0) + "], given " + given.shape());
    }
    Tensor lengths = given.cast(DType.INT64).reshape(given.size());
    long keys = in.key.dim(-2);
    long[] values = lengths.toLongs();
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] > keys) {
        throw new IllegalArgumentException(
            who + ": expected lengths in [0, " + keys + "], given " + values[i] + " for sequence " + i);
      }
    }
    return lengths;
  }

  /** What a pass does to attention weights. */
  static UnaryOperator<Tensor> dropout(double rate, Pass pass, String path) {
    if (!pass.isTraining() || rate == 0) {
      return UnaryOperator.identity();
    }
    return weights -> {
      RandomStream random = pass.random(path);
      long offset = random.take(DropoutOp.blocks(weights.size()));
      return DropoutOp.apply(weights, rate, random.seed(), random.stream(), offset);
    };
  }

  static double rate(String who, double rate) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(who + ": expected a dropout rate in [0, 1), given " + rate);
    }
    return rate;
  }

  /** Queries times keys of one sample, free axes counted once. */
  static long pairs(Shape query, Shape key) {
    return Math.max(query.dim(-2), 1) * Math.max(key.dim(-2), 1);
  }
}
