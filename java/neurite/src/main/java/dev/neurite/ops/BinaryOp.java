package dev.neurite.ops;

/** Element-wise functions of two tensors. */
public enum BinaryOp {
  /** {@code a + b}. */
  ADD(0),
  /** {@code a - b}. */
  SUB(1),
  /** {@code a * b}. */
  MUL(2),
  /** {@code a / b}. */
  DIV(3),
  /** Larger value; NaN wins. */
  MAXIMUM(4),
  /** Smaller value; NaN wins. */
  MINIMUM(5),
  /** {@code a^b}. */
  POW(6),
  /** Angle of the point (b, a). */
  ATAN2(7),
  /** {@code sqrt(a^2 + b^2)}. */
  HYPOT(8),
  /** Remainder with the sign of the divisor. */
  MOD(9),
  /** Remainder with the sign of the dividend. */
  REM(10),
  /** {@code floor(a / b)}. */
  FLOOR_DIV(11);

  private final int code;

  BinaryOp(int code) {
    this.code = code;
  }

  /** Number of the op in the native ABI. */
  public int code() {
    return code;
  }
}
