package dev.neurite.tensor;

import dev.neurite.ops.Access;
import dev.neurite.ops.Packed;
import dev.neurite.ops.Packing;

/** The doors of {@link Access}, opened. */
final class TensorAccess extends Access {

  @Override
  public Tensor create(Shape shape, DType dtype, String op) {
    return Tensor.create(shape, dtype, op);
  }

  @Override
  public Tensor view(Tensor of, Shape shape, long[] strides, long offset, String op) {
    Storage s = of.storageOrThrow();
    s.retain();
    long[] kept = strides != null && isContiguous(shape, strides) ? null : strides;
    return new Tensor(s, shape, of.dtype(), kept, offset, op, true);
  }

  private static boolean isContiguous(Shape shape, long[] strides) {
    long step = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      long d = shape.dim(i);
      if (d != 1 && strides[i] != step) {
        return shape.size() == 0;
      }
      step *= d;
    }
    return true;
  }

  @Override
  public long[] strides(Tensor t) {
    return t.stridesOrContiguous();
  }

  @Override
  public long offset(Tensor t) {
    return t.offset();
  }

  @Override
  public int node(Tensor t, Object tape) {
    return t.node(tape);
  }

  @Override
  public void setNode(Tensor t, Object tape, int node) {
    t.setNode(tape, node);
  }

  @Override
  public void pin(Tensor t) {
    t.pin();
  }

  @Override
  public void unpin(Tensor t) {
    t.unpin();
  }

  @Override
  public boolean isOrphan(Tensor t) {
    return t.isOrphan();
  }

  @Override
  public Packed packed(Param p, Packing packing, Packed.When when) {
    return p.forms().of(p, packing, when);
  }

  @Override
  public void adopt(Tensor t, Scope scope) {
    t.moveTo(scope);
  }
}
