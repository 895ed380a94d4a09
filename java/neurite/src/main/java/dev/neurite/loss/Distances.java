package dev.neurite.loss;

import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;

/** Distances between vectors along the last axis, with a gradient of 0 where a distance is 0. */
final class Distances {

  private Distances() {}

  /** {@code sum((a - b)^2)}. */
  static Tensor squared(Tensor a, Tensor b) {
    return a.sub(b).square().sum(-1);
  }

  /** The root, whose slope at 0 is taken as 0 instead of infinite. */
  static Tensor root(Tensor squares) {
    Tensor apart = squares.gt(0);
    return apart.where(apart.where(squares, one(squares)).sqrt(), one(squares).mul(0));
  }

  /**
   * {@code |x|_p} along the last axis.
   *
   * @param p 1 or more, also infinite
   */
  static Tensor norm(Tensor x, double p) {
    if (p == 1) {
      return x.abs().sum(-1);
    }
    if (p == 2) {
      return root(x.square().sum(-1));
    }
    if (Double.isInfinite(p)) {
      return x.abs().max(-1);
    }
    Tensor sum = x.abs().pow(p).sum(-1);
    Tensor apart = sum.gt(0);
    return apart.where(apart.where(sum, one(sum)).pow(1 / p), one(sum).mul(0));
  }

  /** Squared distances between all rows of x {@code [n, width]}: {@code [n, n]}, exactly 0 on the diagonal. */
  static Tensor pairwiseSquared(Tensor x) {
    Tensor squares = x.reduce(ReduceOp.SUM_SQUARES, true, -1);
    Tensor apart = squares.add(squares.transpose()).sub(x.matmul(x.transpose()).mul(2)).relu();
    long n = x.dim(0);
    Tensor index = Tensor.range(0, 1, n, DType.INT64);
    return index.expandDims(1).eq(index.expandDims(0)).where(one(x).mul(0), apart);
  }

  private static Tensor one(Tensor like) {
    return Tensor.scalar(1, like.dtype());
  }
}
