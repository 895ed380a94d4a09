package dev.neurite.io;

/** IEEE binary16, which Java 17 has no type for. */
public final class HalfFloat {

  private static final int SIGN = 0x8000;
  private static final int EXPONENT = 0x7c00;
  private static final int FRACTION = 0x03ff;
  private static final float SMALLEST = 0x1p-24f; // the step of subnormal numbers

  private static final float SMALLEST_NORMAL = 0x1p-14f;
  private static final float OVERFLOW = 65520; // half-way from the largest number to the next power of two

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

  /** The 16 bits of the nearest value, halves to even; beyond 65504 infinity, below 2^-25 zero. */
  public static short toBits(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & SIGN;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | EXPONENT | FRACTION + 1 >> 1);
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | EXPONENT);
    }
    if (magnitude < SMALLEST_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude / SMALLEST)); // a carry gives the smallest normal number
    }
    int rounded = (bits & 0x7fffffff) + 0xfff + (bits >>> 13 & 1); // halves to even; a carry moves the exponent
    return (short) (sign | (rounded >>> 13) - (127 - 15 << 10));
  }

  /** The nearest value binary16 has: what is left of a number stored in it. */
  public static float round(float value) {
    return toFloat(toBits(value));
  }
}
