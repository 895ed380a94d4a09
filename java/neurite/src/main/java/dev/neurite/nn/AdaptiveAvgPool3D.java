package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Mean of windows chosen so that the result has a given size, whatever the input's: window i of an
 * axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) - 1}.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * size, size, size, channels]}. As PyTorch's {@code AdaptiveAvgPool3d}.
 */
public final class AdaptiveAvgPool3D extends AdaptivePoolLayer<AdaptiveAvgPool3D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveAvgPool3D(long... size) {
    super(Pool3d::adaptiveAverage, size);
  }

  /** A result of the given size, the same on each axis. */
  public static AdaptiveAvgPool3D of(long size) {
    return of(size, size, size);
  }

  /** A result of the given depth x height x width. */
  public static AdaptiveAvgPool3D of(long depth, long height, long width) {
    return new AdaptiveAvgPool3D(depth, height, width);
  }

  static AdaptiveAvgPool3D from(Config c) {
    return new AdaptiveAvgPool3D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveAvgPool3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
