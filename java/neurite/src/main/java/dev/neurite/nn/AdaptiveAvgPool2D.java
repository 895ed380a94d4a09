package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Mean of windows chosen so that the result has a given size, whatever the input's: window i of an
 * axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) - 1}.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, size,
 * size, channels]}. As PyTorch's {@code AdaptiveAvgPool2d}.
 */
public final class AdaptiveAvgPool2D extends AdaptivePoolLayer<AdaptiveAvgPool2D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveAvgPool2D(long... size) {
    super(Pool3d::adaptiveAverage, size);
  }

  /** A result of the given size, the same on each axis. */
  public static AdaptiveAvgPool2D of(long size) {
    return of(size, size);
  }

  /** A result of the given height x width. */
  public static AdaptiveAvgPool2D of(long height, long width) {
    return new AdaptiveAvgPool2D(height, width);
  }

  static AdaptiveAvgPool2D from(Config c) {
    return new AdaptiveAvgPool2D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveAvgPool2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
