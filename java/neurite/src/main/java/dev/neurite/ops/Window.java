package dev.neurite.ops;

import dev.neurite.error.ShapeException;

/**
 * Geometry of a sliding window over an image.
 *
 * @param kernelH height of the window
 * @param kernelW width of the window
 * @param strideH vertical step
 * @param strideW horizontal step
 * @param dilationH vertical distance between two rows of the window
 * @param dilationW horizontal distance between two columns of the window
 * @param padTop rows added above
 * @param padBottom rows added below
 * @param padLeft columns added on the left
 * @param padRight columns added on the right
 */
public record Window(
    long kernelH,
    long kernelW,
    long strideH,
    long strideW,
    long dilationH,
    long dilationW,
    long padTop,
    long padBottom,
    long padLeft,
    long padRight) {

  /** Checks every number. */
  public Window {
    if (Math.min(Math.min(kernelH, kernelW), Math.min(Math.min(strideH, strideW), Math.min(dilationH, dilationW))) < 1
        || Math.min(Math.min(padTop, padBottom), Math.min(padLeft, padRight)) < 0) {
      throw new IllegalArgumentException(
          "window: expected kernel, stride and dilation of 1 or more and padding of 0 or more, given kernel "
              + kernelH + "x" + kernelW + ", stride " + strideH + "x" + strideW + ", dilation " + dilationH + "x"
              + dilationW + ", padding " + padTop + "," + padBottom + "," + padLeft + "," + padRight);
    }
  }

  /** A window without padding. */
  public static Window valid(long kH, long kW, long sH, long sW, long dH, long dW) {
    return new Window(kH, kW, sH, sW, dH, dW, 0, 0, 0, 0);
  }

  /** Padding that makes the output {@code ceil(n / stride)}; the smaller half in front (Keras, SAME_UPPER). */
  public static Window same(long h, long w, long kH, long kW, long sH, long sW, long dH, long dW) {
    long padH = samePadding(h, kH, sH, dH);
    long padW = samePadding(w, kW, sW, dW);
    return new Window(kH, kW, sH, sW, dH, dW, padH / 2, padH - padH / 2, padW / 2, padW - padW / 2);
  }

  private static long samePadding(long n, long kernel, long stride, long dilation) {
    long out = (n + stride - 1) / stride;
    return Math.max((out - 1) * stride + (kernel - 1) * dilation + 1 - n, 0);
  }

  /** Output height for an input of height h. */
  public long outH(long h) {
    return out("height", h, padTop + padBottom, kernelH, strideH, dilationH);
  }

  /** Output width for an input of width w. */
  public long outW(long w) {
    return out("width", w, padLeft + padRight, kernelW, strideW, dilationW);
  }

  /** Output height when a last window may hang over the padded input (PyTorch's ceil mode). */
  public long outHCeil(long h) {
    return ceil(outH(h), h, padTop, padBottom, kernelH, strideH, dilationH);
  }

  /** Output width when a last window may hang over the padded input. */
  public long outWCeil(long w) {
    return ceil(outW(w), w, padLeft, padRight, kernelW, strideW, dilationW);
  }

  /** One more window where something of the input is left over and the window still starts inside. */
  private static long ceil(long out, long n, long before, long after, long kernel, long stride, long dilation) {
    boolean left = (out - 1) * stride + (kernel - 1) * dilation + 1 < n + before + after;
    return left && out * stride < n + before ? out + 1 : out;
  }

  private static long out(String what, long n, long pad, long kernel, long stride, long dilation) {
    long span = (kernel - 1) * dilation + 1;
    if (n + pad < span) {
      throw new ShapeException(
          "window: expected an input " + what + " of at least " + span + " after padding, given " + n + " + " + pad);
    }
    return (n + pad - span) / stride + 1;
  }
}
