package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The patches under a sliding window, each as one vector (im2col): {@code
 * y[b,i,j,(u*kernelW+v)*in+c] = x[b, i*s+u*d-p, j*s+v*d-p, c]}. A convolution is a {@link Dense}
 * layer behind it; its gradient is col2im.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, in]}, output {@code [batch, outH, outW,
 * kernelH * kernelW * in]}.
 *
 * <p>Defaults: stride 1, no padding, no dilation. As TensorFlow's {@code extract_patches}
 * (PyTorch's {@code Unfold} has channels first).
 */
public final class Unfold2D extends Layer {

  /** The options, as saved. */
  public record Config(List<Long> kernel, List<Long> strides, List<Long> dilations, Padding padding) {}

  private Sliding sliding;

  private Unfold2D(long... kernel) {
    sliding = Sliding.of(kernel);
  }

  /** Square patches. */
  public static Unfold2D of(long kernel) {
    return of(kernel, kernel);
  }

  /** Patches of the given height and width. */
  public static Unfold2D of(long kernelHeight, long kernelWidth) {
    return new Unfold2D(kernelHeight, kernelWidth);
  }

  static Unfold2D from(Config c) {
    return new Unfold2D(PoolingLayer.longs(c.kernel))
        .stride(PoolingLayer.longs(c.strides))
        .dilation(PoolingLayer.longs(c.dilations))
        .padding(c.padding);
  }

  /** Sets the step: one for both axes, or one for each; default 1. */
  public Unfold2D stride(long... strides) {
    requireUnbuilt();
    sliding = sliding.stride(strides);
    return this;
  }

  /** Sets the distance between the patch's cells: one for both axes, or one for each; default 1. */
  public Unfold2D dilation(long... dilations) {
    requireUnbuilt();
    sliding = sliding.dilation(dilations);
    return this;
  }

  /** Sets the padding, of zeros; default {@link Padding#VALID}. */
  public Unfold2D padding(Padding padding) {
    requireUnbuilt();
    sliding = sliding.padding(padding);
    return this;
  }

  @Override
  public Unfold2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    sliding.requireInput(who(), in);
    return sliding.out(who(), in, Math.multiplyExact(sliding.cells(), in.last()));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    long[] rows = sliding.pads(0, x.dim(1));
    long[] cols = sliding.pads(1, x.dim(2));
    Tensor padded = x.pad(new long[] {0, rows[0], cols[0], 0}, new long[] {0, rows[1], cols[1], 0}, 0);
    List<Tensor> cells = new ArrayList<>();
    for (long u = 0; u < sliding.kernel().get(0); u++) {
      for (long v = 0; v < sliding.kernel().get(1); v++) {
        cells.add(padded.slice(Slice.all(), range(0, u, out.dim(1)), range(1, v, out.dim(2))));
      }
    }
    return Tensor.concat(3, cells);
  }

  /** Positions of kernel cell k of an axis under all windows. */
  private Slice range(int axis, long k, long count) {
    long first = k * sliding.dilations().get(axis);
    long stride = sliding.strides().get(axis);
    return Slice.of(first, first + (count - 1) * stride + 1, stride);
  }

  @Override
  public Config config() {
    return new Config(sliding.kernel(), sliding.strides(), sliding.dilations(), sliding.padding());
  }
}
