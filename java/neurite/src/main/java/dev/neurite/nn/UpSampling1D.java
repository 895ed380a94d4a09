package dev.neurite.nn;

import dev.neurite.ops.Resize2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Every step repeated: {@code y[b,t,c] = x[b, floor(t / size), c]}.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, length * size,
 * channels]}.
 */
public final class UpSampling1D extends Layer {

  /** The options, as saved. */
  public record Config(long size) {}

  private final long size;

  private UpSampling1D(long size) {
    PoolingLayer.checkedSize("UpSampling1D", size);
    this.size = size;
  }

  /** Every step so many times. */
  public static UpSampling1D of(long size) {
    return new UpSampling1D(size);
  }

  static UpSampling1D from(Config c) {
    return of(c.size);
  }

  @Override
  public UpSampling1D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 1);
    return Shape.of(in.dim(0), in.dim(1) < 0 ? -1 : Math.multiplyExact(in.dim(1), size), in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    return Resize2d.apply(x.expandDims(1), 1, out.dim(1), Resize2d.Mode.NEAREST, false, 0).squeeze(1);
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
