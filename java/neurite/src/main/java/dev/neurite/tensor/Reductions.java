package dev.neurite.tensor;

import dev.neurite.ops.ReduceOp;
import dev.neurite.ops.ScanOp;

/**
 * Reductions beyond those {@link Tensor} has as methods.
 *
 * <p><b>Shapes</b>: the axes named disappear, or stay with length 1 where {@code keepDims} is set; no axis named means
 * all of them.
 */
public final class Reductions {

  private Reductions() {}

  /** Product; 1 when empty. Exact gradient where factors are 0. */
  public static Tensor prod(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.PROD, keepDims, axes);
  }

  /** Sum of absolute values. */
  public static Tensor l1(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.L1, keepDims, axes);
  }

  /** Square root of the sum of squares; gradient 0 where it is 0. */
  public static Tensor l2(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.L2, keepDims, axes);
  }

  /** Sum of squares. */
  public static Tensor sumSquares(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.SUM_SQUARES, keepDims, axes);
  }

  /** {@code log(sum(e^x))} without overflow; -infinity when empty. */
  public static Tensor logSumExp(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.LOGSUMEXP, keepDims, axes);
  }

  /** Standard deviation with divisor {@code n - correction}. */
  public static Tensor std(Tensor x, double correction, boolean keepDims, int... axes) {
    return x.variance(correction, keepDims, axes).sqrt();
  }

  /** Whether at least one element of a bool tensor is true. */
  public static Tensor any(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.ANY, keepDims, axes);
  }

  /** Whether all elements of a bool tensor are true. */
  public static Tensor all(Tensor x, boolean keepDims, int... axes) {
    return x.reduce(ReduceOp.ALL, keepDims, axes);
  }

  /** Running sum along an axis; exclusive leaves the element itself out, reverse starts at the other end. */
  public static Tensor cumsum(Tensor x, int axis, boolean exclusive, boolean reverse) {
    return ScanOp.sum(x, axis, exclusive, reverse);
  }

  /** Running product along an axis; exact gradient where factors are 0. */
  public static Tensor cumprod(Tensor x, int axis, boolean exclusive, boolean reverse) {
    return ScanOp.product(x, axis, exclusive, reverse);
  }
}
