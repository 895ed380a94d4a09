package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.Window;
import dev.neurite.tensor.Shape;

/** The sliding window of a convolution or pooling: its options, and what they make of an image. */
record Sliding(
    long kernelH, long kernelW, long strideH, long strideW, long dilationH, long dilationW, Padding padding) {

  Sliding {
    requirePositive("kernel", kernelH, kernelW);
    requirePositive("stride", strideH, strideW);
    requirePositive("dilation", dilationH, dilationW);
  }

  private static void requirePositive(String what, long h, long w) {
    if (h < 1 || w < 1) {
      throw new IllegalArgumentException(what + ": expected 1 or more, given " + h + " x " + w);
    }
  }

  static Sliding of(long kernelH, long kernelW) {
    return new Sliding(kernelH, kernelW, 1, 1, 1, 1, Padding.VALID);
  }

  Sliding stride(long h, long w) {
    return new Sliding(kernelH, kernelW, h, w, dilationH, dilationW, padding);
  }

  Sliding dilation(long h, long w) {
    return new Sliding(kernelH, kernelW, strideH, strideW, h, w, padding);
  }

  Sliding padding(Padding p) {
    return new Sliding(kernelH, kernelW, strideH, strideW, dilationH, dilationW, p);
  }

  /** The geometry for an image [.., h, w, channels] of known size. */
  Window window(Shape x) {
    if (padding == Padding.SAME) {
      return Window.same(x.dim(1), x.dim(2), kernelH, kernelW, strideH, strideW, dilationH, dilationW);
    }
    if (padding instanceof Padding.Explicit p) {
      return new Window(
          kernelH, kernelW, strideH, strideW, dilationH, dilationW, p.top(), p.bottom(), p.left(), p.right());
    }
    return Window.valid(kernelH, kernelW, strideH, strideW, dilationH, dilationW);
  }

  /** Output shape; free image axes stay free. */
  Shape out(String who, Shape in, long channels) {
    if (in.rank() != 4) {
      throw new ShapeException(who + ": expected [batch, height, width, channels], given " + in);
    }
    if (in.last() < 1) {
      throw new ShapeException(who + ": expected a known number of channels, at least one, given " + in);
    }
    Padding.Explicit p = padding instanceof Padding.Explicit e ? e : new Padding.Explicit(0, 0, 0, 0);
    long h = length(who, in, 1, kernelH, strideH, dilationH, p.top() + p.bottom());
    long w = length(who, in, 2, kernelW, strideW, dilationW, p.left() + p.right());
    return Shape.of(in.dim(0), h, w, channels);
  }

  private long length(String who, Shape in, int axis, long kernel, long stride, long dilation, long pad) {
    long n = in.dim(axis);
    if (n < 0) {
      return -1;
    }
    if (n == 0) {
      throw new ShapeException(who + ": expected an image of at least 1 x 1, given " + in);
    }
    if (padding == Padding.SAME) {
      return (n + stride - 1) / stride;
    }
    long span = (kernel - 1) * dilation + 1;
    if (n + pad < span) {
      throw new ShapeException(
          who + ": expected a padded " + (axis == 1 ? "height" : "width") + " of at least " + span + " (kernel "
              + kernel + ", dilation " + dilation + "), given " + (n + pad) + " from " + in);
    }
    return (n + pad - span) / stride + 1;
  }

  /** The shape itself when the window fits an image of it, else an exception. */
  Shape checked(String who, Shape in) {
    out(who, in, in.rank() == 4 ? in.last() : 0);
    return in;
  }

  /** Pooling windows must reach the image: padding stays below the window's size. */
  void requirePaddingBelowKernel(String who) {
    if (padding instanceof Padding.Explicit p
        && (Math.max(p.top(), p.bottom()) >= kernelH || Math.max(p.left(), p.right()) >= kernelW)) {
      throw new IllegalArgumentException(
          who + ": expected padding below the window " + kernelH + " x " + kernelW + ", given " + p);
    }
  }
}
