package dev.neurite.nn;

import dev.neurite.tensor.Shape;

/**
 * The options both layers of a Transformer have; each returns the layer itself.
 *
 * @param <L> the layer's own type
 */
abstract class TransformerLayer<L extends MultiLayer> extends MultiLayer {

  final long numHeads;
  final long feedForward;
  Activation activation = Activation.RELU;
  double dropout = 0.1;
  boolean normFirst;
  double epsilon = 1e-5;
  boolean bias = true;
  long kvHeads;
  double rotaryBase;
  boolean causal;
  boolean masked;
  boolean lengths;

  TransformerLayer(long numHeads, long feedForward, boolean causal) {
    TransformerParts.positive(typeName(), numHeads, feedForward);
    this.numHeads = numHeads;
    this.feedForward = feedForward;
    this.causal = causal;
    kvHeads = numHeads;
  }

  abstract L self();

  /** Sets what is applied between the two dense layers; default ReLU. */
  public final L activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return self();
  }

  /**
   * Sets the part dropped while training of the weights, of the hidden values and of each branch;
   * default 0.1.
   */
  public final L dropout(double rate) {
    requireUnbuilt();
    dropout = AttentionInputs.rate(typeName(), rate);
    return self();
  }

  /** Normalises before each branch (pre-norm) instead of after each sum. */
  public final L normFirst(boolean on) {
    requireUnbuilt();
    normFirst = on;
    return self();
  }

  /** Sets what the normalisations add to the variance; default 1e-5. */
  public final L epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon(typeName(), epsilon);
    return self();
  }

  /** Leaves the biases of all dense layers and normalisations out (false). */
  public final L bias(boolean use) {
    requireUnbuilt();
    bias = use;
    return self();
  }

  /** Sets the number of key/value heads; default as many as heads. */
  public final L kvHeads(long heads) {
    requireUnbuilt();
    kvHeads = heads;
    return self();
  }

  /**
   * Turns queries and keys of the self-attention by their positions, see {@link
   * MultiHeadAttention#rotary}; 0 for not.
   */
  public final L rotary(double base) {
    requireUnbuilt();
    rotaryBase = base;
    return self();
  }

  /** Lets step i attend steps 0 to i of x only; default true in a decoder, false in an encoder. */
  public final L causal(boolean on) {
    requireUnbuilt();
    causal = on;
    return self();
  }

  /** Expects a mask of x as a further input. */
  public final L masked(boolean on) {
    requireUnbuilt();
    masked = on;
    return self();
  }

  /** Expects lengths of x as a further input, after its mask. */
  public final L lengths(boolean on) {
    requireUnbuilt();
    lengths = on;
    return self();
  }

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  /** How many inputs x has besides itself. */
  final int ownExtras() {
    return (masked ? 1 : 0) + (lengths ? 1 : 0);
  }

  final void requireExactly(int expected, int given) {
    if (given != expected) {
      throw new IllegalArgumentException(who() + ": expected " + expected + " inputs, given " + given);
    }
  }

  /** An attention with the shared options, for inputs of the given width. */
  final MultiHeadAttention attention(long width) {
    return MultiHeadAttention.of(numHeads, width / numHeads).kvHeads(kvHeads).bias(bias).dropout(dropout);
  }

  /** The attention of x to itself. */
  final MultiHeadAttention selfAttention(long width) {
    return attention(width).rotary(rotaryBase).causal(causal).masked(masked).lengths(lengths);
  }

  /** The dense layers and so many normalisations. */
  final TransformerParts parts(Shape x, int branches) {
    return new TransformerParts(this::part, x, branches, feedForward, activation, dropout, epsilon, bias);
  }

  private Layer part(String name, Layer block, Shape in) {
    Layer known = child(name, block);
    buildChild(known, in);
    return known;
  }
}
