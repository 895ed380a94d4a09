package dev.neurite.ops;

/** Reductions over axes. */
public enum ReduceOp {
  /** Sum; 0 when empty. */
  SUM(0),
  /** Mean; NaN when empty. */
  MEAN(1),
  /** Largest; NaN wins; refused when empty. */
  MAX(2),
  /** Smallest; NaN wins; refused when empty. */
  MIN(3),
  /** Product; 1 when empty. */
  PROD(4),
  /** Sum of absolute values. */
  L1(5),
  /** Square root of the sum of squares. */
  L2(6),
  /** Sum of squares. */
  SUM_SQUARES(7),
  /** {@code log(sum(e^x))}; -infinity when empty. */
  LOGSUMEXP(8),
  /** At least one true, on bool. */
  ANY(9),
  /** All true, on bool. */
  ALL(10),
  /** Variance, divisor n. */
  VAR(11);

  private final int code;

  ReduceOp(int code) {
    this.code = code;
  }

  /** Number of the op in the native ABI. */
  public int code() {
    return code;
  }
}
