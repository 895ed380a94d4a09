package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import java.util.List;

/**
 * Largest value of windows chosen so that the result has a given size, whatever the input's: window
 * i of an axis covers the cells {@code floor(i * n / size)} to {@code ceil((i + 1) * n / size) -
 * 1}; ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, size,
 * channels]}. As PyTorch's {@code AdaptiveMaxPool1d}.
 */
public final class AdaptiveMaxPool1D extends AdaptivePoolLayer<AdaptiveMaxPool1D> {

  /** The options, as saved. */
  public record Config(List<Long> size) {}

  private AdaptiveMaxPool1D(long... size) {
    super(Pool3d::adaptiveMax, size);
  }

  /** A result of the given size. */
  public static AdaptiveMaxPool1D of(long size) {
    return new AdaptiveMaxPool1D(size);
  }

  static AdaptiveMaxPool1D from(Config c) {
    return new AdaptiveMaxPool1D(PoolingLayer.longs(c.size));
  }

  @Override
  AdaptiveMaxPool1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(size);
  }
}
