package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * One layer of a Transformer's encoder (Vaswani et al. 2017): self-attention and a network of two dense layers, each
 * with a residual connection and layer normalisation: {@code h = norm1(x + attention(x)); y = norm2(h +
 * linear2(activation( linear1(h))))}, or with {@link #normFirst} {@code h = x + attention(norm1(x)); y = h +
 * linear2(activation(linear1(norm2( h))))}. With {@link #causal} it is the block of a language model.
 *
 * <p><b>Inputs</b>, in this order: x, a mask if {@link #masked}, lengths if {@link #lengths}; both as in {@link
 * Attention}.
 *
 * <p><b>Shapes</b>: x and output {@code [batch, steps, width]}, width a multiple of the heads; parts {@code
 * self_attention}, {@code linear1} [width, feedForward], {@code linear2} [feedForward, width], {@code norm1}, {@code
 * norm2}.
 *
 * <p>Defaults as in PyTorch: ReLU, dropout 0.1, norm after the sum, epsilon 1e-5.
 *
 * <pre>{@code
 * Node y = TransformerEncoderLayer.of(8, 2048).lengths(true).on(x, lengths);
 * }</pre>
 */
public final class TransformerEncoderLayer extends MultiLayer {

  /** The options, as saved. */
  public record Config(
      long numHeads, long feedForward, Activation activation, double dropout, boolean normFirst, double epsilon,
      boolean bias, long kvHeads, double rotaryBase, boolean causal, boolean masked, boolean lengths) {}

  private final long numHeads;
  private final long feedForward;
  private Activation activation = Activation.RELU;
  private double dropout = 0.1;
  private boolean normFirst;
  private double epsilon = 1e-5;
  private boolean bias = true;
  private long kvHeads;
  private double rotaryBase;
  private boolean causal;
  private boolean masked;
  private boolean lengths;
  private MultiHeadAttention selfAttention;
  private TransformerParts parts;

  private TransformerEncoderLayer(long numHeads, long feedForward) {
    TransformerParts.positive("TransformerEncoderLayer", numHeads, feedForward);
    this.numHeads = numHeads;
    this.feedForward = feedForward;
    kvHeads = numHeads;
  }

  /**
   * The layer.
   *
   * @param numHeads heads of the attention
   * @param feedForward hidden units of the dense layers
   */
  public static TransformerEncoderLayer of(long numHeads, long feedForward) {
    return new TransformerEncoderLayer(numHeads, feedForward);
  }

  static TransformerEncoderLayer from(Config c) {
    return of(c.numHeads, c.feedForward)
        .activation(c.activation)
        .dropout(c.dropout)
        .normFirst(c.normFirst)
        .epsilon(c.epsilon)
        .bias(c.bias)
        .kvHeads(c.kvHeads)
        .rotary(c.rotaryBase)
        .causal(c.causal)
        .masked(c.masked)
        .lengths(c.lengths);
  }

  /** Sets what is applied between the two dense layers; default ReLU. */
  public TransformerEncoderLayer activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return this;
  }

  /**
   * Sets the part dropped while training of the weights, of the hidden values and of each branch;
   * default 0.1.
   */
  public TransformerEncoderLayer dropout(double rate) {
    requireUnbuilt();
    dropout = AttentionInputs.rate("TransformerEncoderLayer", rate);
    return this;
  }

  /** Normalises before each branch (pre-norm) instead of after each sum. */
  public TransformerEncoderLayer normFirst(boolean on) {
    requireUnbuilt();
    normFirst = on;
    return this;
  }

  /** Sets what the normalisations add to the variance; default 1e-5. */
  public TransformerEncoderLayer epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon("TransformerEncoderLayer", epsilon);
    return this;
  }

  /** Leaves the biases of all dense layers and normalisations out (false). */
  public TransformerEncoderLayer bias(boolean use) {
    requireUnbuilt();
    bias = use;
    return this;
  }

  /** Sets the number of key/value heads; default as many as heads. */
  public TransformerEncoderLayer kvHeads(long heads) {
    requireUnbuilt();
    kvHeads = heads;
    return this;
  }

  /**
   * Turns queries and keys of the self-attention by their positions, see {@link
   * MultiHeadAttention#rotary}; 0 for not.
   */
  public TransformerEncoderLayer rotary(double base) {
    requireUnbuilt();
    rotaryBase = base;
    return this;
  }

  /** Lets step i attend steps 0 to i only. */
  public TransformerEncoderLayer causal(boolean on) {
    requireUnbuilt();
    causal = on;
    return this;
  }

  /** Expects a mask as a further input. */
  public TransformerEncoderLayer masked(boolean on) {
    requireUnbuilt();
    masked = on;
    return this;
  }

  /** Expects lengths as the last input. */
  public TransformerEncoderLayer lengths(boolean on) {
    requireUnbuilt();
    lengths = on;
    return this;
  }

  @Override
  public TransformerEncoderLayer name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    int expected = 1 + (masked ? 1 : 0) + (lengths ? 1 : 0);
    if (in.size() != expected) {
      throw new IllegalArgumentException(who() + ": expected " + expected + " inputs, given " + in.size());
    }
    Shape x = in.get(0);
    TransformerParts.requireInput(who(), x, numHeads);
    MultiHeadAttention attention = MultiHeadAttention.of(numHeads, x.last() / numHeads).kvHeads(kvHeads).bias(bias)
        .dropout(dropout).rotary(rotaryBase).causal(causal).masked(masked).lengths(lengths);
    selfAttention = child("self_attention", attention);
    buildChild(selfAttention, TransformerParts.withExtras(x, x, in.subList(1, in.size())));
    parts = new TransformerParts(this::part, x, 2, feedForward, activation, dropout, epsilon, bias);
    return List.of(x);
  }

  private Layer part(String name, Layer block, Shape in) {
    Layer known = child(name, block);
    buildChild(known, in);
    return known;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor x = in.get(0);
    Tensor h = parts.branch(0, x, normFirst, pass, t -> selfAttention.call(
        TransformerParts.withExtras(t, t, in.subList(1, in.size())), pass).get(0));
    return List.of(parts.branch(1, h, normFirst, pass, t -> parts.network(t, pass)));
  }

  @Override
  public Config config() {
    return new Config(
        numHeads, feedForward, activation, dropout, normFirst, epsilon, bias, kvHeads, rotaryBase, causal, masked,
        lengths);
  }
}
