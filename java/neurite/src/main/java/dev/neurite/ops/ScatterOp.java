package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Single elements looked up and written along an axis, and the positions of elements that are not zero. */
public final class ScatterOp {

  private static final Access TENSORS = Access.tensors();

  private ScatterOp() {}

  /** What an update does to the element it meets; the ordinal is the native number. */
  public enum Mode {
    /** Replaces it; the last one stays. */
    SET,
    /** Is added. */
    ADD,
    /** Is multiplied. */
    MULTIPLY,
    /** The larger stays; NaN wins. */
    MAX,
    /** The smaller stays; NaN wins. */
    MIN
  }

  /** {@code y[.., i, ..] = x[.., ids[.., i, ..], ..]} along an axis; ids count from the end when negative. */
  public static Tensor take(Tensor x, Tensor ids, int axis) {
    int a = check("gatherElements", x, ids, axis);
    Tensor source = x.contiguous();
    Tensor index = ids.contiguous();
    Tensor y = TENSORS.create(ids.shape(), x.dtype(), "gatherElements");
    Status.check(
        Abi.nrt_scatter_take(
            y.ctx(), y.code(), y.addr(), source.addr(), index.addr(), descriptor(index, source), a, x.dim(a)),
        "gatherElements", source, index);
    Shape from = x.shape();
    return Tape.record(
        "gatherElements", y, source, dy -> put(Tensor.zeros(from, dy.dtype()), index, dy, a, Mode.ADD), index);
  }

  /** A copy of x where {@code updates} were brought in at the places {@link #take} would read. */
  public static Tensor put(Tensor x, Tensor ids, Tensor updates, int axis, Mode mode) {
    int a = check("scatterElements", x, ids, axis);
    Binary.requireAlike("scatterElements", x, updates);
    if (!updates.shape().equals(ids.shape())) {
      throw new ShapeException(
          "scatterElements: expected updates of the indices' shape " + ids.shape() + ", given " + updates.shape());
    }
    Tensor index = ids.contiguous();
    Tensor values = updates.contiguous();
    Tensor y = Tape.noGrad(() -> Movement.copy(x));
    Status.check(
        Abi.nrt_scatter_put(
            y.ctx(), y.code(), mode.ordinal(), y.addr(), values.addr(), index.addr(), descriptor(index, y), a,
            x.dim(a)),
        "scatterElements", x, index);
    Tape.recordMany(
        "scatterElements", new Tensor[] {y}, new Tensor[] {x, values},
        (dy, needed) -> putBackward(dy[0], x, index, values, y, a, mode),
        mode == Mode.SET || mode == Mode.ADD ? new Tensor[] {index} : new Tensor[] {x, index, values, y});
    return y;
  }

  private static Tensor[] putBackward(Tensor dy, Tensor x, Tensor ids, Tensor updates, Tensor y, int axis, Mode mode) {
    return switch (mode) {
      case SET -> {
        Tensor none = Tensor.zeros(ids.shape(), dy.dtype());
        Tensor last = winners(ids, dy, axis);
        yield new Tensor[] {put(dy, ids, none, axis, Mode.SET), last.where(take(dy, ids, axis), none)};
      }
      case ADD -> new Tensor[] {dy, take(dy, ids, axis)};
      case MULTIPLY -> productBackward(dy, x, ids, updates, axis);
      case MAX, MIN -> extremeBackward(dy, x, ids, updates, y, axis);
    };
  }

  /** The product of all other factors, which is not {@code y / factor} where the factor is 0. */
  private static Tensor[] productBackward(Tensor dy, Tensor x, Tensor ids, Tensor updates, int axis) {
    Tensor one = Tensor.scalar(1, x.dtype());
    Tensor safeX = x.eq(0).where(one, x);
    Tensor safe = updates.eq(0).where(one, updates);
    Tensor rest = put(safeX, ids, safe, axis, Mode.MULTIPLY);
    Tensor zeros = put(x.eq(0).cast(x.dtype()), ids, updates.eq(0).cast(x.dtype()), axis, Mode.ADD);
    Tensor g = take(dy.mul(rest), ids, axis);
    return new Tensor[] {
      others(dy.mul(rest), safeX, x.eq(0), zeros), others(g, safe, updates.eq(0), take(zeros, ids, axis))
    };
  }

  private static Tensor others(Tensor product, Tensor factor, Tensor isZero, Tensor zeros) {
    Tensor none = Tensor.scalar(0, product.dtype());
    return isZero.where(zeros.eq(1).where(product, none), zeros.eq(0).where(product, none).div(factor));
  }

  /** Ties share the gradient evenly. */
  private static Tensor[] extremeBackward(Tensor dy, Tensor x, Tensor ids, Tensor updates, Tensor y, int axis) {
    Tensor own = x.eq(y).cast(x.dtype());
    Tensor theirs = updates.eq(take(y, ids, axis)).cast(x.dtype());
    Tensor share = dy.div(put(own, ids, theirs, axis, Mode.ADD).maximum(Tensor.scalar(1, x.dtype())));
    return new Tensor[] {share.mul(own), take(share, ids, axis).mul(theirs)};
  }

  /** Whether each position is the last to write its place. */
  private static Tensor winners(Tensor ids, Tensor table, int axis) {
    Tensor y = TENSORS.create(ids.shape(), DType.BOOL, "winners");
    Status.check(
        Abi.nrt_scatter_winners(y.ctx(), y.addr(), ids.addr(), descriptor(ids, ids), axis, table.dim(axis)), "winners",
        ids);
    return y;
  }

  /** Flat positions (int64) of the elements that are not 0, ascending. */
  public static Tensor nonzero(Tensor x) {
    if (x.dtype() == DType.BFLOAT16) {
      throw new DTypeException("nonzero: expected another element type, given " + x.describe() + "; cast it first");
    }
    Tensor source = x.contiguous();
    Tensor count = TENSORS.create(Shape.scalar(), DType.INT64, "nonzero");
    Status.check(Abi.nrt_scatter_count(x.ctx(), x.code(), count.addr(), source.addr(), x.size()), "nonzero", source);
    Tensor y = TENSORS.create(Shape.of((long) count.item()), DType.INT64, "nonzero");
    Status.check(
        Abi.nrt_scatter_nonzero(x.ctx(), x.code(), y.addr(), y.size(), source.addr(), x.size()), "nonzero", source);
    return y;
  }

  private static int check(String who, Tensor x, Tensor ids, int axis) {
    if (ids.dtype() != DType.INT64) {
      throw new DTypeException(who + ": expected int64 indices, given " + ids.describe());
    }
    if (x.rank() == 0 || x.rank() != ids.rank()) {
      throw new ShapeException(
          who + ": expected indices of as many axes as the values, given " + ids.shape() + " for " + x.shape());
    }
    int a = x.shape().axis(axis);
    for (int i = 0; i < x.rank(); i++) {
      if (i != a && ids.dim(i) > x.dim(i)) {
        throw new ShapeException(
            who + ": expected indices no longer than the values on axis " + i + ", given " + ids.shape() + " for "
                + x.shape());
      }
    }
    return a;
  }

  private static long[] descriptor(Tensor ids, Tensor table) {
    return Descriptor.of(ids.shape(), TENSORS.strides(table));
  }
}
