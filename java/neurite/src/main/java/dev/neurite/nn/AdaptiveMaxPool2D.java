package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Largest value of windows chosen so that the result has a given size, whatever the input's: window
 * i of an axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) -
 * 1}; ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, size,
 * size, channels]}. As PyTorch's {@code AdaptiveMaxPool2d}.
 */
public final class AdaptiveMaxPool2D extends AdaptivePoolLayer<AdaptiveMaxPool2D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveMaxPool2D(long... size) {
    super(Pool3d::adaptiveMax, size);
  }

  /** A result of the given size, the same on each axis. */
  public static AdaptiveMaxPool2D of(long size) {
    return of(size, size);
  }

  /** A result of the given height x width. */
  public static AdaptiveMaxPool2D of(long height, long width) {
    return new AdaptiveMaxPool2D(height, width);
  }

  static AdaptiveMaxPool2D from(Config c) {
    return new AdaptiveMaxPool2D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveMaxPool2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
