package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Zeros around the input.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output with every axis longer by its
 * two widths. {@link Pad1D} puts other things around.
 */
public final class ZeroPadding1D extends BorderLayer {

  /** The options, as saved: before, after. */
  public record Config(List<Long> widths) {}

  private ZeroPadding1D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static ZeroPadding1D of(long width) {
    return of(width, width);
  }

  /** A border of given widths. */
  public static ZeroPadding1D of(long before, long after) {
    return new ZeroPadding1D(before, after);
  }

  static ZeroPadding1D from(Config c) {
    return new ZeroPadding1D(longs(c.widths));
  }

  @Override
  public ZeroPadding1D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return resized(in, 1);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.pad(side(0), side(1), 0);
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
