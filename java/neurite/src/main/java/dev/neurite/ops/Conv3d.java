package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/**
 * 3-D convolution, NDHWC, kernels DHWIO. Forward, gradient to the data and gradient to the kernel are each an op with
 * the other two as its gradients, so second order comes by itself.
 */
public final class Conv3d {

  private static final Access TENSORS = Access.tensors();

  private Conv3d() {}

  /**
   * {@code y = conv(x, w) + b}.
   *
   * @param x [batch, depth, height, width, in]
   * @param w [kernelD, kernelH, kernelW, in / groups, out]
   * @param b [out] or null
   * @param groups groups of channels
   * @return [batch, outD, outH, outW, out]
   */
  public static Tensor apply(Tensor x, Tensor w, Tensor b, Window3d window, int groups) {
    check(x, w, b, window, groups);
    Tensor xs = x.contiguous();
    Tensor ws = w.contiguous();
    Tensor bs = b == null ? null : b.contiguous();
    Shape out = Shape.of(
        x.dim(0), window.outD(x.dim(1)), window.plane().outH(x.dim(2)), window.plane().outW(x.dim(3)), w.dim(4));
    Tensor y = TENSORS.create(out, x.dtype(), "conv3d");
    long[] desc = descriptor(x.shape(), out, window, groups);
    Status.check(
        Abi.nrt_conv3d_fwd(x.ctx(), x.code(), y.addr(), xs.addr(), ws.addr(), bs == null ? 0 : bs.addr(), desc),
        "conv3d", xs, ws, bs);
    Tape.recordMany(
        "conv3d", new Tensor[] {y}, new Tensor[] {x, w, b},
        (dy, needed) -> backward(dy[0], x, w, window, groups, needed), x, w);
    return y;
  }

  private static Tensor[] backward(Tensor dy, Tensor x, Tensor w, Window3d window, int groups, boolean[] needed) {
    Tensor dx = needed[0] ? dataGradient(dy, w, x.shape(), window, groups) : null;
    if (Current.get().tape != null) {
      Tensor dw = needed[1] ? kernelGradient(x, dy, w.shape(), window, groups, null) : null;
      return new Tensor[] {dx, dw, needed[2] ? dy.sum(0, 1, 2, 3) : null};
    }
    Tensor db = needed[2] ? TENSORS.create(Shape.of(w.dim(4)), w.dtype(), "conv3d_bias_gradient") : null;
    Tensor dw = needed[1] || needed[2] ? kernelGradient(x, dy, w.shape(), window, groups, db) : null;
    return new Tensor[] {dx, needed[1] ? dw : null, db};
  }

  /** dx of shape {@code xShape} from dy: the transposed convolution. */
  public static Tensor dataGradient(Tensor dy, Tensor w, Shape xShape, Window3d window, int groups) {
    Tensor g = dy.contiguous();
    Tensor ws = w.contiguous();
    Tensor dx = TENSORS.create(xShape, dy.dtype(), "conv3d_data_gradient");
    long[] desc = descriptor(xShape, dy.shape(), window, groups);
    Status.check(
        Abi.nrt_conv3d_bwd_data(dy.ctx(), dy.code(), dx.addr(), g.addr(), ws.addr(), desc), "conv3d_data_gradient", g,
        ws);
    return Tape.record(
        "conv3d_data_gradient", dx,
        dy, u -> apply(u, w, null, window, groups),
        w, u -> kernelGradient(u, dy, w.shape(), window, groups, null),
        dy, w);
  }

  /** dw of shape {@code wShape} from x and dy; fills db when given. */
  private static Tensor kernelGradient(Tensor x, Tensor dy, Shape wShape, Window3d window, int groups, Tensor db) {
    Tensor xs = x.contiguous();
    Tensor g = dy.contiguous();
    Tensor dw = TENSORS.create(wShape, dy.dtype(), "conv3d_kernel_gradient");
    long[] desc = descriptor(x.shape(), dy.shape(), window, groups);
    Status.check(
        Abi.nrt_conv3d_bwd_weights(
            dy.ctx(), dy.code(), dw.addr(), db == null ? 0 : db.addr(), xs.addr(), g.addr(), desc),
        "conv3d_kernel_gradient", xs, g);
    return Tape.record(
        "conv3d_kernel_gradient", dw,
        x, u -> dataGradient(dy, u, x.shape(), window, groups),
        dy, u -> apply(x, u, null, window, groups),
        x, dy);
  }

  private static void check(Tensor x, Tensor w, Tensor b, Window3d v, int groups) {
    Binary.requireAlike("conv3d", x, w);
    if (x.rank() != 5 || w.rank() != 5) {
      throw new ShapeException(
          "conv3d: expected x [batch, depth, height, width, channels] and w [kd, kh, kw, in / groups, out], given "
              + x.shape() + " and " + w.shape());
    }
    if (groups < 1 || x.dim(4) % groups != 0 || w.dim(4) % groups != 0 || w.dim(3) * groups != x.dim(4)) {
      throw new ShapeException(
          "conv3d: expected " + w.dim(3) * Math.max(groups, 1) + " channels (kernel " + w.shape() + ", " + groups
              + " groups), given " + x.shape());
    }
    if (w.dim(0) != v.kernelD() || w.dim(1) != v.plane().kernelH() || w.dim(2) != v.plane().kernelW()) {
      throw new ShapeException(
          "conv3d: expected a kernel of " + v.kernelD() + "x" + v.plane().kernelH() + "x" + v.plane().kernelW()
              + ", given " + w.shape());
    }
    if (b != null && (b.rank() != 1 || b.dim(0) != w.dim(4))) {
      throw new ShapeException("conv3d: expected a bias [" + w.dim(4) + "], given " + b.shape());
    }
  }

  private static long[] descriptor(Shape x, Shape y, Window3d v, int groups) {
    Window p = v.plane();
    return new long[] {
      x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(4), y.dim(1), y.dim(2), y.dim(3), y.dim(4), v.kernelD(),
      v.strideD(), v.dilationD(), v.padFront(), p.kernelH(), p.strideH(), p.dilationH(), p.padTop(), p.kernelW(),
      p.strideW(), p.dilationW(), p.padLeft(), groups
    };
  }
}
