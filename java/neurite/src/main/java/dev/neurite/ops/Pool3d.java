package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/**
 * 3-D max and average pooling, NDHWC, and the adaptive kind, whose window i of an axis covers the cells {@code
 * floor(i*n/out)} to {@code ceil((i+1)*n/out) - 1}.
 */
public final class Pool3d {

  private static final Access TENSORS = Access.tensors();
  private static final Window3d ANY = Window3d.flat(Window.valid(1, 1, 1, 1, 1, 1));

  private Pool3d() {}

  /** Largest value of each window; ties go to the first cell; {@code ceil} lets a last window hang over. */
  public static Tensor max(Tensor x, Window3d window, boolean ceil) {
    Shape out = out("max_pool3d", x, window, ceil);
    return max("max_pool3d", x, out, descriptor(x.shape(), out, window, false, false));
  }

  /** Mean of each window; {@code countPadding} divides by cells in the explicit padding too, never by others. */
  public static Tensor average(Tensor x, Window3d window, boolean countPadding, boolean ceil) {
    Shape out = out("avg_pool3d", x, window, ceil);
    return average("avg_pool3d", x, out, descriptor(x.shape(), out, window, countPadding, false));
  }

  /** Largest value of each of {@code depth x height x width} windows that cover the input. */
  public static Tensor adaptiveMax(Tensor x, long depth, long height, long width) {
    Shape out = adaptiveOut("adaptive_max_pool", x, depth, height, width);
    return max("adaptive_max_pool", x, out, descriptor(x.shape(), out, ANY, false, true));
  }

  /** Mean of each of {@code depth x height x width} windows that cover the input. */
  public static Tensor adaptiveAverage(Tensor x, long depth, long height, long width) {
    Shape out = adaptiveOut("adaptive_avg_pool", x, depth, height, width);
    return average("adaptive_avg_pool", x, out, descriptor(x.shape(), out, ANY, false, true));
  }

  private static Tensor max(String op, Tensor x, Shape out, long[] desc) {
    Tensor xs = x.contiguous();
    Tensor y = TENSORS.create(out, x.dtype(), op);
    boolean tracked = Tape.tracks(x);
    Tensor argmax = tracked ? TENSORS.create(out, DType.INT32, op) : null;
    Status.check(
        Abi.nrt_pool3d_max_fwd(x.ctx(), x.code(), y.addr(), tracked ? argmax.addr() : 0, xs.addr(), desc), op, xs);
    if (!tracked) {
      Numerics.check(op, y);
      return y;
    }
    Shape from = x.shape();
    return Tape.record(op, y, x, dy -> maxBackward(op, dy, argmax, from, desc), argmax);
  }

  private static Tensor maxBackward(String op, Tensor dy, Tensor argmax, Shape from, long[] desc) {
    requireFirstOrder(op);
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(from, dy.dtype(), op);
    Status.check(
        Abi.nrt_pool3d_max_bwd(dy.ctx(), dy.code(), dx.addr(), g.addr(), argmax.addr(), desc), op, g, argmax);
    return dx;
  }

  private static Tensor average(String op, Tensor x, Shape out, long[] desc) {
    Tensor xs = x.contiguous();
    Tensor y = TENSORS.create(out, x.dtype(), op);
    Status.check(Abi.nrt_pool3d_avg_fwd(x.ctx(), x.code(), y.addr(), xs.addr(), desc), op, xs);
    Shape from = x.shape();
    return Tape.record(op, y, x, dy -> spread(op, dy, from, desc));
  }

  /** The adjoint of the means, whose own gradient is the means again. */
  private static Tensor spread(String op, Tensor dy, Shape from, long[] desc) {
    Tensor g = dy.contiguous();
    Tensor dx = TENSORS.create(from, dy.dtype(), op);
    Status.check(Abi.nrt_pool3d_avg_bwd(dy.ctx(), dy.code(), dx.addr(), g.addr(), desc), op, g);
    Shape out = dy.shape();
    return Tape.record(op + "_bwd", dx, g, ddx -> average(op, ddx, out, desc));
  }

  private static void requireFirstOrder(String op) {
    if (Current.get().tape != null) {
      throw new UnsupportedOperationException(
          "Tape: second-order gradients of '" + op + "' are not available (its backward is a fused kernel)");
    }
  }

  private static void check(String op, Tensor x) {
    if (x.rank() != 5) {
      throw new ShapeException(op + ": expected [batch, depth, height, width, channels], given " + x.describe());
    }
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException(op + ": expected float32 or float64, given " + x.describe());
    }
  }

  private static Shape out(String op, Tensor x, Window3d v, boolean ceil) {
    check(op, x);
    long d = ceil ? v.outDCeil(x.dim(1)) : v.outD(x.dim(1));
    long h = ceil ? v.plane().outHCeil(x.dim(2)) : v.plane().outH(x.dim(2));
    long w = ceil ? v.plane().outWCeil(x.dim(3)) : v.plane().outW(x.dim(3));
    return Shape.of(x.dim(0), d, h, w, x.dim(4));
  }

  private static Shape adaptiveOut(String op, Tensor x, long depth, long height, long width) {
    check(op, x);
    if (Math.min(depth, Math.min(height, width)) < 1 || Math.min(x.dim(1), Math.min(x.dim(2), x.dim(3))) < 1) {
      throw new ShapeException(
          op + ": expected an input and an output of at least one cell, given " + x.shape() + " to " + depth + "x"
              + height + "x" + width);
    }
    return Shape.of(x.dim(0), depth, height, width, x.dim(4));
  }

  private static long[] descriptor(Shape x, Shape y, Window3d v, boolean countPadding, boolean adaptive) {
    Window p = v.plane();
    return new long[] {
      x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(4), y.dim(1), y.dim(2), y.dim(3), v.kernelD(), v.strideD(),
      v.dilationD(), v.padFront(), v.padBack(), p.kernelH(), p.strideH(), p.dilationH(), p.padTop(), p.padBottom(),
      p.kernelW(), p.strideW(), p.dilationW(), p.padLeft(), p.padRight(), countPadding ? 1 : 0, adaptive ? 1 : 0
    };
  }
}
