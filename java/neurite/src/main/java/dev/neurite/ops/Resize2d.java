package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/**
 * Resizing of images, NHWC, without anti-aliasing. It is linear, so its gradient is an op with this one as gradient,
 * and second order comes by itself.
 */
public final class Resize2d {

  private static final Access TENSORS = Access.tensors();

  private Resize2d() {}

  /** How a value between the cells is found; the order is the native one. */
  public enum Mode {
    /** The cell at {@code floor((i + 1/2) * n / out)}. */
    NEAREST,
    /** The cell at {@code floor(i * n / out)}. */
    NEAREST_FLOOR,
    /** Straight line between two cells on each axis. */
    LINEAR,
    /** Cubic convolution over four cells on each axis. */
    CUBIC
  }

  /**
   * The image in another size.
   *
   * @param x [batch, height, width, channels]
   * @param height output height
   * @param width output width
   * @param alignCorners the corner cells of both images coincide; smooth modes only
   * @param cubic coefficient of the cubic kernel
   * @return [batch, height, width, channels]
   */
  public static Tensor apply(Tensor x, long height, long width, Mode mode, boolean alignCorners, double cubic) {
    check(x, height, width);
    Tensor xs = x.contiguous();
    Shape from = x.shape();
    Tensor y = TENSORS.create(Shape.of(from.dim(0), height, width, from.dim(3)), x.dtype(), "resize2d");
    long[] desc = descriptor(from, y.shape(), mode, alignCorners);
    Status.check(Abi.nrt_resize2d_fwd(x.ctx(), x.code(), y.addr(), xs.addr(), desc, cubic), "resize2d", xs);
    return Tape.record("resize2d", y, x, dy -> gradient(dy, from, mode, alignCorners, cubic));
  }

  private static Tensor gradient(Tensor dy, Shape from, Mode mode, boolean alignCorners, double cubic) {
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(from, dy.dtype(), "resize2d_gradient");
    long[] desc = descriptor(from, dy.shape(), mode, alignCorners);
    Status.check(Abi.nrt_resize2d_bwd(dy.ctx(), dy.code(), dx.addr(), g.addr(), desc, cubic), "resize2d_gradient", g);
    long height = dy.dim(1);
    long width = dy.dim(2);
    return Tape.record("resize2d_gradient", dx, dy, u -> apply(u, height, width, mode, alignCorners, cubic));
  }

  private static void check(Tensor x, long height, long width) {
    if (x.rank() != 4 || x.dim(1) < 1 || x.dim(2) < 1) {
      throw new ShapeException(
          "resize2d: expected [batch, height, width, channels] of at least 1 x 1, given " + x.describe());
    }
    if (height < 1 || width < 1) {
      throw new ShapeException("resize2d: expected an output of at least 1 x 1, given " + height + " x " + width);
    }
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException("resize2d: expected float32 or float64, given " + x.describe());
    }
  }

  private static long[] descriptor(Shape x, Shape y, Mode mode, boolean alignCorners) {
    boolean aligned = alignCorners && mode.ordinal() >= Mode.LINEAR.ordinal();
    return new long[] {
      x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), mode.ordinal(), aligned ? 1 : 0
    };
  }
}
