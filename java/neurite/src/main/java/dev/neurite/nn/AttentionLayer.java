package dev.neurite.nn;

/**
 * The options all attentions share; each returns the layer itself.
 *
 * @param <L> the layer's own type
 */
abstract class AttentionLayer<L extends MultiLayer> extends MultiLayer {

  double dropout;
  boolean causal;
  boolean masked;
  boolean lengths;
  boolean returnScores;

  abstract L self();

  /** Sets the part of the weights dropped while training, in [0, 1). */
  public final L dropout(double rate) {
    requireUnbuilt();
    dropout = AttentionInputs.rate(typeName(), rate);
    return self();
  }

  /** Lets query i attend keys 0 to i only. */
  public final L causal(boolean on) {
    requireUnbuilt();
    causal = on;
    return self();
  }

  /** Expects a mask as a further input. */
  public final L masked(boolean on) {
    requireUnbuilt();
    masked = on;
    return self();
  }

  /** Expects the keys' lengths as the last input. */
  public final L lengths(boolean on) {
    requireUnbuilt();
    lengths = on;
    return self();
  }

  /** Makes the weights {@code [batch, (heads,) queries, keys]} the second output. */
  public final L returnScores(boolean on) {
    requireUnbuilt();
    returnScores = on;
    return self();
  }

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }
}
