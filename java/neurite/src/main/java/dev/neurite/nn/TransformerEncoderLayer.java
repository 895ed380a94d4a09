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
public final class TransformerEncoderLayer extends TransformerLayer<TransformerEncoderLayer> {

  /** The options, as saved. */
  public record Config(
      long numHeads, long feedForward, Activation activation, double dropout, boolean normFirst, double epsilon,
      boolean bias, long kvHeads, double rotaryBase, boolean causal, boolean masked, boolean lengths) {}

  private MultiHeadAttention selfAttention;
  private TransformerParts parts;

  private TransformerEncoderLayer(long numHeads, long feedForward) {
    super(numHeads, feedForward, false);
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

  @Override
  protected List<Shape> build(List<Shape> in) {
    requireExactly(1 + ownExtras(), in.size());
    Shape x = in.get(0);
    TransformerParts.requireInput(who(), x, numHeads);
    selfAttention = child("self_attention", selfAttention(x.last()));
    buildChild(selfAttention, TransformerParts.withExtras(x, x, in.subList(1, in.size())));
    parts = parts(x, 2);
    return List.of(x);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor x = in.get(0);
    Tensor h = parts.branch(0, x, normFirst, pass, t -> selfAttention.call(
        TransformerParts.withExtras(t, t, in.subList(1, in.size())), pass).get(0));
    return List.of(parts.branch(1, h, normFirst, pass, t -> parts.network(t, pass)));
  }

  @Override
  TransformerEncoderLayer self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        numHeads, feedForward, activation, dropout, normFirst, epsilon, bias, kvHeads, rotaryBase, causal, masked,
        lengths);
  }
}
