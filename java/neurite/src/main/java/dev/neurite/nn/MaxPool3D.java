package dev.neurite.nn;

import dev.neurite.ops.Pool3d;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Largest value of each window; padding never wins, ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * outD, outH, outW, channels]} with {@code floor((n + padding - dilation * (window - 1) - 1) /
 * stride) + 1} cells on each axis.
 *
 * <p>Defaults: stride = window, no padding, no dilation, no window that hangs over.
 *
 * <pre>{@code
 * MaxPool3D.of(2)
 * }</pre>
 */
public final class MaxPool3D extends PoolingLayer<MaxPool3D> {

  /** The options, as saved. */
  public record Config(
      List<Long> window, List<Long> strides, List<Long> dilations, Padding padding, boolean ceil) {}

  private MaxPool3D(long... window) {
    super(window);
  }

  /** A window of so many cells on each axis. */
  public static MaxPool3D of(long window) {
    return of(window, window, window);
  }

  /** A window of the given depth, height and width. */
  public static MaxPool3D of(long windowDepth, long windowHeight, long windowWidth) {
    return new MaxPool3D(windowDepth, windowHeight, windowWidth);
  }

  static MaxPool3D from(Config c) {
    return new MaxPool3D(longs(c.window))
        .stride(longs(c.strides))
        .dilation(longs(c.dilations))
        .padding(c.padding)
        .ceil(c.ceil);
  }

  /** Sets the distance between the window's cells: one for all axes, or one for each; default 1. */
  public MaxPool3D dilation(long... dilations) {
    requireUnbuilt();
    sliding = sliding.dilation(dilations);
    return this;
  }

  @Override
  MaxPool3D self() {
    return this;
  }

  @Override
  Tensor pool(Tensor x) {
    return Pool3d.max(x, sliding.window3d(x.shape()), sliding.ceil());
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernel(), sliding.strides(), sliding.dilations(), sliding.padding(), sliding.ceil());
  }
}
