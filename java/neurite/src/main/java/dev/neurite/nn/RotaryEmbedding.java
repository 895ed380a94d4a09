package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Rotary position embedding (Su et al. 2021): turns each pair (a, b) of values at position p by the angle {@code p /
 * base^(2i / width)}, {@code (a cos - b sin, a sin + b cos)}, so that products of queries and keys depend on the
 * distance of their positions.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, positions, width]}, width even, of any length. {@link
 * MultiHeadAttention#rotary} applies it inside the heads.
 *
 * <p>Defaults: pairs (i, i + width/2), base 10000.
 *
 * <pre>{@code
 * Tensor turned = RotaryEmbedding.of().call(queries);
 * }</pre>
 */
public final class RotaryEmbedding extends Layer {

  /** Which values are pairs. */
  public enum Layout {
    /** Values i and {@code i + width / 2}. */
    HALF,
    /** Values 2i and 2i + 1. */
    INTERLEAVED
  }

  /** The options, as saved. */
  public record Config(Layout layout, double base) {}

  private Layout layout = Layout.HALF;
  private double base = 10000;

  private RotaryEmbedding() {}

  /** The layer. */
  public static RotaryEmbedding of() {
    return new RotaryEmbedding();
  }

  static RotaryEmbedding from(Config c) {
    return of().layout(c.layout).base(c.base);
  }

  /** Sets which values are pairs. */
  public RotaryEmbedding layout(Layout layout) {
    requireUnbuilt();
    this.layout = layout;
    return this;
  }

  /** Sets the base, above 0. */
  public RotaryEmbedding base(double base) {
    requireUnbuilt();
    this.base = PositionTables.base("RotaryEmbedding", base);
    return this;
  }

  @Override
  public RotaryEmbedding name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3 || in.last() < 2 || in.last() % 2 != 0) {
      throw new ShapeException(who() + ": expected [batch, *, positions, width] with an even width, given " + in);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return turn(x, layout, base);
  }

  /** The rotation of [*, positions, width]. */
  static Tensor turn(Tensor x, Layout layout, double base) {
    int last = x.rank() - 1;
    long half = x.dim(last) / 2;
    Tensor angles = PositionTables.angles(x.dim(last - 1), x.dim(last), base);
    Tensor cos = angles.cos().cast(x.dtype());
    Tensor sin = angles.sin().cast(x.dtype());
    if (layout == Layout.HALF) {
      Tensor a = x.slice(last, 0, half);
      Tensor b = x.slice(last, half, 2 * half);
      return Tensor.concat(last, List.of(a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))));
    }
    Tensor pairs = x.reshape(x.shape().with(last, half).append(2));
    Tensor a = pairs.select(last + 1, 0);
    Tensor b = pairs.select(last + 1, 1);
    return Tensor.stack(last + 1, List.of(a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos)))).reshape(x.shape());
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return 2 * Positions.of(in, 0);
  }

  @Override
  public Config config() {
    return new Config(layout, base);
  }
}
