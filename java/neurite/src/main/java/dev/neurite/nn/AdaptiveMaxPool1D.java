package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Largest value of windows chosen so that the result has a given size, whatever the input's: window
 * i of an axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) -
 * 1}; ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, size,
 * channels]}. As PyTorch's {@code AdaptiveMaxPool1d}.
 */
public final class AdaptiveMaxPool1D extends Layer {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private final List<Long> size;

  private AdaptiveMaxPool1D(long... size) {
    this.size = PoolingLayer.checkedSize("AdaptiveMaxPool1D", size);
  }

  /** A result of the given size. */
  public static AdaptiveMaxPool1D of(long size) {
    return new AdaptiveMaxPool1D(size);
  }

  static AdaptiveMaxPool1D from(Config c) {
    return new AdaptiveMaxPool1D(PoolingLayer.longs(c.size));
  }

  @Override
  public AdaptiveMaxPool1D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 1);
    return Shape.of(in.dim(0), size.get(0), in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return Pool3d.adaptiveMax(x.expandDims(1).expandDims(1), 1, 1, size.get(0)).squeeze(1, 2);
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
