package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.AttentionOp;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Additive attention (Bahdanau, Cho and Bengio 2015): {@code y = softmax(score + mask) value}, where a small network
 * scores each pair, {@code score = scale . tanh(query query_kernel + key key_kernel + bias)}.
 *
 * <p>{@link #of()} is Keras' form without kernels, {@code scale . tanh(query + key)}; {@link #of(long)} has the
 * kernels: Dense(units, tanh) on query and key joined, then Dense(1), as in Ng's course (a bias of the latter would
 * cancel in the softmax).
 *
 * <p><b>Inputs</b>, in this order: query, value, key (left out: the values), a mask if {@link #masked}, lengths if
 * {@link #lengths}; masks and lengths as in {@link Attention}.
 *
 * <p><b>Shapes</b>: query {@code [batch, queries, width]}, value {@code [batch, keys, value width]}, key {@code [batch,
 * keys, key width]}, output {@code [batch, queries, value width]}; {@code query_kernel} [width, units], {@code
 * key_kernel} [key width, units], {@code bias} and {@code scale} [units].
 *
 * <p>Defaults: trained scale, Glorot uniform, no bias, no dropout.
 *
 * <pre>{@code
 * Node context = AdditiveAttention.of(10).bias(true).on(decoderState, encoderOutputs);
 * }</pre>
 */
public final class AdditiveAttention extends AttentionLayer<AdditiveAttention> {

  /** The options, as saved; 0 units stand for the form without kernels. */
  public record Config(
      long units, boolean useScale, boolean bias, double dropout, boolean causal, boolean masked, boolean lengths,
      boolean returnScores, Initializer initializer) {}

  private final long units;
  private boolean useScale = true;
  private boolean useBias;
  private Initializer initializer = Initializers.glorotUniform();
  private Param queryKernel;
  private Param keyKernel;
  private Param bias;
  private Param scale;

  private AdditiveAttention(long units) {
    this.units = units;
  }

  /** Keras' form: queries and keys of one width are added as they are. */
  public static AdditiveAttention of() {
    return new AdditiveAttention(0);
  }

  /** The form with a hidden layer of the given number of units. */
  public static AdditiveAttention of(long units) {
    if (units < 1) {
      throw new IllegalArgumentException("AdditiveAttention: expected at least one unit, given " + units);
    }
    return new AdditiveAttention(units);
  }

  static AdditiveAttention from(Config c) {
    return new AdditiveAttention(c.units)
        .useScale(c.useScale)
        .bias(c.bias)
        .dropout(c.dropout)
        .causal(c.causal)
        .masked(c.masked)
        .lengths(c.lengths)
        .returnScores(c.returnScores)
        .initializer(c.initializer);
  }

  /** Leaves the trained scale out (false): the hidden values are summed. */
  public AdditiveAttention useScale(boolean use) {
    requireUnbuilt();
    useScale = use;
    return this;
  }

  /** Adds a bias inside tanh; only with units. */
  public AdditiveAttention bias(boolean use) {
    requireUnbuilt();
    if (use && units == 0) {
      throw new IllegalArgumentException("AdditiveAttention: expected of(units) for a bias, given none");
    }
    useBias = use;
    return this;
  }

  /** Sets what draws kernels and scale; the bias starts at 0. */
  public AdditiveAttention initializer(Initializer initializer) {
    requireUnbuilt();
    this.initializer = initializer;
    return this;
  }

  /** Kernel of the queries; null without units and before the layer is built. */
  public Param queryKernel() {
    return queryKernel;
  }

  /** Kernel of the keys; null without units and before the layer is built. */
  public Param keyKernel() {
    return keyKernel;
  }

  /** Weights of the hidden values; null without scale and before the layer is built. */
  public Param scale() {
    return scale;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    AttentionInputs.require(who(), parts, 3, 3);
    Shape q = parts.query();
    Shape k = parts.key();
    long hidden = units;
    if (units > 0) {
      queryKernel = param("query_kernel", Shape.of(q.last(), units), initializer);
      keyKernel = param("key_kernel", Shape.of(k.last(), units), initializer);
      bias = useBias ? param("bias", Shape.of(units), Initializers.zeros()) : null;
    } else if (q.last() != k.last()) {
      throw new ShapeException(who() + ": expected queries and keys of one width, given " + q + " and " + k);
    } else {
      hidden = q.last();
    }
    if (useScale) {
      scale = param("scale", Shape.of(hidden), initializer);
    }
    Shape y = q.with(-1, parts.value().last());
    return returnScores ? List.of(y, q.with(-1, k.dim(-2))) : List.of(y);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    AttentionInputs<Tensor> parts = AttentionInputs.of(who(), in, masked, lengths);
    Tensor q = units > 0 ? parts.query().matmul(queryKernel) : parts.query();
    Tensor k = units > 0 ? parts.key().matmul(keyKernel) : parts.key();
    q = bias == null ? q : q.add(bias);
    Tensor hidden = q.expandDims(2).add(k.expandDims(1)).tanh();
    Tensor scores = (useScale ? hidden.mul(scale) : hidden).sum(-1).expandDims(1);
    Tensor weights = AttentionOp.softmax(scores, AttentionInputs.rule(who(), parts, causal, 1)).squeeze(1);
    Tensor y = AttentionInputs.dropout(dropout, pass, path()).apply(weights).matmul(parts.value());
    String name = path() + ".scores";
    if (pass.wants(name)) {
      pass.capture(name, weights);
    }
    return returnScores ? List.of(y, weights) : List.of(y);
  }

  @Override
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    AttentionInputs<Shape> parts = AttentionInputs.of(who(), in, masked, lengths);
    Shape q = parts.query();
    Shape k = parts.key();
    long hidden = units > 0 ? units : q.last();
    long kernels = units * (Math.max(q.dim(1), 1) * q.last() + Math.max(k.dim(1), 1) * k.last());
    return kernels + AttentionInputs.pairs(q, k) * (hidden + parts.value().last());
  }

  @Override
  AdditiveAttention self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(units, useScale, useBias, dropout, causal, masked, lengths, returnScores, initializer);
  }
}
