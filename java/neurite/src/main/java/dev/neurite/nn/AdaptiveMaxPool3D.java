package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Largest value of windows chosen so that the result has a given size, whatever the input's: window
 * i of an axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) -
 * 1}; ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * size, size, size, channels]}. As PyTorch's {@code AdaptiveMaxPool3d}.
 */
public final class AdaptiveMaxPool3D extends AdaptivePoolLayer<AdaptiveMaxPool3D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveMaxPool3D(long... size) {
    super(Pool3d::adaptiveMax, size);
  }

  /** A result of the given size, the same on each axis. */
  public static AdaptiveMaxPool3D of(long size) {
    return of(size, size, size);
  }

  /** A result of the given depth x height x width. */
  public static AdaptiveMaxPool3D of(long depth, long height, long width) {
    return new AdaptiveMaxPool3D(depth, height, width);
  }

  static AdaptiveMaxPool3D from(Config c) {
    return new AdaptiveMaxPool3D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveMaxPool3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
