package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.ops.AttentionOp;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Dot-product attention: {@code y = softmax(factor * scores(query, key) + mask) value} (Luong et al. 2015; Vaswani et
 * al. 2017 with {@code scale(1 / Math.sqrt(width))}).
 *
 * <p><b>Inputs</b>, in this order: query, value, key (left out: the values), a mask if {@link #masked}, lengths if
 * {@link #lengths}. A mask is bool with true = may attend, or holds values added to the scores; lengths are int64,
 * one per sample: keys from there on are not attended (in [0, keys], others are refused). A query that may attend
 * nothing gives zeros.
 *
 * <p><b>Shapes</b>: query {@code [batch, queries, width]}, value {@code [batch, keys, value width]}, key {@code [batch,
 * keys, width]}, output {@code [batch, queries, value width]}; or all with a heads axis behind the batch, where each
 * key/value head serves {@code heads / kv heads} query heads. Mask {@code [batch, keys]}, {@code [batch, queries,
 * keys]} or {@code [batch, heads, queries, keys]}.
 *
 * <p>Defaults as in Keras: dot products, no scale, no dropout, not causal.
 *
 * <p>The weights are a second output after {@link #returnScores}, and {@code pass.captured(path + ".scores")} when
 * the pass captures that name; without either they are never stored.
 *
 * <pre>{@code
 * Node context = Attention.of().scale(1 / Math.sqrt(64)).on(query, value);
 * }</pre>
 */
public final class Attention extends AttentionLayer<Attention> {

  /** The options, as saved. */
  public record Config(
      ScoreMode scoreMode, double scale, boolean useScale, double dropout, boolean causal, boolean masked,
      boolean lengths, boolean returnScores) {}

  private ScoreMode scoreMode = ScoreMode.DOT;
  private double scale = 1;
  private boolean useScale;
  private Param factor;
  private Param kernel;

  private Attention() {}

  /** The layer. */
  public static Attention of() {
    return new Attention();
  }

  static Attention from(Config c) {
    return of()
        .scoreMode(c.scoreMode)
        .scale(c.scale)
        .useScale(c.useScale)
        .dropout(c.dropout)
        .causal(c.causal)
        .masked(c.masked)
        .lengths(c.lengths)
        .returnScores(c.returnScores);
  }

  /** Sets how queries are scored against keys; default dot products. */
  public Attention scoreMode(ScoreMode mode) {
    requireUnbuilt();
    scoreMode = mode;
    return this;
  }

  /** Sets a constant factor of the scores; default 1. */
  public Attention scale(double factor) {
    requireUnbuilt();
    if (!Double.isFinite(factor)) {
      throw new IllegalArgumentException("Attention: expected a finite scale, given " + factor);
    }
    scale = factor;
    return this;
  }

  /**
   * Adds a trained factor, starting at 1 (Keras: of the scores, of the sum inside tanh for {@link ScoreMode#CONCAT}).
   */
  public Attention useScale(boolean use) {
    requireUnbuilt();
    useScale = use;
    return this;
  }

  /** The kernel of {@link ScoreMode#GENERAL} [query width, key width]; null otherwise and before the layer is built. */
  public Param kernel() {
    return kernel;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    AttentionInputs.require(who(), parts, 3, 4);
    Shape q = parts.query();
    Shape k = parts.key();
    if (scoreMode == ScoreMode.GENERAL) {
      kernel = param("kernel", Shape.of(q.last(), k.last()), Initializers.glorotUniform());
    } else if (q.last() != k.last()) {
      throw new ShapeException(who() + ": expected queries and keys of one width, given " + q + " and " + k);
    }
    if (q.rank() == 4 && (k.dim(1) < 1 || q.dim(1) % k.dim(1) != 0 || parts.value().dim(1) != k.dim(1))) {
      throw new ShapeException(
          who() + ": expected key/value heads that divide the query heads, given " + q + " and " + k);
    }
    if (useScale) {
      factor = param("scale", Shape.of(1), Initializers.ones());
    }
    if (scoreMode == ScoreMode.CONCAT) {
      kernel = param("concat_score_weight", Shape.of(1), Initializers.ones());
    }
    Shape y = q.with(-1, parts.value().last());
    return returnScores ? List.of(y, q.with(-1, k.dim(-2))) : List.of(y);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    AttentionInputs<Tensor> parts = AttentionInputs.of(who(), in, masked, lengths);
    boolean flat = parts.query().rank() == 3;
    Tensor q = flat ? parts.query().expandDims(1) : parts.query();
    Tensor k = flat ? parts.key().expandDims(1) : parts.key();
    Tensor v = flat ? parts.value().expandDims(1) : parts.value();
    AttentionOp.Rule rule = AttentionInputs.rule(who(), parts, causal, scale);
    String name = path() + ".scores";
    boolean wanted = returnScores || pass.wants(name);
    if (scoreMode != ScoreMode.CONCAT) {
      q = scoreMode == ScoreMode.GENERAL ? q.matmul(kernel) : q;
      q = useScale ? q.mul(factor) : q;
      if (!wanted && (dropout == 0 || !pass.isTraining())) {
        Tensor y = AttentionOp.apply(q, k, v, rule);
        return List.of(flat ? y.squeeze(1) : y);
      }
    }
    AttentionOp.Result r = scoreMode == ScoreMode.CONCAT
        ? concat(q, k, v, rule, pass)
        : AttentionOp.composed(q, k, v, rule, AttentionInputs.dropout(dropout, pass, path()));
    Tensor y = flat ? r.y().squeeze(1) : r.y();
    Tensor weights = flat ? r.weights().squeeze(1) : r.weights();
    if (pass.wants(name)) {
      pass.capture(name, weights);
    }
    return returnScores ? List.of(y, weights) : List.of(y);
  }

  private AttentionOp.Result concat(Tensor q, Tensor k, Tensor v, AttentionOp.Rule rule, Pass pass) {
    Tensor sums = q.expandDims(3).add(k.expandDims(2));
    Tensor scores = (useScale ? sums.mul(factor) : sums).tanh().sum(-1).mul(kernel).mul(scale);
    Tensor weights = AttentionOp.softmax(scores, rule);
    Tensor kept = AttentionInputs.dropout(dropout, pass, path()).apply(weights);
    return new AttentionOp.Result(kept.matmul(v), weights);
  }

  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    Shape q = parts.query();
    long heads = q.rank() == 4 ? Math.max(q.dim(1), 1) : 1;
    long scores = heads * AttentionInputs.pairs(q, parts.key()) * (parts.key().last() + parts.value().last());
    long rows = heads * Math.max(q.dim(-2), 1);
    return scores + (scoreMode == ScoreMode.GENERAL ? rows * q.last() * parts.key().last() : 0);
  }

  @Override
  Attention self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(scoreMode, scale, useScale, dropout, causal, masked, lengths, returnScores);
  }
}
