package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/**
 * 2-D convolution, NHWC, kernels HWIO. Forward, gradient to the data and gradient to the kernel are each an op with the
 * other two as its gradients, so second order comes by itself.
 */
public final class Conv2d {

  private static final Access TENSORS = Access.tensors();

  private Conv2d() {}

  /**
   * {@code y = act(conv(x, w) + b)}.
   *
   * @param x [batch, height, width, in]
   * @param w [kernelH, kernelW, in / groups, out]
   * @param b [out] or null
   * @param groups groups of channels; {@code in} for a depthwise convolution
   * @param activation one of those {@link MatMul#fuses} accepts
   * @return [batch, outH, outW, out]
   */
  public static Tensor apply(Tensor x, Tensor w, Tensor b, Window window, int groups, UnaryOp activation) {
    check(x, w, b, window, groups);
    Tensor xs = x.contiguous();
    Tensor ws = w.contiguous();
    Tensor bs = b == null ? null : b.contiguous();
    Shape out = Shape.of(x.dim(0), window.outH(x.dim(1)), window.outW(x.dim(2)), w.dim(3));
    Tensor y = TENSORS.create(out, x.dtype(), "conv2d");
    long[] desc = descriptor(x.shape(), out, window, groups, activation);
    forward(y, xs, ws, bs, groups, desc);
    Tape.recordMany(
        "conv2d", new Tensor[] {y}, new Tensor[] {x, w, b},
        (dy, needed) -> backward(dy[0], x, w, y, window, groups, activation, needed), x, w, y);
    return y;
  }

  private static void forward(Tensor y, Tensor x, Tensor w, Tensor b, int groups, long[] desc) {
    long bias = b == null ? 0 : b.addr();
    ConvPacking packing = ConvPacking.of(w, groups, desc);
    try (Packed packed = packing == null ? null : Packed.of((Param) w, packing, Packed.When.REPEATED)) {
      if (packed != null) {
        Status.check(
            Abi.nrt_conv2d_fwd_packed(
                y.ctx(), y.code(), y.addr(), x.addr(), w.addr(), packed.addr(), bias, desc, packing.form()),
            "conv2d", x, w, b);
        return;
      }
    }
    Status.check(
        Abi.nrt_conv2d_fwd(y.ctx(), y.code(), y.addr(), x.addr(), w.addr(), bias, desc), "conv2d", x, w, b);
  }

  private static Tensor[] backward(
      Tensor dy, Tensor x, Tensor w, Tensor y, Window window, int groups, UnaryOp activation, boolean[] needed) {
    Tensor dz = Unary.fusedBackward(activation, dy, y).contiguous();
    Tensor dx = needed[0] ? dataGradient(dz, w, x.shape(), window, groups) : null;
    if (Current.get().tape != null) {
      Tensor dw = needed[1] ? kernelGradient(x, dz, w.shape(), window, groups, null) : null;
      return new Tensor[] {dx, dw, needed[2] ? dz.sum(0, 1, 2) : null};
    }
    Tensor db = needed[2] ? TENSORS.create(Shape.of(w.dim(3)), w.dtype(), "conv2d_bias_gradient") : null;
    Tensor dw = needed[1] || needed[2] ? kernelGradient(x, dz, w.shape(), window, groups, db) : null;
    return new Tensor[] {dx, needed[1] ? dw : null, db};
  }

  /** dx of shape {@code xShape} from dy. */
  public static Tensor dataGradient(Tensor dy, Tensor w, Shape xShape, Window window, int groups) {
    Tensor g = dy.contiguous();
    Tensor ws = w.contiguous();
    Tensor dx = TENSORS.create(xShape, dy.dtype(), "conv2d_data_gradient");
    long[] desc = descriptor(xShape, dy.shape(), window, groups, UnaryOp.IDENTITY);
    Status.check(
        Abi.nrt_conv2d_bwd_data(dy.ctx(), dy.code(), dx.addr(), g.addr(), ws.addr(), desc), "conv2d_data_gradient", g, ws);
    return Tape.record(
        "conv2d_data_gradient", dx,
        dy, u -> apply(u, w, null, window, groups, UnaryOp.IDENTITY),
        w, u -> kernelGradient(u, dy, w.shape(), window, groups, null),
        dy, w);
  }

  /** dw of shape {@code wShape} from x and dy; fills db when given. */
  private static Tensor kernelGradient(Tensor x, Tensor dy, Shape wShape, Window window, int groups, Tensor db) {
    Tensor xs = x.contiguous();
    Tensor g = dy.contiguous();
    Tensor dw = TENSORS.create(wShape, dy.dtype(), "conv2d_kernel_gradient");
    long[] desc = descriptor(x.shape(), dy.shape(), window, groups, UnaryOp.IDENTITY);
    Status.check(
        Abi.nrt_conv2d_bwd_weights(
            dy.ctx(), dy.code(), dw.addr(), db == null ? 0 : db.addr(), xs.addr(), g.addr(), desc),
        "conv2d_kernel_gradient", xs, g);
    return Tape.record(
        "conv2d_kernel_gradient", dw,
        x, u -> dataGradient(dy, u, x.shape(), window, groups),
        dy, u -> apply(x, u, null, window, groups, UnaryOp.IDENTITY),
        x, dy);
  }

  private static void check(Tensor x, Tensor w, Tensor b, Window window, int groups) {
    Binary.requireAlike("conv2d", x, w);
    if (x.rank() != 4 || w.rank() != 4) {
      throw new ShapeException(
          "conv2d: expected x [batch, height, width, channels] and w [kh, kw, in / groups, out], given " + x.shape()
              + " and " + w.shape());
    }
    if (groups < 1 || x.dim(3) % groups != 0 || w.dim(3) % groups != 0 || w.dim(2) * groups != x.dim(3)) {
      throw new ShapeException(
          "conv2d: expected " + w.dim(2) * Math.max(groups, 1) + " channels (kernel " + w.shape() + ", " + groups
              + " groups), given " + x.shape());
    }
    if (w.dim(0) != window.kernelH() || w.dim(1) != window.kernelW()) {
      throw new ShapeException(
          "conv2d: expected a kernel of " + window.kernelH() + "x" + window.kernelW() + ", given " + w.shape());
    }
    if (b != null && (b.rank() != 1 || b.dim(0) != w.dim(3))) {
      throw new ShapeException("conv2d: expected a bias [" + w.dim(3) + "], given " + b.shape());
    }
  }

  private static long[] descriptor(Shape x, Shape y, Window v, int groups, UnaryOp activation) {
    return new long[] {
      x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), v.kernelH(), v.kernelW(), v.strideH(),
      v.strideW(), v.dilationH(), v.dilationW(), v.padTop(), v.padLeft(), groups, activation.code()
    };
  }
}
