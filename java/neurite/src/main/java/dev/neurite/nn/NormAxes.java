package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.LayerNormOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** The axes a layer normalises over, once its input is known. */
final class NormAxes {

  private final int rank;
  private final int[] axes;
  private final Shape lengths;
  private final int[] order; // the axes moved to the end, or null when they are there
  private final int[] back;

  private NormAxes(int rank, int[] axes, Shape lengths) {
    this.rank = rank;
    this.axes = axes;
    this.lengths = lengths;
    int kept = rank - axes.length;
    if (axes[0] == kept) {
      order = null;
      back = null;
      return;
    }
    order = new int[rank];
    back = new int[rank];
    int front = 0;
    int end = kept;
    int next = 0;
    for (int axis = 0; axis < rank; axis++) {
      boolean normalised = next < axes.length && axes[next] == axis;
      next += normalised ? 1 : 0;
      int to = normalised ? end++ : front++;
      order[to] = axis;
      back[axis] = to;
    }
  }

  /** The axes of an input; {@code who} begins the messages. */
  static NormAxes of(String who, int[] axes, Shape in) {
    int[] resolved = NormOptions.resolve(who, axes, in);
    return new NormAxes(in.rank(), resolved, NormOptions.lengths(who, resolved, in));
  }

  /** Shape of gamma and beta. */
  Shape lengths() {
    return lengths;
  }

  void require(String who, Shape given) {
    boolean same = given.rank() == rank;
    for (int i = 0; same && i < axes.length; i++) {
      same = given.dim(axes[i]) == lengths.dim(i);
    }
    if (!same) {
      throw new ShapeException(
          who + ": expected " + rank + " axes, of lengths " + lengths + " where it normalises, given " + given);
    }
  }

  Tensor apply(Tensor x, Tensor gamma, Tensor beta, double epsilon, double correction, boolean centred) {
    Tensor rows = order == null ? x : x.permute(order);
    LayerNormOp.Plan plan = LayerNormOp.Plan.rows(rows.shape(), lengths.size(), epsilon, correction, centred);
    Tensor y = LayerNormOp.apply(rows, gamma, beta, plan);
    return order == null ? y : y.permute(back);
  }
}
