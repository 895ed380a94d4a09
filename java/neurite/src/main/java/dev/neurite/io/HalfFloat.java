package dev.neurite.io;

/** IEEE binary16, which Java 17 has no type for. */
public final class HalfFloat {

  private static final int SIGN = 0x8000;
  private static final int EXPONENT = 0x7c00;
  private static final int FRACTION = 0x03ff;
  private static final float SMALLEST = 0x1p-24f; // the step of subnormal numbers

  private HalfFloat() {}

  /** The value of 16 bits; exact. */
  public static float toFloat(short bits) {
    int sign = (bits & SIGN) << 16;
    int exponent = (bits & EXPONENT) >> 10;
    int fraction = bits & FRACTION;
    if (exponent == 0) {
      float magnitude = fraction * SMALLEST;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 31 ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }
}
