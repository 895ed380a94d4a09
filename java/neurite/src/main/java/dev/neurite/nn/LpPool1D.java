package dev.neurite.nn;

import java.util.List;

/**
 * Power mean of each window without the division: {@code y = (sum of x^p)^(1/p)}. With p = 1 a sum,
 * with p = 2 the Euclidean norm; towards infinity max pooling. Its gradient is 0 where the sum is.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, outLength,
 * channels]} with {@code floor((n + padding - window) / stride) + 1} cells on each axis.
 *
 * <p>Defaults as in PyTorch: stride = window, no window that hangs over (one that does is scaled up
 * to the full window, as there); zeros as padding.
 */
public final class LpPool1D extends LpPoolLayer<LpPool1D> {

  /** The options, as saved. */
  public record Config(double p, List<Long> window, List<Long> strides, Padding padding, boolean ceil) {}

  private LpPool1D(double p, long... window) {
    super(p, window);
  }

  /** A window of so many cells. */
  public static LpPool1D of(double p, long window) {
    return new LpPool1D(p, window);
  }

  static LpPool1D from(Config c) {
    return new LpPool1D(c.p, longs(c.window)).stride(longs(c.strides)).padding(c.padding).ceil(c.ceil);
  }

  @Override
  LpPool1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(p, sliding.kernel(), sliding.strides(), sliding.padding(), sliding.ceil());
  }
}
