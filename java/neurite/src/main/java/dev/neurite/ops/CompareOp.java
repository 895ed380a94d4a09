package dev.neurite.ops;

/** Comparisons and logic; the result is bool. */
public enum CompareOp {
  /** {@code a == b}. */
  EQUAL(0),
  /** {@code a != b}. */
  NOT_EQUAL(1),
  /** {@code a > b}. */
  GREATER(2),
  /** {@code a >= b}. */
  GREATER_EQUAL(3),
  /** {@code a < b}. */
  LESS(4),
  /** {@code a <= b}. */
  LESS_EQUAL(5),
  /** Both, on bool. */
  AND(6),
  /** At least one, on bool. */
  OR(7),
  /** Exactly one, on bool. */
  XOR(8),
  /** a is NaN; b is ignored. */
  IS_NAN(9),
  /** a is neither NaN nor infinite; b is ignored. */
  IS_FINITE(10);

  private final int code;

  CompareOp(int code) {
    this.code = code;
  }

  /** Number of the op in the native ABI. */
  public int code() {
    return code;
  }
}
