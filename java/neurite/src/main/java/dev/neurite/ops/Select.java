package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Comparisons (no gradient) and element-wise choice. */
public final class Select {

  private static final Access TENSORS = Access.tensors();

  private Select() {}

  /** {@code a op b} as bool, with broadcasting. */
  public static Tensor compare(CompareOp op, Tensor a, Tensor b) {
    Binary.requireAlike(op.name(), a, b);
    boolean logic = op == CompareOp.AND || op == CompareOp.OR || op == CompareOp.XOR;
    if (logic && a.dtype() != DType.BOOL) {
      throw new DTypeException(op.name() + ": expected bool tensors, given " + a.describe());
    }
    Shape shape = Shape.broadcast(op.name(), a.shape(), b.shape());
    Tensor y = TENSORS.create(shape, DType.BOOL, op.name());
    long[] desc =
        Descriptor.of(
            shape,
            Descriptor.broadcastStrides(a.shape(), TENSORS.strides(a), shape),
            Descriptor.broadcastStrides(b.shape(), TENSORS.strides(b), shape));
    Status.check(
        Abi.nrt_select_compare(a.ctx(), a.code(), op.code(), y.addr(), a.addr(), b.addr(), desc), op.name(), a, b);
    return y;
  }

  /** {@code condition ? a : b}, all three broadcast; the gradient goes to the chosen side. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    Binary.requireAlike("where", a, b);
    if (condition.dtype() != DType.BOOL) {
      throw new DTypeException("where: expected a bool condition, given " + condition.describe());
    }
    Shape shape =
        Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
    Tensor y = TENSORS.create(shape, a.dtype(), "where");
    long[] desc =
        Descriptor.of(
            shape,
            Descriptor.broadcastStrides(condition.shape(), TENSORS.strides(condition), shape),
            Descriptor.broadcastStrides(a.shape(), TENSORS.strides(a), shape),
            Descriptor.broadcastStrides(b.shape(), TENSORS.strides(b), shape));
    Status.check(
        Abi.nrt_select_where(a.ctx(), a.code(), y.addr(), condition.addr(), a.addr(), b.addr(), desc),
        "where", condition, a, b);
    return Tape.record(
        "where", y,
        a, dy -> where(condition, dy, zero(dy)).sumTo(a.shape()),
        b, dy -> where(condition, zero(dy), dy).sumTo(b.shape()),
        condition);
  }

  private static Tensor zero(Tensor like) {
    return Tensor.scalar(0, like.dtype());
  }
}
