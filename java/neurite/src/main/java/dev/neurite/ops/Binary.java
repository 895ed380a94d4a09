package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Element-wise functions of two tensors: broadcasting, forward, backward (sums over stretched axes). */
public final class Binary {

  private static final Access TENSORS = Access.tensors();

  private Binary() {}

  /** {@code y = a op b} with broadcasting. */
  public static Tensor apply(BinaryOp op, Tensor a, Tensor b) {
    requireAlike(op.name(), a, b);
    if (a.dtype() == DType.BOOL || a.dtype() == DType.UINT8 || a.dtype() == DType.BFLOAT16) {
      throw new DTypeException(op.name() + ": expected float32, float64, int32 or int64, given " + a.describe());
    }
    Tensor y = forward(op, a, b);
    return switch (op) {
      case ADD -> Tape.record("ADD", y, a, dy -> dy.sumTo(a.shape()), b, dy -> dy.sumTo(b.shape()));
      case SUB -> Tape.record("SUB", y, a, dy -> dy.sumTo(a.shape()), b, dy -> dy.neg().sumTo(b.shape()));
      case MUL -> Tape.record(
          "MUL", y, a, dy -> dy.mul(b).sumTo(a.shape()), b, dy -> dy.mul(a).sumTo(b.shape()), a, b);
      case DIV -> Tape.record(
          "DIV", y, a, dy -> dy.div(b).sumTo(a.shape()),
          b, dy -> dy.mul(a).div(b.square()).neg().sumTo(b.shape()), a, b);
      case MAXIMUM, MINIMUM -> extreme(op, y, a, b);
      case POW -> Tape.record(
          "POW", y, a, dy -> dy.mul(b).mul(a.pow(b.sub(1))).sumTo(a.shape()),
          b, dy -> dy.mul(powerLog(a, b)).sumTo(b.shape()), a, b);
      case ATAN2 -> Tape.record(
          "ATAN2", y, a, dy -> dy.mul(b.div(a.square().add(b.square()))).sumTo(a.shape()),
          b, dy -> dy.mul(a.div(a.square().add(b.square()))).neg().sumTo(b.shape()), a, b);
      case HYPOT -> Tape.record(
          "HYPOT", y, a, dy -> dy.mul(a.div(y)).sumTo(a.shape()), b, dy -> dy.mul(b.div(y)).sumTo(b.shape()), a, b, y);
      case MOD -> Tape.record(
          "MOD", y, a, dy -> dy.sumTo(a.shape()),
          b, dy -> dy.mul(a.div(b).floor()).neg().sumTo(b.shape()), a, b);
      case REM -> Tape.record(
          "REM", y, a, dy -> dy.sumTo(a.shape()),
          b, dy -> dy.mul(a.div(b).unary(UnaryOp.TRUNC)).neg().sumTo(b.shape()), a, b);
      case FLOOR_DIV -> Tape.record(
          "FLOOR_DIV", y, a, dy -> Tensor.zeros(a.shape(), a.dtype()), b, dy -> Tensor.zeros(b.shape(), b.dtype()));
    };
  }

  /** d a^b / db = a^b log a, taken as 0 where a is 0 and b is positive (the limit). */
  private static Tensor powerLog(Tensor a, Tensor b) {
    Tensor y = a.pow(b);
    Tensor zero = Tensor.zeros(y.shape(), y.dtype());
    Tensor safe = a.eq(0).where(Tensor.ones(a.shape(), a.dtype()), a);
    return a.eq(0).broadcastTo(y.shape()).where(zero, y.mul(safe.log()));
  }

  /** The winner gets the gradient; equal values share it. */
  private static Tensor extreme(BinaryOp op, Tensor y, Tensor a, Tensor b) {
    CompareOp wins = op == BinaryOp.MAXIMUM ? CompareOp.GREATER : CompareOp.LESS;
    return Tape.record(
        op.name(), y, a, dy -> dy.mul(share(wins, a, b)).sumTo(a.shape()),
        b, dy -> dy.mul(share(wins, b, a)).sumTo(b.shape()), a, b);
  }

  private static Tensor share(CompareOp wins, Tensor a, Tensor b) {
    return a.compare(wins, b).cast(a.dtype()).add(a.eq(b).cast(a.dtype()).mul(0.5));
  }

  static void requireAlike(String who, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new DTypeException(
          who + ": expected two tensors of one type, given " + a.describe() + " and " + b.describe()
              + "\n  cast one of them");
    }
  }

  private static Tensor forward(BinaryOp op, Tensor a, Tensor b) {
    Shape shape = Shape.broadcast(op.name(), a.shape(), b.shape());
    Tensor y = TENSORS.create(shape, a.dtype(), op.name());
    boolean flatA = a.isContiguous() && a.size() == shape.size();
    boolean flatB = b.isContiguous() && b.size() == shape.size();
    boolean oneA = a.size() == 1;
    boolean oneB = b.size() == 1;
    int code;
    if ((flatA || oneA) && (flatB || oneB)) {
      code =
          Abi.nrt_binary_fwd(
              a.ctx(), a.code(), op.code(), y.addr(), a.addr(), b.addr(), shape.size(), flatA ? 1 : 0, flatB ? 1 : 0);
    } else {
      long[] desc =
          Descriptor.of(
              shape,
              Descriptor.broadcastStrides(a.shape(), TENSORS.strides(a), shape),
              Descriptor.broadcastStrides(b.shape(), TENSORS.strides(b), shape));
      code = Abi.nrt_binary_fwd_strided(a.ctx(), a.code(), op.code(), y.addr(), a.addr(), b.addr(), desc);
    }
    Status.check(code, op.name(), a, b);
    return y;
  }

  /** {@code sum += g}; only for buffers the tape made itself. */
  public static void addInPlace(Tensor sum, Tensor g) {
    Tensor source = g.contiguous();
    Status.check(
        Abi.nrt_binary_axpy(sum.ctx(), sum.code(), sum.addr(), source.addr(), sum.size(), 1), "accumulate", sum, source);
  }
}
