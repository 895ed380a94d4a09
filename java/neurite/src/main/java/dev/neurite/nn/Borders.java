package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Puts borders around tensors, axis after axis, from slices: gradients of any order come by themselves. */
final class Borders {

  private Borders() {}

  /** Refuses widths a mode cannot fill from an axis; free axes are checked when their length is known. */
  static void check(String who, Shape in, long[] before, long[] after, PadMode mode) {
    if (mode != PadMode.REFLECT && mode != PadMode.CIRCULAR) {
      return;
    }
    for (int axis = 1; axis < in.rank() - 1; axis++) {
      long most = in.dim(axis) - (mode == PadMode.REFLECT ? 1 : 0);
      if (in.dim(axis) >= 0 && Math.max(before[axis], after[axis]) > most) {
        throw new ShapeException(
            who + ": expected " + mode + " widths of at most " + most + " on axis " + axis + ", given "
                + Math.max(before[axis], after[axis]) + " for " + in);
      }
    }
  }

  static Tensor pad(Tensor x, long[] before, long[] after, PadMode mode, double value) {
    if (mode == PadMode.CONSTANT) {
      return x.pad(before, after, value);
    }
    Tensor y = x;
    for (int axis = 1; axis < x.rank() - 1; axis++) {
      long n = x.dim(axis);
      List<Tensor> parts = new ArrayList<>();
      if (before[axis] > 0) {
        parts.add(edge(y, axis, mode, before[axis], 1, 1 + before[axis], 0, n - before[axis], n));
      }
      parts.add(y);
      if (after[axis] > 0) {
        parts.add(edge(y, axis, mode, after[axis], n - 1 - after[axis], n - 1, n - 1, 0, after[axis]));
      }
      y = parts.size() == 1 ? y : Tensor.concat(axis, parts);
    }
    return y;
  }

  /** One border: mirrored cells from..to, or the cell at the edge, or the cells of the other end. */
  private static Tensor edge(
      Tensor y, int axis, PadMode mode, long width, long from, long to, long edge, long otherFrom, long otherTo) {
    return switch (mode) {
      case REFLECT -> y.slice(axis, from, to).flip(axis);
      case REPLICATE -> {
        long[] dims = y.shape().dims();
        dims[axis] = width;
        yield y.slice(axis, edge, edge + 1).broadcastTo(Shape.of(dims));
      }
      case CIRCULAR -> y.slice(axis, otherFrom, otherTo);
      case CONSTANT -> throw new AssertionError(mode);
    };
  }
}
