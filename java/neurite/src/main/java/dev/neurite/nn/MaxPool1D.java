package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Largest value of each window; padding never wins, ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, outLength,
 * channels]} with {@code floor((n + padding - dilation * (window - 1) - 1) / stride) + 1} cells on
 * each axis.
 *
 * <p>Defaults: stride = window, no padding, no dilation, no window that hangs over.
 *
 * <pre>{@code
 * MaxPool1D.of(2)
 * }</pre>
 */
public final class MaxPool1D extends PoolingLayer<MaxPool1D> {

  /** The options, as saved. */
  public record Config(
      List<Long> window, List<Long> strides, List<Long> dilations, Padding padding, boolean ceil) {}

  private MaxPool1D(long... window) {
    super(window);
  }

  /** A window of so many cells. */
  public static MaxPool1D of(long window) {
    return new MaxPool1D(window);
  }

  static MaxPool1D from(Config c) {
    return new MaxPool1D(longs(c.window))
        .stride(longs(c.strides))
        .dilation(longs(c.dilations))
        .padding(c.padding)
        .ceil(c.ceil);
  }

  /** Sets the distance between the window's cells: one for all axes, or one for each; default 1. */
  public MaxPool1D dilation(long... dilations) {
    requireUnbuilt();
    sliding = sliding.dilation(dilations);
    return this;
  }

  @Override
  MaxPool1D self() {
    return this;
  }

  @Override
  Tensor pool(Tensor x) {
    return Pool2d.max(x.expandDims(1), sliding.window(x.shape()), sliding.ceil()).squeeze(1);
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernel(), sliding.strides(), sliding.dilations(), sliding.padding(), sliding.ceil());
  }
}
