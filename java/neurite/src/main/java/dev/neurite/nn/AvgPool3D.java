package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Mean of each window.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * outD, outH, outW, channels]} with {@code floor((n + padding - window) / stride) + 1} cells on
 * each axis.
 *
 * <p>Defaults: stride = window, no padding, no window that hangs over. Explicit padding is counted
 * (PyTorch's default) unless {@code countPadding(false)}; that of {@code SAME} never is, nor are
 * cells a last window hangs over.
 *
 * <pre>{@code
 * AvgPool3D.of(2)
 * }</pre>
 */
public final class AvgPool3D extends PoolingLayer<AvgPool3D> {

  /** The options, as saved. */
  public record Config(
      List<Long> window, List<Long> strides, Padding padding, boolean ceil, boolean countPadding) {}

  private boolean countPadding = true;

  private AvgPool3D(long... window) {
    super(window);
  }

  /** A window of so many cells on each axis. */
  public static AvgPool3D of(long window) {
    return of(window, window, window);
  }

  /** A window of the given depth, height and width. */
  public static AvgPool3D of(long windowDepth, long windowHeight, long windowWidth) {
    return new AvgPool3D(windowDepth, windowHeight, windowWidth);
  }

  static AvgPool3D from(Config c) {
    return new AvgPool3D(longs(c.window))
        .stride(longs(c.strides))
        .padding(c.padding)
        .ceil(c.ceil)
        .countPadding(c.countPadding);
  }

  /** Whether cells in explicit padding count as zeros (default) or not at all. */
  public AvgPool3D countPadding(boolean count) {
    requireUnbuilt();
    countPadding = count;
    return this;
  }

  @Override
  AvgPool3D self() {
    return this;
  }

  @Override
  Tensor pool(Tensor x) {
    boolean counted = countPadding && sliding.padding() != Padding.SAME;
    return Pool3d.average(x, sliding.window3d(x.shape()), counted, sliding.ceil());
  }

  @Override
  public Config config() {
    return new Config(sliding.kernel(), sliding.strides(), sliding.padding(), sliding.ceil(), countPadding);
  }
}
