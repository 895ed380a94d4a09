package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Scaled dot-product attention: {@code softmax(scale q k^T + mask) v}, fused, or in tensor ops where weights are
 * wanted.
 */
public final class AttentionOp {

  private static final Access TENSORS = Access.tensors();
  private static final int NO_MASK = 0;
  private static final int BOOLEAN_MASK = 1;
  private static final int ADDED_MASK = 2;
  // Scores that must not count, where the softmax is written in tensor ops: finite, so that no NaN arises.
  private static final double NEVER_FLOAT = -1e38;
  private static final double NEVER_DOUBLE = -1e300;

  private AttentionOp() {}

  /**
   * What restricts a query.
   *
   * @param mask null, or bool (true: may attend), or values added to the scores; broadcasts to [batch, heads, queries,
   *     keys]
   * @param lengths null, or int64 [batch]: keys from there on are not attended
   * @param causal query i attends keys 0 .. i only
   * @param scale factor of the products
   */
  public record Rule(Tensor mask, Tensor lengths, boolean causal, double scale) {}

  /**
   * Result with the weights.
   *
   * @param y [batch, heads, queries, value width]
   * @param weights [batch, heads, queries, keys], before dropout
   */
  public record Result(Tensor y, Tensor weights) {}

  /**
   * The weighted values; the scores are never stored. A query that may attend nothing gives zeros.
   *
   * @param q [batch, heads, queries, width]
   * @param k [batch, kv heads, keys, width], kv heads a divisor of heads
   * @param v [batch, kv heads, keys, value width]
   */
  public static Tensor apply(Tensor q, Tensor k, Tensor v, Rule rule) {
    check(q, k, v, rule);
    if (rule.mask != null && rule.mask.dtype().isFloating() && Tape.tracks(rule.mask)) {
      return composed(q, k, v, rule, UnaryOperator.identity()).y; // the mask's gradient has the size of the scores
    }
    Tensor[] in = {dense(q), dense(k), dense(v)};
    Tensor y = TENSORS.create(order(in[0], v.dim(3)), q.dtype(), "attention");
    y = arranged(y, in[0]);
    Tensor lse = TENSORS.create(Shape.of(q.dim(0), q.dim(1), q.dim(2)), q.dtype(), "attention");
    Tensor mask = rule.mask == null ? null : rule.mask.contiguous();
    Tensor lengths = rule.lengths == null ? null : rule.lengths.contiguous();
    Status.check(
        Abi.nrt_attention_fwd(
            q.ctx(), q.code(), y.addr(), lse.addr(), in[0].addr(), in[1].addr(), in[2].addr(), addr(mask),
            addr(lengths), descriptor(in, y, mask), kind(mask), rule.causal ? 1 : 0, rule.scale),
        "attention", in[0], in[1], in[2], mask, lengths);
    Tensor result = y;
    Rule kept = new Rule(mask, lengths, rule.causal, rule.scale);
    Tensor[] given = {q, k, v};
    Tape.recordMany(
        "attention", new Tensor[] {y}, given, (dy, needed) -> backward(dy[0], result, lse, in, given, kept),
        Arrays.stream(new Tensor[] {q, k, v, in[0], in[1], in[2], y, lse, mask, lengths})
            .filter(java.util.Objects::nonNull).toArray(Tensor[]::new));
    return y;
  }

  /**
   * The same in tensor ops, with the weights, differentiable any number of times.
   *
   * @param dropout applied to the weights before the values are summed
   */
  public static Result composed(Tensor q, Tensor k, Tensor v, Rule rule, UnaryOperator<Tensor> dropout) {
    check(q, k, v, rule);
    Tensor weights = weights(q, spread(k, q), rule);
    return new Result(MatMul.product(dropout.apply(weights), spread(v, q), false, false), weights);
  }

  /** Softmax of scores [batch, heads, queries, keys] under a rule (its scale is not applied). */
  public static Tensor softmax(Tensor scores, Rule rule) {
    Tensor allowed = allowed(scores, rule);
    Tensor s = rule.mask != null && rule.mask.dtype() != DType.BOOL ? scores.add(rule.mask) : scores;
    if (allowed == null) {
      return s.softmax(-1);
    }
    Tensor never = Tensor.scalar(s.dtype() == DType.FLOAT64 ? NEVER_DOUBLE : NEVER_FLOAT, s.dtype());
    return allowed.where(allowed.where(s, never).softmax(-1), Tensor.scalar(0, s.dtype()));
  }

  private static Tensor weights(Tensor q, Tensor k, Rule rule) {
    return softmax(MatMul.product(q.mul(rule.scale), k, false, true), rule);
  }

  /** Where a score counts, as bool that broadcasts to the scores; null for everywhere. */
  private static Tensor allowed(Tensor scores, Rule rule) {
    Tensor found = null;
    if (rule.mask != null) {
      found = rule.mask.dtype() == DType.BOOL
          ? rule.mask
          : rule.mask.ne(Tensor.scalar(Double.NEGATIVE_INFINITY, rule.mask.dtype()));
    }
    Tensor keys = Tensor.range(0, 1, scores.dim(3), DType.INT64).reshape(1, 1, 1, scores.dim(3));
    if (rule.causal) {
      Tensor queries = Tensor.range(0, 1, scores.dim(2), DType.INT64).reshape(1, 1, scores.dim(2), 1);
      found = and(found, keys.le(queries));
    }
    return rule.lengths == null ? found : and(found, keys.lt(rule.lengths.reshape(scores.dim(0), 1, 1, 1)));
  }

  private static Tensor and(Tensor aOrNull, Tensor b) {
    return aOrNull == null ? b : Select.compare(CompareOp.AND, aOrNull, b);
  }

  /** Key/value heads repeated for the query heads that share them. */
  private static Tensor spread(Tensor k, Tensor q) {
    if (k.dim(1) == q.dim(1)) {
      return k;
    }
    long group = q.dim(1) / k.dim(1);
    return k.expandDims(2).broadcastTo(Shape.of(k.dim(0), k.dim(1), group, k.dim(2), k.dim(3)))
        .reshape(k.dim(0), q.dim(1), k.dim(2), k.dim(3));
  }

  private static Tensor gathered(Tensor dk, Tensor k) {
    return dk.dim(1) == k.dim(1)
        ? dk
        : dk.reshape(k.dim(0), k.dim(1), dk.dim(1) / k.dim(1), k.dim(2), k.dim(3)).sum(2);
  }

  private static Tensor[] backward(Tensor dy, Tensor y, Tensor lse, Tensor[] in, Tensor[] given, Rule rule) {
    if (Current.get().tape != null) {
      return differentiable(dy, given[0], given[1], given[2], rule);
    }
    Tensor up = dense(dy);
    Tensor[] out = new Tensor[3];
    long[] descriptor = descriptor(in, y, rule.mask);
    strides(descriptor, Abi.NRT_ATTENTION_DY, up);
    int[] places = {Abi.NRT_ATTENTION_DQ, Abi.NRT_ATTENTION_DK, Abi.NRT_ATTENTION_DV};
    for (int i = 0; i < 3; i++) {
      out[i] = arranged(TENSORS.create(order(in[i], in[i].dim(3)), y.dtype(), "attention_bwd"), in[i]);
      strides(descriptor, places[i], out[i]);
    }
    Status.check(
        Abi.nrt_attention_bwd(
            y.ctx(), y.code(), out[0].addr(), out[1].addr(), out[2].addr(), up.addr(), y.addr(), lse.addr(),
            in[0].addr(), in[1].addr(), in[2].addr(), addr(rule.mask), addr(rule.lengths), descriptor,
            kind(rule.mask), rule.causal ? 1 : 0, rule.scale),
        "attention_bwd", up, y, lse, in[0], in[1], in[2], rule.mask, rule.lengths);
    return out;
  }

  /** The same gradients in tensor ops, weights included, so that they can be differentiated again. */
  private static Tensor[] differentiable(Tensor dy, Tensor q, Tensor k, Tensor v, Rule rule) {
    Tensor p = weights(q, spread(k, q), rule);
    Tensor slope = MatMul.product(dy, spread(v, q), false, true);
    Tensor ds = p.mul(slope.sub(slope.mul(p).reduce(ReduceOp.SUM, true, -1))).mul(rule.scale);
    return new Tensor[] {
      MatMul.product(ds, spread(k, q), false, false),
      gathered(MatMul.product(ds, q, true, false), k),
      gathered(MatMul.product(p, dy, true, false), v)
    };
  }

  // ---- memory: [batch, heads, rows, width] as given, or as a view of [batch, rows, heads, width]

  /** The tensor itself when the kernel can walk it, else a copy. */
  private static Tensor dense(Tensor t) {
    return t.dim(3) <= 1 || TENSORS.strides(t)[3] == 1 ? t : t.contiguous();
  }

  private static boolean rowsFirst(Tensor t) {
    long[] s = TENSORS.strides(t);
    return s[2] > s[1] && t.dim(1) > 1;
  }

  /** Shape in memory of a result that is laid out as the tensor is. */
  private static Shape order(Tensor like, long width) {
    return rowsFirst(like)
        ? Shape.of(like.dim(0), like.dim(2), like.dim(1), width)
        : Shape.of(like.dim(0), like.dim(1), like.dim(2), width);
  }

  /** A new tensor of that shape seen as [batch, heads, rows, width]. */
  private static Tensor arranged(Tensor t, Tensor like) {
    if (!rowsFirst(like)) {
      return t;
    }
    long[] s = TENSORS.strides(t);
    Shape seen = Shape.of(t.dim(0), t.dim(2), t.dim(1), t.dim(3));
    return TENSORS.view(t, seen, new long[] {s[0], s[2], s[1], s[3]}, 0, "attention");
  }

  private static long[] descriptor(Tensor[] in, Tensor y, Tensor mask) {
    Tensor q = in[0];
    Tensor k = in[1];
    long[] d = new long[Abi.NRT_ATTENTION_DESC];
    d[Abi.NRT_ATTENTION_BATCH] = q.dim(0);
    d[Abi.NRT_ATTENTION_HEADS] = q.dim(1);
    d[Abi.NRT_ATTENTION_KV_HEADS] = k.dim(1);
    d[Abi.NRT_ATTENTION_QUERIES] = q.dim(2);
    d[Abi.NRT_ATTENTION_KEYS] = k.dim(2);
    d[Abi.NRT_ATTENTION_WIDTH] = q.dim(3);
    d[Abi.NRT_ATTENTION_VALUE_WIDTH] = in[2].dim(3);
    strides(d, Abi.NRT_ATTENTION_Q, q);
    strides(d, Abi.NRT_ATTENTION_K, k);
    strides(d, Abi.NRT_ATTENTION_V, in[2]);
    strides(d, Abi.NRT_ATTENTION_Y, y);
    if (mask != null) {
      Shape scores = Shape.of(q.dim(0), q.dim(1), q.dim(2), k.dim(2));
      long[] m = Descriptor.broadcastStrides(mask.shape(), TENSORS.strides(mask), scores);
      System.arraycopy(m, 0, d, Abi.NRT_ATTENTION_MASK, m.length);
    }
    return d;
  }

  private static void strides(long[] descriptor, int at, Tensor t) {
    System.arraycopy(TENSORS.strides(t), 0, descriptor, at, 3);
  }

  private static int kind(Tensor mask) {
    return mask == null ? NO_MASK : mask.dtype() == DType.BOOL ? BOOLEAN_MASK : ADDED_MASK;
  }

  private static long addr(Tensor t) {
    return t == null ? 0 : t.addr();
  }

  // ---- checks

  private static void check(Tensor q, Tensor k, Tensor v, Rule rule) {
    if (!q.dtype().isDifferentiable()) {
      throw new DTypeException("attention: expected float32 or float64, given " + q.describe());
    }
    Binary.requireAlike("attention", q, k);
    Binary.requireAlike("attention", q, v);
    if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4) {
      throw wrong("expected query, key and value [batch, heads, rows, width]", q, k, v);
    }
    boolean same = q.dim(0) == k.dim(0) && q.dim(0) == v.dim(0) && k.dim(1) == v.dim(1) && k.dim(2) == v.dim(2)
        && q.dim(3) == k.dim(3);
    if (!same) {
      throw wrong("expected equal batches, as many values as keys, and keys as wide as queries", q, k, v);
    }
    if (q.dim(1) > 0 && (k.dim(1) == 0 || q.dim(1) % k.dim(1) != 0)) {
      throw wrong("expected the key/value heads to divide the query heads", q, k, v);
    }
    checkRule(q, Shape.of(q.dim(0), q.dim(1), q.dim(2), k.dim(2)), rule);
  }

  private static void checkRule(Tensor q, Shape scores, Rule rule) {
    if (rule.mask != null) {
      if (rule.mask.dtype() != DType.BOOL && rule.mask.dtype() != q.dtype()) {
        throw new DTypeException(
            "attention: expected a mask of bool or " + q.dtype() + ", given " + rule.mask.describe());
      }
      if (!Shape.broadcast("attention", scores, rule.mask.shape()).equals(scores)) {
        throw new ShapeException(
            "attention: expected a mask that broadcasts to " + scores + ", given " + rule.mask.shape());
      }
    }
    if (rule.lengths != null
        && (rule.lengths.dtype() != DType.INT64 || !rule.lengths.shape().equals(Shape.of(scores.dim(0))))) {
      throw new ShapeException(
          "attention: expected int64 lengths [" + scores.dim(0) + "], given " + rule.lengths.describe());
    }
  }

  private static ShapeException wrong(String expected, Tensor q, Tensor k, Tensor v) {
    return new ShapeException(
        "attention: " + expected + ", given " + q.shape() + ", " + k.shape() + " and " + v.shape());
  }
}
