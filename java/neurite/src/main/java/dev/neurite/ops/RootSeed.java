package dev.neurite.ops;

import java.security.SecureRandom;

/** The seed everything random derives from; drawn and logged at first use when none was set. */
public final class RootSeed {

  private static final System.Logger LOG = System.getLogger("neurite");
  private static boolean known;
  private static long seed;
  private static long generation;

  private RootSeed() {}

  /** Sets the seed. */
  public static synchronized void set(long value) {
    seed = value;
    known = true;
    generation++;
  }

  /** The seed; a fresh one when none was set. */
  public static synchronized long get() {
    if (!known) {
      set(new SecureRandom().nextLong() >>> 1);
      LOG.log(System.Logger.Level.INFO, "seed {0}; repeat this run with Neurite.seed({0}L)", Long.toString(seed));
    }
    return seed;
  }

  /** Counts how often the seed was set. */
  public static synchronized long generation() {
    return generation;
  }
}
