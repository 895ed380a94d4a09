package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** 2-D max and average pooling, NHWC. */
public final class Pool2d {

  private static final Access TENSORS = Access.tensors();

  private Pool2d() {}

  /** Largest value of each window; ties go to the first cell, which gets the whole gradient. */
  public static Tensor max(Tensor x, Window window) {
    return max(x, window, false);
  }

  /** The same; {@code ceil} lets a last window hang over the padded input. */
  public static Tensor max(Tensor x, Window window, boolean ceil) {
    Tensor xs = source("max_pool2d", x);
    Shape out = out(x, window, ceil);
    Tensor y = TENSORS.create(out, x.dtype(), "max_pool2d");
    long[] desc = descriptor(x.shape(), out, window, false);
    boolean tracked = Tape.tracks(x);
    Tensor argmax = tracked ? TENSORS.create(out, DType.INT32, "max_pool2d") : null;
    Status.check(
        Abi.nrt_pool2d_max_fwd(x.ctx(), x.code(), y.addr(), tracked ? argmax.addr() : 0, xs.addr(), desc),
        "max_pool2d", xs);
    if (!tracked) {
      Numerics.check("max_pool2d", y);
      return y;
    }
    Shape from = x.shape();
    return Tape.record("max_pool2d", y, xs, dy -> maxBackward(dy, argmax, from, desc), argmax);
  }

  private static Tensor maxBackward(Tensor dy, Tensor argmax, Shape from, long[] desc) {
    requireFirstOrder("max_pool2d");
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(from, dy.dtype(), "max_pool2d_bwd");
    Status.check(
        Abi.nrt_pool2d_max_bwd(dy.ctx(), dy.code(), dx.addr(), g.addr(), argmax.addr(), desc), "max_pool2d_bwd", g,
        argmax);
    return dx;
  }

  /** Mean of each window; {@code countPadding} divides by cells in the explicit padding too. */
  public static Tensor average(Tensor x, Window window, boolean countPadding) {
    return average(x, window, countPadding, false);
  }

  /** The same; {@code ceil} lets a last window hang over; the cells it hangs over are never counted. */
  public static Tensor average(Tensor x, Window window, boolean countPadding, boolean ceil) {
    Tensor xs = source("avg_pool2d", x);
    Shape out = out(x, window, ceil);
    return means(xs, out, descriptor(x.shape(), out, window, countPadding));
  }

  private static Tensor means(Tensor x, Shape out, long[] desc) {
    Tensor xs = x.contiguous();
    Tensor y = TENSORS.create(out, x.dtype(), "avg_pool2d");
    Status.check(Abi.nrt_pool2d_avg_fwd(x.ctx(), x.code(), y.addr(), xs.addr(), desc), "avg_pool2d", xs);
    Shape from = x.shape();
    return Tape.record("avg_pool2d", y, xs, dy -> spread(dy, from, desc));
  }

  /** The adjoint of {@link #means}, whose own gradient is means again. */
  private static Tensor spread(Tensor dy, Shape from, long[] desc) {
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(from, dy.dtype(), "avg_pool2d_bwd");
    Status.check(Abi.nrt_pool2d_avg_bwd(dy.ctx(), dy.code(), dx.addr(), g.addr(), desc), "avg_pool2d_bwd", g);
    Shape out = dy.shape();
    return Tape.record("avg_pool2d_bwd", dx, g, ddx -> means(ddx, out, desc));
  }

  private static void requireFirstOrder(String op) {
    if (Current.get().tape != null) {
      throw new UnsupportedOperationException(
          "Tape: second-order gradients of '" + op + "' are not available (its backward is a fused kernel)");
    }
  }

  private static Tensor source(String op, Tensor x) {
    if (x.rank() != 4) {
      throw new ShapeException(op + ": expected [batch, height, width, channels], given " + x.describe());
    }
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException(op + ": expected float32 or float64, given " + x.describe());
    }
    return x.contiguous();
  }

  private static Shape out(Tensor x, Window window, boolean ceil) {
    long h = ceil ? window.outHCeil(x.dim(1)) : window.outH(x.dim(1));
    long w = ceil ? window.outWCeil(x.dim(2)) : window.outW(x.dim(2));
    return Shape.of(x.dim(0), h, w, x.dim(3));
  }

  private static long[] descriptor(Shape x, Shape y, Window v, boolean countPadding) {
    return new long[] {
      x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), v.kernelH(), v.kernelW(), v.strideH(), v.strideW(),
      v.dilationH(), v.dilationW(), v.padTop(), v.padLeft(), countPadding ? 1 : 0, v.padBottom() << 32 | v.padRight()
    };
  }
}
