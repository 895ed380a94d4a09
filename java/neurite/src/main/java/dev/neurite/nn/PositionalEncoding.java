package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Adds fixed waves that tell positions apart (Vaswani et al. 2017): {@code y[p, 2i] = x[p, 2i] + sin(p / base^(2i /
 * width))} and {@code y[p, 2i + 1] = x[p, 2i + 1] + cos} of the same angle.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, positions, width]}, of any length.
 *
 * <p>Defaults: sines and cosines interleaved, base 10000.
 *
 * <pre>{@code
 * Model.sequential(Input.of(20).dtype(DType.INT64), Embedding.of(5000, 64), PositionalEncoding.of());
 * }</pre>
 */
public final class PositionalEncoding extends Layer {

  /** Where sines and cosines stand. */
  public enum Layout {
    /** Sine, cosine, sine, cosine. */
    INTERLEAVED,
    /** All sines, then all cosines. */
    CONCATENATED
  }

  /** The options, as saved. */
  public record Config(Layout layout, double base) {}

  private Layout layout = Layout.INTERLEAVED;
  private double base = 10000;

  private PositionalEncoding() {}

  /** The layer. */
  public static PositionalEncoding of() {
    return new PositionalEncoding();
  }

  static PositionalEncoding from(Config c) {
    return of().layout(c.layout).base(c.base);
  }

  /** Sets where sines and cosines stand. */
  public PositionalEncoding layout(Layout layout) {
    requireUnbuilt();
    this.layout = layout;
    return this;
  }

  /** Sets the base, above 0; the longest wave has about {@code 2 pi base} positions. */
  public PositionalEncoding base(double base) {
    requireUnbuilt();
    this.base = PositionTables.base("PositionalEncoding", base);
    return this;
  }

  @Override
  public PositionalEncoding name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, *, positions, width] with a known width, given " + in);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    long positions = x.dim(-2);
    long width = x.dim(-1);
    Tensor angles = PositionTables.angles(positions, width, base);
    List<Tensor> waves = List.of(angles.sin(), angles.cos());
    Tensor table = layout == Layout.INTERLEAVED
        ? Tensor.stack(2, waves).reshape(positions, 2 * angles.dim(1))
        : Tensor.concat(1, waves);
    return x.add(table.slice(1, 0, width).cast(x.dtype()));
  }

  @Override
  public Config config() {
    return new Config(layout, base);
  }
}
