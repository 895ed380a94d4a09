package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Largest value of each window; padding never wins, ties go to the first cell.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch, outH,
 * outW, channels]}.
 *
 * <p>Defaults: stride = window, no padding. 
 *
 * <pre>{@code
 * MaxPool2D.of(2)
 * }</pre>
 */
public final class MaxPool2D extends Layer {

  /** The options, as saved. */
  public record Config(
      long windowHeight, long windowWidth, long strideVertical, long strideHorizontal, Padding padding) {}

  private Sliding sliding;

  private MaxPool2D(long height, long width) {
    sliding = Sliding.of(height, width).stride(height, width);
  }

  /** A square window. */
  public static MaxPool2D of(long window) {
    return of(window, window);
  }

  /** A window of the given height and width. */
  public static MaxPool2D of(long windowHeight, long windowWidth) {
    return new MaxPool2D(windowHeight, windowWidth);
  }

  static MaxPool2D from(Config c) {
    return of(c.windowHeight, c.windowWidth)
        .stride(c.strideVertical, c.strideHorizontal)
        .padding(c.padding);
  }

  /** Sets the step in both directions; default: the window. */
  public MaxPool2D stride(long stride) {
    return stride(stride, stride);
  }

  /** Sets the step down and across. */
  public MaxPool2D stride(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.stride(vertical, horizontal);
    return this;
  }

  /** Sets the padding; default {@link Padding#VALID}. */
  public MaxPool2D padding(Padding padding) {
    requireUnbuilt();
    sliding = sliding.padding(padding);
    return this;
  }

  @Override
  public MaxPool2D name(String name) {
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
    return Pool2d.max(x, sliding.window(sliding.checked(who(), x.shape())));
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernelH(), sliding.kernelW(), sliding.strideH(), sliding.strideW(), sliding.padding());
  }
}
