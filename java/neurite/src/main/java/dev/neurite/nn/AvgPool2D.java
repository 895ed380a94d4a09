package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Mean of each window.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, outH,
 * outW, channels]} with {@code floor((n + padding - window) / stride) + 1} cells on each axis.
 *
 * <p>Defaults: stride = window, no padding, no window that hangs over. Explicit padding is counted
 * (PyTorch's default) unless {@code countPadding(false)}; that of {@code SAME} never is, nor are
 * cells a last window hangs over.
 *
 * <pre>{@code
 * AvgPool2D.of(2)
 * }</pre>
 */
public final class AvgPool2D extends PoolingLayer<AvgPool2D> {

  /** The options, as saved. */
  public record Config(
      List<Long> window, List<Long> strides, Padding padding, boolean ceil, boolean countPadding) {}

  private boolean countPadding = true;

  private AvgPool2D(long... window) {
    super(window);
  }

  /** A window of so many cells on each axis. */
  public static AvgPool2D of(long window) {
    return of(window, window);
  }

  /** A window of the given height and width. */
  public static AvgPool2D of(long windowHeight, long windowWidth) {
    return new AvgPool2D(windowHeight, windowWidth);
  }

  static AvgPool2D from(Config c) {
    return new AvgPool2D(longs(c.window))
        .stride(longs(c.strides))
        .padding(c.padding)
        .ceil(c.ceil)
        .countPadding(c.countPadding);
  }

  /** Whether cells in explicit padding count as zeros (default) or not at all. */
  public AvgPool2D countPadding(boolean count) {
    requireUnbuilt();
    countPadding = count;
    return this;
  }

  @Override
  AvgPool2D self() {
    return this;
  }

  @Override
  Tensor pool(Tensor x) {
    boolean counted = countPadding && sliding.padding() != Padding.SAME;
    return Pool2d.average(x, sliding.window(x.shape()), counted, sliding.ceil());
  }

  @Override
  public Config config() {
    return new Config(sliding.kernel(), sliding.strides(), sliding.padding(), sliding.ceil(), countPadding);
  }
}
