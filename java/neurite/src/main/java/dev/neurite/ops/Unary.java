package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Element-wise functions: shape rule (none), forward, backward. */
public final class Unary {

  private static final int NEEDS_INPUT = 1;
  private static final int NEEDS_OUTPUT = 2;
  /** What backward of each op reads, asked once. */
  private static final int[] NEEDS = new int[128];

  private static final Access TENSORS = Access.tensors();

  static {
    Backend.cpu();
    for (UnaryOp op : UnaryOp.values()) {
      NEEDS[op.code()] = Abi.nrt_unary_needs(op.code());
    }
  }

  private Unary() {}

  /** {@code y = op(x)} with up to four parameters. */
  public static Tensor apply(UnaryOp op, Tensor x, double... p) {
    return apply(op, x, p.length > 0 ? p[0] : 0, p.length > 1 ? p[1] : 0, p.length > 2 ? p[2] : 0, p.length > 3 ? p[3] : 0);
  }

  /** {@code y = op(x)}. */
  public static Tensor apply(UnaryOp op, Tensor x) {
    return apply(op, x, 0, 0, 0, 0);
  }

  private static Tensor apply(UnaryOp op, Tensor x, double p0, double p1, double p2, double p3) {
    Tensor y = forward(op, x, p0, p1, p2, p3);
    if (!Tape.tracks(x)) {
      Numerics.check(op.name(), y);
      return y;
    }
    int needs = NEEDS[op.code()];
    return Tape.record(
        op.name(), y, x, dy -> backward(op, dy, x, y, p0, p1, p2, p3),
        needs == NEEDS_INPUT ? new Tensor[] {x} : needs == NEEDS_OUTPUT ? new Tensor[] {y} : new Tensor[0]);
  }

  private static Tensor forward(UnaryOp op, Tensor x, double p0, double p1, double p2, double p3) {
    requireNumeric(op, x);
    Tensor y = TENSORS.create(x.shape(), x.dtype(), op.name());
    if (x.isContiguous()) {
      Status.check(
          Abi.nrt_unary_fwd(x.ctx(), x.code(), op.code(), y.addr(), x.addr(), x.size(), p0, p1, p2, p3), op.name(), x);
    } else {
      long[] desc = Descriptor.of(x.shape(), TENSORS.strides(x));
      Status.check(
          Abi.nrt_unary_fwd_strided(x.ctx(), x.code(), op.code(), y.addr(), x.addr(), desc, p0, p1, p2, p3),
          op.name(), x);
    }
    return y;
  }

  private static void requireNumeric(UnaryOp op, Tensor x) {
    if (x.dtype().isDifferentiable()) {
      return;
    }
    boolean exact = op == UnaryOp.NEG || op == UnaryOp.ABS || op == UnaryOp.SQUARE || op == UnaryOp.SIGN;
    boolean integer = x.dtype() == DType.INT32 || x.dtype() == DType.INT64;
    if (!(exact && integer)) {
      throw new DTypeException(op.name() + ": expected float32 or float64, given " + x.describe() + "; cast it first");
    }
  }

  /** {@code a * x + b}; integers go through two exact binary ops. */
  public static Tensor affine(Tensor x, double a, double b) {
    if (x.dtype().isDifferentiable()) {
      return apply(UnaryOp.AFFINE, x, a, b, 0, 0);
    }
    Tensor y = x;
    if (a == -1) {
      y = y.neg();
    } else if (a != 1) {
      y = y.mul(Tensor.scalar(whole(a), x.dtype()));
    }
    return b == 0 ? (y == x ? x.add(Tensor.scalar(0, x.dtype())) : y) : y.add(Tensor.scalar(whole(b), x.dtype()));
  }

  private static double whole(double v) {
    if (v != Math.rint(v)) {
      throw new DTypeException("arithmetic: expected a whole number for an integer tensor, given " + v);
    }
    return v;
  }

  /** {@code dx = dy * op'(x)}; recorded as plain tensor ops while a tape records the walk (second order). */
  static Tensor backward(UnaryOp op, Tensor dy, Tensor x, Tensor y, double p0, double p1, double p2, double p3) {
    if (Current.get().tape != null) {
      return dy.mul(Derivative.of(op, x, y, p0, p1, p2, p3));
    }
    int needs = NEEDS[op.code()];
    Tensor g = dy.contiguous();
    Tensor xs = needs == NEEDS_INPUT ? x.contiguous() : null;
    Tensor dx = TENSORS.create(x.shape(), x.dtype(), op.name() + "_bwd");
    Status.check(
        Abi.nrt_unary_bwd(
            g.ctx(), g.code(), op.code(), dx.addr(), g.addr(), xs == null ? 0 : xs.addr(),
            needs == NEEDS_OUTPUT ? y.addr() : 0, g.size(), p0, p1, p2, p3),
        op.name() + "_bwd", g, needs == NEEDS_OUTPUT ? y : xs);
    return dx;
  }

  /**
   * Gradient through a fused activation from its output alone (IDENTITY, RELU, SIGMOID, TANH): what layers with a fused
   * epilogue call first in their backward.
   */
  public static Tensor fusedBackward(UnaryOp op, Tensor dy, Tensor y) {
    return op == UnaryOp.IDENTITY ? dy : backward(op, dy, y, y, 0, 0, 0, 0);
  }
}
