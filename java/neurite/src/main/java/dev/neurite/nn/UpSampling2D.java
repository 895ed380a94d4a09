package dev.neurite.nn;

import dev.neurite.ops.Resize2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Images larger by whole factors; every cell repeated, or interpolated at half-pixel centres.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, height *
 * vertical, width * horizontal, channels]}.
 *
 * <p>Default as in Keras: {@link Interpolation#NEAREST}.
 */
public final class UpSampling2D extends Layer {

  /** The options, as saved. */
  public record Config(long vertical, long horizontal, Interpolation interpolation) {}

  private final long vertical;
  private final long horizontal;
  private Interpolation interpolation = Interpolation.NEAREST;

  private UpSampling2D(long vertical, long horizontal) {
    PoolingLayer.checkedSize("UpSampling2D", vertical, horizontal);
    this.vertical = vertical;
    this.horizontal = horizontal;
  }

  /** The same factor on both axes. */
  public static UpSampling2D of(long factor) {
    return of(factor, factor);
  }

  /** A factor for each axis. */
  public static UpSampling2D of(long vertical, long horizontal) {
    return new UpSampling2D(vertical, horizontal);
  }

  static UpSampling2D from(Config c) {
    return of(c.vertical, c.horizontal).interpolation(c.interpolation);
  }

  /** Sets how a value between the cells is found; default: the nearest cell. */
  public UpSampling2D interpolation(Interpolation how) {
    requireUnbuilt();
    interpolation = how;
    return this;
  }

  @Override
  public UpSampling2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 2);
    long h = in.dim(1) < 0 ? -1 : Math.multiplyExact(in.dim(1), vertical);
    long w = in.dim(2) < 0 ? -1 : Math.multiplyExact(in.dim(2), horizontal);
    return Shape.of(in.dim(0), h, w, in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    return Resize2d.apply(x, out.dim(1), out.dim(2), interpolation.mode, false, Resize2D.CUBIC);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 0) * interpolation.taps();
  }

  @Override
  public Config config() {
    return new Config(vertical, horizontal, interpolation);
  }
}
