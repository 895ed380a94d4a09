package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/** Reductions over any set of axes: shape rule, forward, backward. */
public final class Reduce {

  private static final Access TENSORS = Access.tensors();

  private Reduce() {}

  /** Reduces the axes (all when none is given); {@code keepDims} leaves them with length 1. */
  public static Tensor apply(ReduceOp op, Tensor x, boolean keepDims, int... axes) {
    return op == ReduceOp.VAR ? variance(x, 0, keepDims, axes) : reduce(op, x, keepDims, 0, axes);
  }

  /** Variance with divisor {@code max(n - correction, 0)}. */
  public static Tensor variance(Tensor x, double correction, boolean keepDims, int... axes) {
    return reduce(ReduceOp.VAR, x, keepDims, correction, axes);
  }

  private static Tensor reduce(ReduceOp op, Tensor x, boolean keepDims, double correction, int... axes) {
    requireType(op, x);
    boolean[] reduced = marks(op.name(), x.shape(), axes);
    Shape kept = keptShape(x.shape(), reduced, true);
    requireElements(op, x, reduced);
    Shape out = keepDims ? kept : keptShape(x.shape(), reduced, false);
    Tensor y = TENSORS.create(out, x.dtype(), op.name());
    long[] desc = descriptor(x, reduced);
    Status.check(Abi.nrt_reduce_fwd(x.ctx(), x.code(), op.code(), y.addr(), x.addr(), desc, correction), op.name(), x);
    if (op == ReduceOp.ANY || op == ReduceOp.ALL || !Tape.tracks(x)) {
      Numerics.check(op.name(), y);
      return y;
    }
    boolean linear = op == ReduceOp.SUM || op == ReduceOp.MEAN;
    return Tape.record(
        op.name(), y, x,
        dy -> backward(op, dy.reshape(kept), x, linear ? null : y.reshape(kept), reduced, correction),
        linear ? new Tensor[0] : new Tensor[] {x, y});
  }

  private static Tensor backward(ReduceOp op, Tensor dy, Tensor x, Tensor y, boolean[] reduced, double correction) {
    double count = count(x.shape(), reduced);
    return switch (op) {
      case SUM -> dy.broadcastTo(x.shape());
      case MEAN -> dy.mul(1 / count).broadcastTo(x.shape());
      case SUM_SQUARES -> dy.mul(x).mul(2);
      case L1 -> dy.mul(x.sign());
      case L2 -> dy.mul(x).div(y.eq(0).where(Tensor.ones(y.shape(), y.dtype()), y));
      case LOGSUMEXP -> dy.mul(x.sub(finite(y)).exp());
      case VAR -> dy.mul(x.sub(x.reduce(ReduceOp.MEAN, true, axes(reduced)))).mul(2 / Math.max(count - correction, 0));
      case PROD -> product(dy, x, y, reduced);
      case MAX, MIN -> extreme(dy, x, y, reduced);
      default -> throw new IllegalStateException(op + " has no gradient");
    };
  }

  /** -inf (all inputs -inf) would give NaN as -inf - -inf; any finite value gives the right 0. */
  private static Tensor finite(Tensor y) {
    return y.eq(Double.NEGATIVE_INFINITY).where(Tensor.zeros(y.shape(), y.dtype()), y);
  }

  /** d prod / dx_i = product of the others, which is not y / x_i where x_i is 0. */
  private static Tensor product(Tensor dy, Tensor x, Tensor y, boolean[] reduced) {
    int[] axes = axes(reduced);
    Tensor zero = x.eq(0);
    Tensor one = Tensor.ones(x.shape(), x.dtype());
    Tensor safe = zero.where(one, x);
    Tensor zeros = zero.cast(x.dtype()).reduce(ReduceOp.SUM, true, axes);
    Tensor rest = safe.reduce(ReduceOp.PROD, true, axes);
    Tensor none = Tensor.scalar(0, x.dtype());
    Tensor atZero = zeros.eq(1).where(rest, none);
    Tensor elsewhere = zeros.eq(0).where(rest, none).div(safe);
    return dy.mul(zero.where(atZero, elsewhere));
  }

  /** Ties share the gradient evenly. */
  private static Tensor extreme(Tensor dy, Tensor x, Tensor y, boolean[] reduced) {
    if (Current.get().tape != null) {
      Tensor hit = x.eq(y).cast(x.dtype());
      return dy.mul(hit.div(hit.reduce(ReduceOp.SUM, true, axes(reduced))));
    }
    Tensor g = dy.contiguous();
    Tensor ys = y.contiguous();
    Tensor dx = TENSORS.create(x.shape(), x.dtype(), "extreme_bwd");
    Status.check(
        Abi.nrt_reduce_extreme_bwd(
            x.ctx(), x.code(), dx.addr(), g.addr(), ys.addr(), x.addr(), descriptor(x, reduced)),
        "extreme_bwd", x, g, ys);
    return dx;
  }

  private static void requireType(ReduceOp op, Tensor x) {
    DType t = x.dtype();
    boolean ok =
        switch (op) {
          case ANY, ALL -> t == DType.BOOL;
          case SUM, PROD, MAX, MIN -> t.isDifferentiable() || t == DType.INT32 || t == DType.INT64;
          default -> t.isDifferentiable();
        };
    if (!ok) {
      throw new DTypeException(op.name() + ": cannot reduce " + x.describe() + "; cast it first");
    }
  }

  private static void requireElements(ReduceOp op, Tensor x, boolean[] reduced) {
    if ((op == ReduceOp.MAX || op == ReduceOp.MIN) && count(x.shape(), reduced) == 0) {
      throw new ShapeException(op.name() + ": expected at least one element to reduce, given " + x.describe());
    }
  }

  private static boolean[] marks(String who, Shape shape, int... axes) {
    boolean[] reduced = new boolean[shape.rank()];
    if (axes.length == 0) {
      Arrays.fill(reduced, true);
    }
    for (int axis : axes) {
      int a = shape.axis(axis);
      if (reduced[a]) {
        throw new ShapeException(who + ": expected distinct axes, given " + Arrays.toString(axes) + " for " + shape);
      }
      reduced[a] = true;
    }
    return reduced;
  }

  private static Shape keptShape(Shape shape, boolean[] reduced, boolean keepDims) {
    long[] d = new long[shape.rank()];
    int n = 0;
    for (int i = 0; i < reduced.length; i++) {
      if (!reduced[i]) {
        d[n++] = shape.dim(i);
      } else if (keepDims) {
        d[n++] = 1;
      }
    }
    return Shape.of(Arrays.copyOf(d, n));
  }

  private static double count(Shape shape, boolean[] reduced) {
    double n = 1;
    for (int i = 0; i < reduced.length; i++) {
      n *= reduced[i] ? shape.dim(i) : 1;
    }
    return n;
  }

  private static int[] axes(boolean[] reduced) {
    int[] axes = new int[reduced.length];
    int n = 0;
    for (int i = 0; i < reduced.length; i++) {
      if (reduced[i]) {
        axes[n++] = i;
      }
    }
    return Arrays.copyOf(axes, n);
  }

  private static long[] descriptor(Tensor x, boolean[] reduced) {
    long[] marks = new long[reduced.length];
    for (int i = 0; i < marks.length; i++) {
      marks[i] = reduced[i] ? 1 : 0;
    }
    return Descriptor.of(x.shape(), TENSORS.strides(x), marks);
  }

  /** Sums over the axes along which {@code to} was stretched to x's shape. */
  public static Tensor sumTo(Tensor x, Shape to) {
    if (x.shape().equals(to)) {
      return x;
    }
    int lead = x.rank() - to.rank();
    int[] axes = new int[x.rank()];
    int n = 0;
    for (int i = 0; i < x.rank(); i++) {
      if (i < lead || to.dim(i - lead) == 1 && x.dim(i) != 1) {
        axes[n++] = i;
      }
    }
    Tensor y = n == 0 ? x : apply(ReduceOp.SUM, x, true, Arrays.copyOf(axes, n));
    return y.reshape(to);
  }

  /** Index (int64) of the first largest or smallest element along an axis, which disappears. NaN wins. */
  public static Tensor arg(Tensor x, int axis, boolean largest) {
    String who = largest ? "argmax" : "argmin";
    int a = x.shape().axis(axis);
    if (x.dim(a) == 0) {
      throw new ShapeException(who + ": expected at least one element along axis " + axis + ", given " + x.describe());
    }
    Tensor source = x.contiguous();
    Shape before = x.shape().slice(0, a);
    Shape after = x.shape().slice(a + 1, x.rank());
    boolean[] reduced = new boolean[x.rank()];
    reduced[a] = true;
    Tensor y = TENSORS.create(keptShape(x.shape(), reduced, false), DType.INT64, who);
    Status.check(
        Abi.nrt_reduce_arg(
            x.ctx(), x.code(), largest ? 1 : 0, y.addr(), source.addr(), before.size(), x.dim(a), after.size()),
        who, source);
    return y;
  }
}
