package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Mean of each window.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, outH,
 * outW, channels]}.
 *
 * <p>Defaults: stride = window, no padding. Explicit padding is counted (PyTorch's default)
 * unless {@code countPadding(false)}; that of {@code SAME} never is.
 *
 * <pre>{@code
 * AvgPool2D.of(2)
 * }</pre>
 */
public final class AvgPool2D extends Layer {

  /** The options, as saved. */
  public record Config(
      long windowHeight, long windowWidth, long strideVertical, long strideHorizontal, Padding padding,
      boolean countPadding) {}

  private Sliding sliding;
  private boolean countPadding = true;

  private AvgPool2D(long height, long width) {
    sliding = Sliding.of(height, width).stride(height, width);
  }

  /** A square window. */
  public static AvgPool2D of(long window) {
    return of(window, window);
  }

  /** A window of the given height and width. */
  public static AvgPool2D of(long windowHeight, long windowWidth) {
    return new AvgPool2D(windowHeight, windowWidth);
  }

  static AvgPool2D from(Config c) {
    return of(c.windowHeight, c.windowWidth)
        .stride(c.strideVertical, c.strideHorizontal)
        .padding(c.padding)
        .countPadding(c.countPadding);
  }

  /** Sets the step in both directions; default: the window. */
  public AvgPool2D stride(long stride) {
    return stride(stride, stride);
  }

  /** Sets the step down and across. */
  public AvgPool2D stride(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.stride(vertical, horizontal);
    return this;
  }

  /** Sets the padding; default {@link Padding#VALID}. */
  public AvgPool2D padding(Padding padding) {
    requireUnbuilt();
    sliding = sliding.padding(padding);
    return this;
  }

  /** Whether cells in explicit padding count as zeros (default) or not at all. */
  public AvgPool2D countPadding(boolean count) {
    requireUnbuilt();
    countPadding = count;
    return this;
  }

  @Override
  public AvgPool2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    sliding.requirePaddingBelowKernel(who());
    return sliding.out(who(), in, in.rank() == 4 ? in.last() : 0);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return Pool2d.average(
        x, sliding.window(sliding.checked(who(), x.shape())), countPadding && sliding.padding() != Padding.SAME);
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernelH(), sliding.kernelW(), sliding.strideH(), sliding.strideW(), sliding.padding(), countPadding);
  }
}
