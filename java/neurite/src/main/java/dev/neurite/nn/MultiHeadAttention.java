package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.AttentionOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Multi-head attention (Vaswani et al. 2017): each head attends with {@code softmax(q k^T / sqrt(keyDim)) v} on its own
 * projections of query, key and value; the heads side by side are projected once more.
 *
 * <p><b>Inputs</b>, in this order: query, value, key (left out: the values), a mask if {@link #masked}, lengths if
 * {@link #lengths}; masks and lengths as in {@link Attention}. Self-attention is {@code on(x, x)}.
 *
 * <p><b>Shapes</b>: query {@code [batch, queries, width]}, value and key {@code [batch, keys, *]}, output {@code
 * [batch, queries, width]} (or {@link #outputShape}). The parts {@code query}, {@code key}, {@code value} and {@code
 * output} are {@link Dense}: Keras' kernels [width, heads, dim] and [heads, dim, width] with their heads and dims
 * joined.
 *
 * <p>Defaults as in Keras: value dim as key dim, biases, no dropout, Glorot uniform; as many key/value heads as heads
 * (fewer: grouped queries, Ainslie et al. 2023).
 *
 * <p>The weights {@code [batch, heads, queries, keys]} are a second output after {@link #returnScores}, and {@code
 * pass.captured(path + ".scores")} when the pass captures that name; without either they are never stored.
 *
 * <pre>{@code
 * Node y = MultiHeadAttention.of(8, 64).causal(true).dropout(0.1).on(x, x);
 * }</pre>
 */
public final class MultiHeadAttention extends AttentionLayer<MultiHeadAttention> {

  /** The options, as saved; an empty output shape stands for the query's width, rotary base 0 for none. */
  public record Config(
      long numHeads, long keyDim, long valueDim, long kvHeads, List<Long> outputShape, boolean bias, double dropout,
      boolean causal, boolean masked, boolean lengths, boolean returnScores, double rotaryBase,
      Initializer kernelInitializer, Initializer biasInitializer, Regularizer kernelRegularizer,
      Regularizer biasRegularizer) {}

  private final long numHeads;
  private final long keyDim;
  private long valueDim;
  private long kvHeads;
  private long[] outputShape = {};
  private boolean bias = true;
  private double rotaryBase;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Regularizer kernelRegularizer;
  private Regularizer biasRegularizer;
  private Dense query;
  private Dense key;
  private Dense value;
  private Dense output;

  private MultiHeadAttention(long numHeads, long keyDim) {
    this.numHeads = positive("heads", numHeads);
    this.keyDim = positive("values per key", keyDim);
    valueDim = keyDim;
    kvHeads = numHeads;
  }

  private static long positive(String what, long n) {
    if (n < 1) {
      throw new IllegalArgumentException("MultiHeadAttention: expected 1 or more " + what + ", given " + n);
    }
    return n;
  }

  /**
   * The layer.
   *
   * @param numHeads number of heads
   * @param keyDim width of a head's queries and keys
   */
  public static MultiHeadAttention of(long numHeads, long keyDim) {
    return new MultiHeadAttention(numHeads, keyDim);
  }

  static MultiHeadAttention from(Config c) {
    return of(c.numHeads, c.keyDim)
        .valueDim(c.valueDim)
        .kvHeads(c.kvHeads)
        .outputShape(c.outputShape.stream().mapToLong(Long::longValue).toArray())
        .bias(c.bias)
        .dropout(c.dropout)
        .causal(c.causal)
        .masked(c.masked)
        .lengths(c.lengths)
        .returnScores(c.returnScores)
        .rotary(c.rotaryBase)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer)
        .kernelRegularizer(c.kernelRegularizer)
        .biasRegularizer(c.biasRegularizer);
  }

  /** Sets the width of a head's values; default the key dim. */
  public MultiHeadAttention valueDim(long width) {
    requireUnbuilt();
    valueDim = positive("values per value", width);
    return this;
  }

  /**
   * Sets the number of key/value heads, a divisor of the heads; query head h uses number {@code h / (heads /
   * kvHeads)}.
   */
  public MultiHeadAttention kvHeads(long heads) {
    requireUnbuilt();
    if (positive("key/value heads", heads) > numHeads || numHeads % heads != 0) {
      throw new IllegalArgumentException(
          "MultiHeadAttention: expected key/value heads that divide " + numHeads + ", given " + heads);
    }
    kvHeads = heads;
    return this;
  }

  /** Sets the shape of one output step; without arguments (default) the query's width. */
  public MultiHeadAttention outputShape(long... shape) {
    requireUnbuilt();
    Arrays.stream(shape).forEach(n -> positive("values per output axis", n));
    outputShape = shape.clone();
    return this;
  }

  /** Leaves all biases out (false). */
  public MultiHeadAttention bias(boolean use) {
    requireUnbuilt();
    bias = use;
    return this;
  }

  /** Turns queries and keys by their positions as {@link RotaryEmbedding} does, with that base; 0 (default) for not. */
  public MultiHeadAttention rotary(double base) {
    requireUnbuilt();
    if (!(base >= 0) || Double.isInfinite(base) || base > 0 && keyDim % 2 != 0) {
      throw new IllegalArgumentException(
          "MultiHeadAttention: expected a positive rotary base and an even key dim, given " + base + " and " + keyDim);
    }
    rotaryBase = base;
    return this;
  }

  /** Sets what draws the kernels. */
  public MultiHeadAttention kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the biases. */
  public MultiHeadAttention biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  /** Sets a penalty on each kernel; null (default) for none. */
  public MultiHeadAttention kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on each bias; null (default) for none. */
  public MultiHeadAttention biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return this;
  }

  /** The projection of queries; null before the layer is built. */
  public Dense query() {
    return query;
  }

  /** The projection of keys; null before the layer is built. */
  public Dense key() {
    return key;
  }

  /** The projection of values; null before the layer is built. */
  public Dense value() {
    return value;
  }

  /** The last projection; null before the layer is built. */
  public Dense output() {
    return output;
  }

  private Dense dense(long units) {
    return Dense.of(units)
        .bias(bias)
        .kernelInitializer(kernelInitializer)
        .biasInitializer(biasInitializer)
        .kernelRegularizer(kernelRegularizer)
        .biasRegularizer(biasRegularizer);
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    AttentionInputs.require(who(), parts, 3, 3);
    Shape q = parts.query();
    long width = outputShape.length == 0 ? q.last() : Shape.of(outputShape).size();
    query = child("query", dense(numHeads * keyDim));
    key = child("key", dense(kvHeads * keyDim));
    value = child("value", dense(kvHeads * valueDim));
    output = child("output", dense(width));
    buildChild(query, q);
    buildChild(key, parts.key());
    buildChild(value, parts.value());
    buildChild(output, q.with(-1, numHeads * valueDim));
    Shape y = shaped(q);
    return returnScores ? List.of(y, Shape.of(q.dim(0), numHeads, q.dim(1), parts.key().dim(1))) : List.of(y);
  }

  private Shape shaped(Shape q) {
    Shape y = outputShape.length == 0 ? q : q.slice(0, 2);
    for (long n : outputShape) {
      y = y.append(n);
    }
    return y;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    AttentionInputs<Tensor> parts = AttentionInputs.of(who(), in, masked, lengths);
    if (parts.query().rank() != 3) {
      throw new ShapeException(who() + ": expected a query [batch, steps, width], given " + parts.query().shape());
    }
    Tensor q = turned(heads(query.call(parts.query(), pass), numHeads));
    Tensor k = turned(heads(key.call(parts.key(), pass), kvHeads));
    Tensor v = heads(value.call(parts.value(), pass), kvHeads);
    AttentionOp.Rule rule = AttentionInputs.rule(who(), parts, causal, 1 / Math.sqrt(keyDim));
    String name = path() + ".scores";
    if (!returnScores && !pass.wants(name) && (dropout == 0 || !pass.isTraining())) {
      return List.of(joined(AttentionOp.apply(q, k, v, rule), parts.query().shape(), pass));
    }
    AttentionOp.Result r = AttentionOp.composed(q, k, v, rule, AttentionInputs.dropout(dropout, pass, path()));
    if (pass.wants(name)) {
      pass.capture(name, r.weights());
    }
    Tensor y = joined(r.y(), parts.query().shape(), pass);
    return returnScores ? List.of(y, r.weights()) : List.of(y);
  }

  /** [batch, steps, heads * dim] as [batch, heads, steps, dim], without a copy. */
  private static Tensor heads(Tensor x, long heads) {
    return x.reshape(x.dim(0), x.dim(1), heads, x.dim(2) / heads).permute(0, 2, 1, 3);
  }

  private Tensor turned(Tensor x) {
    return rotaryBase == 0 ? x : RotaryEmbedding.turn(x, RotaryEmbedding.Layout.HALF, rotaryBase);
  }

  private Tensor joined(Tensor y, Shape q, Pass pass) {
    Tensor side = y.permute(0, 2, 1, 3).reshape(q.dim(0), q.dim(1), numHeads * valueDim);
    Tensor out = output.call(side, pass);
    return outputShape.length < 2 ? out : out.reshape(shaped(q));
  }

  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    return numHeads * AttentionInputs.pairs(parts.query(), parts.key()) * (keyDim + valueDim);
  }

  @Override
  MultiHeadAttention self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        numHeads, keyDim, valueDim, kvHeads, Arrays.stream(outputShape).boxed().toList(), bias, dropout, causal, masked,
        lengths, returnScores, rotaryBase, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
