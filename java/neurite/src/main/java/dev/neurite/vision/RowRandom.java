package dev.neurite.vision;

/** Random numbers of one row of a batch: SplitMix64 (Steele 2014), started from the batch's stream and the row. */
final class RowRandom {

  private static final long STEP = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1p-53;

  private long state;

  RowRandom(long seed, long stream, long row) {
    state = mixed(mixed(seed + STEP) ^ stream) + row * 0xD1B54A32D192ED03L;
    state = mixed(state);
  }

  private static long mixed(long z) {
    long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
    return b ^ b >>> 31;
  }

  /** Uniform in [0, 1). */
  double uniform() {
    state += STEP;
    return (mixed(state) >>> 11) * UNIT;
  }

  /** Uniform in [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** A whole number from low to high, both included. */
  int integer(int low, int high) {
    return low + (int) Math.floor(uniform() * (high - low + 1L));
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** From the symmetric beta distribution, by Joehnk's method. */
  double beta(double alpha) {
    while (true) {
      double a = Math.pow(uniform(), 1 / alpha);
      double b = Math.pow(uniform(), 1 / alpha);
      if (a + b > 0 && a + b <= 1) {
        return a / (a + b);
      }
    }
  }
}
