package dev.neurite.ops;

import dev.neurite.error.ShapeException;

/**
 * Geometry of a sliding window over a volume: one over its slices, and what it does along the depth.
 *
 * @param plane height and width
 * @param kernelD depth of the window
 * @param strideD step along the depth
 * @param dilationD distance between two slices of the window
 * @param padFront slices added in front
 * @param padBack slices added behind
 */
public record Window3d(
    Window plane, long kernelD, long strideD, long dilationD, long padFront, long padBack) {

  /** Checks every number. */
  public Window3d {
    if (Math.min(kernelD, Math.min(strideD, dilationD)) < 1 || Math.min(padFront, padBack) < 0) {
      throw new IllegalArgumentException(
          "window: expected a depth, stride and dilation of 1 or more and padding of 0 or more, given depth " + kernelD
              + ", stride " + strideD + ", dilation " + dilationD + ", padding " + padFront + "," + padBack);
    }
  }

  /** A plane's window on volumes: the depth is passed through slice by slice. */
  public static Window3d flat(Window plane) {
    return new Window3d(plane, 1, 1, 1, 0, 0);
  }

  /** The depth axis alone, as the height of a window of width 1. */
  private Window depth() {
    return new Window(kernelD, 1, strideD, 1, dilationD, 1, padFront, padBack, 0, 0);
  }

  /** Output depth for an input of depth d. */
  public long outD(long d) {
    try {
      return depth().outH(d);
    } catch (ShapeException e) {
      throw new ShapeException(e.getMessage().replace("height", "depth"));
    }
  }

  /** Output depth when a last window may hang over the padded input. */
  public long outDCeil(long d) {
    outD(d);
    return depth().outHCeil(d);
  }
}
