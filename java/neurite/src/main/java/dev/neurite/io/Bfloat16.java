package dev.neurite.io;

/** bfloat16, the upper half of binary32, which Java has no type for. */
public final class Bfloat16 {

  private static final int HALF = 0x7fff;
  private static final int QUIET_NAN = 0x7fc0;

  private Bfloat16() {}

  /** The value of 16 bits; exact. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The 16 bits of the nearest value, halves to even; beyond the largest number infinity. */
  public static short toBits(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 & 0x8000 | QUIET_NAN); // rounding could carry a NaN over to infinity
    }
    return (short) (bits + HALF + (bits >>> 16 & 1) >>> 16);
  }

  /** The nearest value bfloat16 has: what is left of a number stored in it. */
  public static float round(float value) {
    return toFloat(toBits(value));
  }
}
