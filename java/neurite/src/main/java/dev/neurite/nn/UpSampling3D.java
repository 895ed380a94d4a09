package dev.neurite.nn;

import dev.neurite.ops.Resize2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Volumes larger by whole factors: every cell repeated.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output with the three
 * inner axes multiplied by their factors.
 */
public final class UpSampling3D extends Layer {

  /** The options, as saved: factors of depth, height and width. */
  public record Config(List<Long> factors) {}

  private final List<Long> factors;

  private UpSampling3D(long... factors) {
    this.factors = PoolingLayer.checkedSize("UpSampling3D", factors);
  }

  /** The same factor on all axes. */
  public static UpSampling3D of(long factor) {
    return of(factor, factor, factor);
  }

  /** A factor for each axis. */
  public static UpSampling3D of(long depth, long height, long width) {
    return new UpSampling3D(depth, height, width);
  }

  static UpSampling3D from(Config c) {
    return new UpSampling3D(PoolingLayer.longs(c.factors));
  }

  @Override
  public UpSampling3D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 3);
    long[] dims = in.dims();
    for (int i = 0; i < factors.size(); i++) {
      dims[i + 1] = dims[i + 1] < 0 ? -1 : Math.multiplyExact(dims[i + 1], factors.get(i));
    }
    return Shape.of(dims);
  }

  /** Slices are enlarged as images; then the depth, as the height of an image of whole slices. */
  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    Tensor slices = x.reshape(x.dim(0) * x.dim(1), x.dim(2), x.dim(3), x.dim(4));
    Tensor wide = Resize2d.apply(slices, out.dim(2), out.dim(3), Resize2d.Mode.NEAREST, false, 0);
    Tensor column = wide.reshape(x.dim(0), x.dim(1), 1, out.dim(2) * out.dim(3) * out.dim(4));
    return Resize2d.apply(column, out.dim(1), 1, Resize2d.Mode.NEAREST, false, 0).reshape(out);
  }

  @Override
  public Config config() {
    return new Config(factors);
  }
}
