package dev.neurite.tensor;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A stream of random numbers from Philox counters: (seed, stream, offset). Streams with different names are
 * independent, so adding a consumer does not change what another one draws.
 */
public final class RandomStream {

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final long seed;
  private final long stream;
  private final AtomicLong next = new AtomicLong();

  private RandomStream(long seed, long stream) {
    this.seed = seed;
    this.stream = stream;
  }

  /** The stream with the given name, from its start. */
  public static RandomStream of(long seed, String name) {
    return new RandomStream(seed, hash(name));
  }

  /** The stream with the given number, from the given block on. */
  public static RandomStream of(long seed, long stream, long offset) {
    RandomStream s = new RandomStream(seed, stream);
    s.next.set(offset);
    return s;
  }

  /** FNV-1a, 64 bits, over UTF-8: stable across versions and platforms, unlike {@code String.hashCode} in width. */
  private static long hash(String name) {
    long h = FNV_OFFSET;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * FNV_PRIME;
    }
    return h;
  }

  /** The seed. */
  public long seed() {
    return seed;
  }

  /** Number of the stream. */
  public long stream() {
    return stream;
  }

  /** Blocks drawn so far. */
  public long position() {
    return next.get();
  }

  /**
   * Reserves blocks of four 32-bit words.
   *
   * @return offset of the first one
   */
  public long take(long blocks) {
    return next.getAndAdd(blocks);
  }
}
