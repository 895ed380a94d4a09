package dev.neurite.ops;

/** The generator's definition in plain Java (Salmon et al. 2011), to compare the native one with. */
final class Philox {

  private Philox() {}

  /** Word i of the stream from the given block on, as an unsigned value. */
  static long word(long seed, long stream, long offset, long i) {
    return block(seed, stream, offset + i / 4)[(int) (i % 4)];
  }

  static long[] block(long seed, long stream, long offset) {
    long mask = 0xffffffffL;
    long[] c = {offset & mask, offset >>> 32, stream & mask, stream >>> 32};
    long k0 = seed & mask;
    long k1 = seed >>> 32;
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * c[0];
      long p1 = 0xCD9E8D57L * c[2];
      c = new long[] {(p1 >>> 32) ^ c[1] ^ k0, p1 & mask, (p0 >>> 32) ^ c[3] ^ k1, p0 & mask};
      k0 = (k0 + 0x9E3779B9L) & mask;
      k1 = (k1 + 0xBB67AE85L) & mask;
    }
    return c;
  }

  /** [0, 1) with 24 bits. */
  static double uniform(long word) {
    return (word >>> 8) * 0x1p-24;
  }
}
