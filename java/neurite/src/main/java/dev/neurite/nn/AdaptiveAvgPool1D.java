package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Mean of windows chosen so that the result has a given size, whatever the input's: window i of an
 * axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) - 1}.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, size,
 * channels]}. As PyTorch's {@code AdaptiveAvgPool1d}.
 */
public final class AdaptiveAvgPool1D extends AdaptivePoolLayer<AdaptiveAvgPool1D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveAvgPool1D(long... size) {
    super(Pool3d::adaptiveAverage, size);
  }

  /** A result of the given size. */
  public static AdaptiveAvgPool1D of(long size) {
    return new AdaptiveAvgPool1D(size);
  }

  static AdaptiveAvgPool1D from(Config c) {
    return new AdaptiveAvgPool1D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveAvgPool1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
