package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Mean of each window.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, outLength,
 * channels]} with {@code floor((n + padding - window) / stride) + 1} cells on each axis.
 *
 * <p>Defaults: stride = window, no padding, no window that hangs over. Explicit padding is counted
 * (PyTorch's default) unless {@code countPadding(false)}; that of {@code SAME} never is, nor are
 * cells a last window hangs over.
 *
 * <pre>{@code
 * AvgPool1D.of(2)
 * }</pre>
 */
public final class AvgPool1D extends PoolingLayer<AvgPool1D> {

  /** The options, as saved. */
  public record Config(
      List<Long> window, List<Long> strides, Padding padding, boolean ceil, boolean countPadding) {}

  private boolean countPadding = true;

  private AvgPool1D(long... window) {
    super(window);
  }

  /** A window of so many cells. */
  public static AvgPool1D of(long window) {
    return new AvgPool1D(window);
  }

  static AvgPool1D from(Config c) {
    return new AvgPool1D(longs(c.window))
        .stride(longs(c.strides))
        .padding(c.padding)
        .ceil(c.ceil)
        .countPadding(c.countPadding);
  }

  /** Whether cells in explicit padding count as zeros (default) or not at all. */
  public AvgPool1D countPadding(boolean count) {
    requireUnbuilt();
    countPadding = count;
    return this;
  }

  @Override
  AvgPool1D self() {
    return this;
  }

  @Override
  Tensor pool(Tensor x) {
    boolean counted = countPadding && sliding.padding() != Padding.SAME;
    return Pool2d.average(x.expandDims(1), sliding.window(x.shape()), counted, sliding.ceil()).squeeze(1);
  }

  @Override
  public Config config() {
    return new Config(sliding.kernel(), sliding.strides(), sliding.padding(), sliding.ceil(), countPadding);
  }
}
