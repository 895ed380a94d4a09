package dev.neurite.tensor;

/** Element types. {@code code} is the number the native core uses. */
public enum DType {
  /** 32-bit IEEE float, the default of all computation. */
  FLOAT32(0, 4),
  /** 64-bit IEEE float, for gradient checks and numerical tests. */
  FLOAT64(1, 8),
  /** 32-bit signed integer. */
  INT32(2, 4),
  /** 64-bit signed integer; the type of labels and indices. */
  INT64(3, 8),
  /** 8-bit unsigned integer: pixels. */
  UINT8(4, 1),
  /** Truth values, one byte each. */
  BOOL(5, 1),
  /** 16-bit brain float: storage and input of matrix products. */
  BFLOAT16(6, 2);

  private final int code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Number of the type in the native ABI. */
  public int code() {
    return code;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** True for FLOAT32, FLOAT64 and BFLOAT16. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64 || this == BFLOAT16;
  }

  /** True for the types gradients are computed in: FLOAT32 and FLOAT64. */
  public boolean isDifferentiable() {
    return this == FLOAT32 || this == FLOAT64;
  }
}
