package dev.neurite.nn;

import dev.neurite.ops.Resize2d;

/** How resizing finds a value between the cells. */
public enum Interpolation {
  /** The cell at {@code floor((i + 1/2) * n / out)}: TensorFlow's, PyTorch's {@code nearest-exact}. */
  NEAREST(Resize2d.Mode.NEAREST),
  /** The cell at {@code floor(i * n / out)}: PyTorch's {@code nearest}. */
  NEAREST_FLOOR(Resize2d.Mode.NEAREST_FLOOR),
  /** A straight line between two cells on each axis. */
  BILINEAR(Resize2d.Mode.LINEAR),
  /** Cubic convolution over four cells on each axis. */
  BICUBIC(Resize2d.Mode.CUBIC);

  final Resize2d.Mode mode;

  Interpolation(Resize2d.Mode mode) {
    this.mode = mode;
  }

  /** Cells read for one result. */
  long taps() {
    return switch (this) {
      case NEAREST, NEAREST_FLOOR -> 0;
      case BILINEAR -> 4;
      case BICUBIC -> 16;
    };
  }
}
