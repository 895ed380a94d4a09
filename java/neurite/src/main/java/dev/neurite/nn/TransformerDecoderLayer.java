package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * One layer of a Transformer's decoder (Vaswani et al. 2017): causal self-attention, attention to the encoder's output,
 * and a network of two dense layers, each with a residual connection and layer normalisation: {@code h = norm1(x +
 * selfAttention(x)); c = norm2(h + attention(h, memory)); y = norm3(c + linear2(activation(linear1(c))))}; with {@link
 * #normFirst} the normalisations stand before the branches.
 *
 * <p><b>Inputs</b>, in this order: x, memory; then, each if told, a mask and lengths of x ({@link #masked}, {@link
 * #lengths}), a mask and lengths of the memory ({@link #memoryMasked}, {@link #memoryLengths}); all as in {@link
 * Attention}.
 *
 * <p><b>Shapes</b>: x and output {@code [batch, steps, width]}, memory {@code [batch, memory steps, memory width]},
 * width a multiple of the heads; parts {@code self_attention}, {@code cross_attention}, {@code linear1} [width,
 * feedForward], {@code linear2} [feedForward, width], {@code norm1} to {@code norm3}.
 *
 * <p>Defaults as in PyTorch: ReLU, dropout 0.1, norm after the sum, epsilon 1e-5; unlike there, causal.
 *
 * <pre>{@code
 * Node y = TransformerDecoderLayer.of(8, 2048).memoryLengths(true).on(x, memory, lengths);
 * }</pre>
 */
public final class TransformerDecoderLayer extends TransformerLayer<TransformerDecoderLayer> {

  /** The options, as saved. */
  public record Config(
      long numHeads, long feedForward, Activation activation, double dropout, boolean normFirst, double epsilon,
      boolean bias, long kvHeads, double rotaryBase, boolean causal, boolean masked, boolean lengths,
      boolean memoryMasked, boolean memoryLengths) {}

  private boolean memoryMasked;
  private boolean memoryLengths;
  private MultiHeadAttention selfAttention;
  private MultiHeadAttention crossAttention;
  private TransformerParts parts;

  private TransformerDecoderLayer(long numHeads, long feedForward) {
    super(numHeads, feedForward, true);
  }

  /**
   * The layer.
   *
   * @param numHeads heads of both attentions
   * @param feedForward hidden units of the dense layers
   */
  public static TransformerDecoderLayer of(long numHeads, long feedForward) {
    return new TransformerDecoderLayer(numHeads, feedForward);
  }

  static TransformerDecoderLayer from(Config c) {
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
        .lengths(c.lengths)
        .memoryMasked(c.memoryMasked)
        .memoryLengths(c.memoryLengths);
  }

  /** Expects a mask of the memory as a further input. */
  public TransformerDecoderLayer memoryMasked(boolean on) {
    requireUnbuilt();
    memoryMasked = on;
    return this;
  }

  /** Expects lengths of the memory as the last input. */
  public TransformerDecoderLayer memoryLengths(boolean on) {
    requireUnbuilt();
    memoryLengths = on;
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    requireExactly(2 + ownExtras() + (memoryMasked ? 1 : 0) + (memoryLengths ? 1 : 0), in.size());
    Shape x = in.get(0);
    TransformerParts.requireInput(who(), x, numHeads);
    selfAttention = child("self_attention", selfAttention(x.last()));
    crossAttention = child("cross_attention", attention(x.last()).masked(memoryMasked).lengths(memoryLengths));
    buildChild(selfAttention, TransformerParts.withExtras(x, x, own(in)));
    buildChild(crossAttention, TransformerParts.withExtras(x, in.get(1), memory(in)));
    parts = parts(x, 3);
    return List.of(x);
  }

  private <T> List<T> own(List<T> in) {
    return in.subList(2, 2 + ownExtras());
  }

  private <T> List<T> memory(List<T> in) {
    return in.subList(2 + ownExtras(), in.size());
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor h = parts.branch(0, in.get(0), normFirst, pass, t -> selfAttention.call(
        TransformerParts.withExtras(t, t, own(in)), pass).get(0));
    Tensor c = parts.branch(1, h, normFirst, pass, t -> crossAttention.call(
        TransformerParts.withExtras(t, in.get(1), memory(in)), pass).get(0));
    return List.of(parts.branch(2, c, normFirst, pass, t -> parts.network(t, pass)));
  }

  @Override
  TransformerDecoderLayer self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        numHeads, feedForward, activation, dropout, normFirst, epsilon, bias, kvHeads, rotaryBase, causal, masked,
        lengths, memoryMasked, memoryLengths);
  }
}
