package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Moving data: views (reshape, permute, broadcast, slice, flip), copies, joins, padding, casts, fills. */
public final class Movement {

  private static final Access TENSORS = Access.tensors();

  private Movement() {}

  /** A contiguous copy. */
  public static Tensor copy(Tensor x) {
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "copy");
    copyInto(y, TENSORS.strides(y), 0, x);
    return Tape.record("copy", y, x, dy -> dy);
  }

  /** Copies x into a part of dst given by strides and an element offset. */
  private static void copyInto(Tensor dst, long[] dstStrides, long dstOffset, Tensor x) {
    long[] desc = Descriptor.of(x.shape(), dstStrides, TENSORS.strides(x));
    int bytes = x.dtype().bytes();
    Status.check(
        Abi.nrt_movement_copy(x.ctx(), bytes, dst.addr() + dstOffset * bytes, x.addr(), desc), "copy", dst, x);
  }

  /** Reshape; one length may be -1. */
  public static Tensor reshape(Tensor x, long... dims) {
    Shape to = resolve(x, dims);
    if (to.equals(x.shape())) {
      return x;
    }
    Tensor source = x.contiguous();
    Tensor y = TENSORS.view(source, to, null, TENSORS.offset(source), "reshape");
    Shape from = x.shape();
    return Tape.record("reshape", y, source, dy -> reshape(dy, from.dims()));
  }

  private static Shape resolve(Tensor x, long... dims) {
    int free = -1;
    long known = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1 && free < 0) {
        free = i;
      } else {
        known *= dims[i];
      }
    }
    long[] d = dims.clone();
    if (free >= 0 && known > 0 && x.size() % known == 0) {
      d[free] = x.size() / known;
    }
    Shape to = Shape.of(d);
    if (to.size() != x.size()) {
      throw new ShapeException(
          "reshape: expected a shape with " + x.size() + " elements, given " + Arrays.toString(dims) + " for "
              + x.describe());
    }
    return to;
  }

  /** Axes from {@code from} on merged. */
  public static Tensor flatten(Tensor x, int from) {
    int a = from == x.rank() ? from : x.shape().axis(from);
    return reshape(x, x.shape().slice(0, a).append(x.shape().slice(a, x.rank()).size()).dims());
  }

  /** The last two axes exchanged. */
  public static Tensor transpose(Tensor x) {
    if (x.rank() < 2) {
      throw new ShapeException("transpose: expected at least two axes, given " + x.describe());
    }
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    order[order.length - 1] = order.length - 2;
    order[order.length - 2] = order.length - 1;
    return permute(x, order);
  }

  /** Axes in the given order. */
  public static Tensor permute(Tensor x, int... order) {
    int rank = x.rank();
    if (order.length != rank) {
      throw new ShapeException("permute: expected " + rank + " axes, given " + Arrays.toString(order));
    }
    long[] dims = new long[rank];
    long[] strides = new long[rank];
    int[] inverse = new int[rank];
    Arrays.fill(inverse, -1);
    long[] from = TENSORS.strides(x);
    for (int i = 0; i < rank; i++) {
      int a = x.shape().axis(order[i]);
      if (inverse[a] >= 0) {
        throw new ShapeException("permute: expected each axis once, given " + Arrays.toString(order));
      }
      inverse[a] = i;
      dims[i] = x.dim(a);
      strides[i] = from[a];
    }
    Tensor y = TENSORS.view(x, Shape.of(dims), strides, TENSORS.offset(x), "permute");
    return Tape.record("permute", y, x, dy -> permute(dy, inverse));
  }

  /** An axis of length 1 put in. */
  public static Tensor expandDims(Tensor x, int axis) {
    int a = axis < 0 ? axis + x.rank() + 1 : axis;
    if (a < 0 || a > x.rank()) {
      throw new ShapeException("expandDims: expected an axis in [0, " + x.rank() + "], given " + axis);
    }
    Shape to = Shape.of(insert(x.shape().dims(), a, 1));
    Tensor y = TENSORS.view(x, to, insert(TENSORS.strides(x), a, 1), TENSORS.offset(x), "expandDims");
    Shape from = x.shape();
    return Tape.record("expandDims", y, x, dy -> dy.reshape(from));
  }

  private static long[] insert(long[] values, int at, long value) {
    long[] out = new long[values.length + 1];
    System.arraycopy(values, 0, out, 0, at);
    out[at] = value;
    System.arraycopy(values, at, out, at + 1, values.length - at);
    return out;
  }

  /** Axes of length 1 taken out (all of them when none is named). */
  public static Tensor squeeze(Tensor x, int... axes) {
    boolean[] out = new boolean[x.rank()];
    for (int axis : axes) {
      int a = x.shape().axis(axis);
      if (x.dim(a) != 1) {
        throw new ShapeException("squeeze: expected length 1 on axis " + axis + ", given " + x.describe());
      }
      out[a] = true;
    }
    long[] dims = new long[x.rank()];
    int n = 0;
    for (int i = 0; i < x.rank(); i++) {
      if (!(axes.length == 0 ? x.dim(i) == 1 : out[i])) {
        dims[n++] = x.dim(i);
      }
    }
    return reshape(x, Arrays.copyOf(dims, n));
  }

  /** Stretched to a larger shape: stride 0 along new or length-1 axes. */
  public static Tensor broadcastTo(Tensor x, Shape to) {
    if (x.shape().equals(to)) {
      return x;
    }
    if (!Shape.broadcast("broadcastTo", x.shape(), to).equals(to)) {
      throw new ShapeException("broadcastTo: expected a shape " + x.shape() + " stretches to, given " + to);
    }
    long[] strides = Descriptor.broadcastStrides(x.shape(), TENSORS.strides(x), to);
    Tensor y = TENSORS.view(x, to, strides, TENSORS.offset(x), "broadcastTo");
    Shape from = x.shape();
    return Tape.record("broadcastTo", y, x, dy -> dy.sumTo(from));
  }

  /** Ranges of the leading axes. */
  public static Tensor slice(Tensor x, Slice... ranges) {
    if (ranges.length > x.rank()) {
      throw new ShapeException("slice: expected at most " + x.rank() + " ranges, given " + ranges.length);
    }
    Tensor y = x;
    for (int i = 0; i < ranges.length; i++) {
      y = sliceAxis(y, i, ranges[i]);
    }
    return y;
  }

  /** A range of one axis. */
  public static Tensor sliceAxis(Tensor x, int axis, Slice range) {
    int a = x.shape().axis(axis);
    long start = range.start(x.dim(a));
    long count = range.count(x.dim(a));
    if (count == x.dim(a) && range.step() == 1) {
      return x;
    }
    long[] strides = TENSORS.strides(x).clone();
    long offset = TENSORS.offset(x) + (count == 0 ? 0 : start * strides[a]);
    strides[a] *= range.step();
    Tensor y = TENSORS.view(x, x.shape().with(a, count), strides, offset, "slice");
    Shape from = x.shape();
    return Tape.record("slice", y, x, dy -> unslice(dy, from, a, start, range));
  }

  /** Zeros of the given shape with dy at the sliced positions; its own backward is the slice. */
  private static Tensor unslice(Tensor dy, Shape shape, int axis, long start, Slice range) {
    Tensor dx = fill(shape, 0, dy.dtype());
    long[] strides = TENSORS.strides(dx).clone();
    long offset = start * strides[axis];
    strides[axis] *= range.step();
    if (dy.size() > 0) {
      copyInto(dx, strides, offset, dy);
    }
    return Tape.record("unslice", dx, dy, g -> sliceAxis(g, axis, range));
  }

  /** One position of an axis, which disappears. */
  public static Tensor select(Tensor x, int axis, long index) {
    int a = x.shape().axis(axis);
    long i = index < 0 ? index + x.dim(a) : index;
    if (i < 0 || i >= x.dim(a)) {
      throw new ShapeException(
          "select: expected a position in [0, " + x.dim(a) + ") on axis " + axis + ", given " + index);
    }
    return squeeze(sliceAxis(x, a, Slice.of(i, i + 1)), a);
  }

  /** Reverse order along the axes. */
  public static Tensor flip(Tensor x, int... axes) {
    Tensor y = x;
    for (int axis : axes) {
      y = sliceAxis(y, axis, Slice.reversed());
    }
    return y;
  }

  /** A border of constant value. */
  public static Tensor pad(Tensor x, long[] before, long[] after, double value) {
    if (before.length != x.rank() || after.length != x.rank()) {
      throw new ShapeException("pad: expected " + x.rank() + " widths on each side, given " + before.length);
    }
    long[] dims = new long[x.rank()];
    for (int i = 0; i < dims.length; i++) {
      if (before[i] < 0 || after[i] < 0) {
        throw new ShapeException("pad: expected widths of 0 or more, given " + before[i] + " and " + after[i]);
      }
      dims[i] = before[i] + x.dim(i) + after[i];
    }
    Tensor y = fill(Shape.of(dims), value, x.dtype());
    long offset = 0;
    long[] strides = TENSORS.strides(y);
    for (int i = 0; i < dims.length; i++) {
      offset += before[i] * strides[i];
    }
    if (x.size() > 0) {
      copyInto(y, strides, offset, x);
    }
    Shape from = x.shape();
    return Tape.record("pad", y, x, dy -> unpad(dy, before, from));
  }

  private static Tensor unpad(Tensor dy, long[] before, Shape from) {
    Tensor dx = dy;
    for (int i = 0; i < before.length; i++) {
      dx = sliceAxis(dx, i, Slice.of(before[i], before[i] + from.dim(i)));
    }
    return dx;
  }

  /** Joined along an existing axis. */
  public static Tensor concat(int axis, List<Tensor> parts) {
    if (parts.isEmpty()) {
      throw new ShapeException("concat: expected at least one tensor, given none");
    }
    Tensor first = parts.get(0);
    int a = first.shape().axis(axis);
    long length = 0;
    for (Tensor t : parts) {
      Binary.requireAlike("concat", first, t);
      if (t.rank() != first.rank() || !t.shape().with(a, 0).equals(first.shape().with(a, 0))) {
        throw new ShapeException(
            "concat: expected shapes equal but for axis " + axis + ", given " + first.shape() + " and " + t.shape());
      }
      length += t.dim(a);
    }
    Tensor y = TENSORS.create(first.shape().with(a, length), first.dtype(), "concat");
    long[] strides = TENSORS.strides(y);
    long at = 0;
    for (Tensor t : parts) {
      if (t.size() > 0) {
        copyInto(y, strides, at * strides[a], t);
      }
      at += t.dim(a);
    }
    Tape.recordMany(
        "concat", new Tensor[] {y}, parts.toArray(new Tensor[0]), (dy, needed) -> split(dy[0], a, parts, needed));
    return y;
  }

  private static Tensor[] split(Tensor dy, int axis, List<Tensor> parts, boolean[] needed) {
    Tensor[] dx = new Tensor[parts.size()];
    long at = 0;
    for (int i = 0; i < dx.length; i++) {
      long n = parts.get(i).dim(axis);
      dx[i] = needed[i] ? sliceAxis(dy, axis, Slice.of(at, at + n)) : null;
      at += n;
    }
    return dx;
  }

  /** Joined along a new axis. */
  public static Tensor stack(int axis, List<Tensor> parts) {
    List<Tensor> expanded = new ArrayList<>(parts.size());
    for (Tensor t : parts) {
      expanded.add(expandDims(t, axis));
    }
    return concat(axis, expanded);
  }

  /** Element type conversion; the gradient is converted back. */
  public static Tensor cast(Tensor x, DType to) {
    Tensor source = x.contiguous();
    Tensor y = TENSORS.create(x.shape(), to, "cast");
    Status.check(Abi.nrt_movement_cast(x.ctx(), to.code(), x.code(), y.addr(), source.addr(), x.size()), "cast", source);
    if (!to.isFloating() || !x.dtype().isFloating()) {
      return y;
    }
    DType from = x.dtype();
    return Tape.record("cast", y, source, dy -> dy.cast(from));
  }

  /** A constant tensor. */
  public static Tensor fill(Shape shape, double value, DType dtype) {
    Tensor y = TENSORS.create(shape, dtype, "fill");
    Status.check(Abi.nrt_movement_fill(y.ctx(), y.code(), y.addr(), y.size(), value), "fill", y);
    return y;
  }

  /** {@code start + i * step}. */
  public static Tensor range(double start, double step, long count, DType dtype) {
    Tensor y = TENSORS.create(Shape.of(count), dtype, "range");
    Status.check(Abi.nrt_movement_range(y.ctx(), y.code(), y.addr(), count, start, step), "range", y);
    return y;
  }

  /** Labels as rows of zeros with a one. */
  public static Tensor oneHot(Tensor labels, long depth, DType to) {
    if (labels.dtype() != DType.INT64) {
      throw new DTypeException("oneHot: expected int64 labels, given " + labels.describe());
    }
    Tensor source = labels.contiguous();
    Tensor y = TENSORS.create(labels.shape().append(depth), to, "oneHot");
    Status.check(
        Abi.nrt_movement_one_hot(y.ctx(), y.code(), y.addr(), source.addr(), labels.size(), depth, 1, 0),
        "oneHot", source);
    return y;
  }
}
