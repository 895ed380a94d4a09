package dev.neurite.ops;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** The seed everything random derives from; drawn and logged at first use when none was set. */
public final class RootSeed {

  private static final System.Logger LOG = System.getLogger("neurite");
  private static final ThreadLocal<Own> OWN = new ThreadLocal<>();
  private static boolean known;
  private static long seed;
  private static long generation;

  /** What only one thread sees: its seed, and how often it used the names of blocks without a model. */
  private static final class Own {
    long seed;
    final Map<String, Integer> names = new HashMap<>();

    Own(long seed) {
      this.seed = seed;
    }
  }

  private RootSeed() {}

  /** Sets the seed; inside {@link #within} that of the thread. */
  public static synchronized void set(long value) {
    Own own = OWN.get();
    if (own != null) {
      own.seed = value;
      own.names.clear();
      return;
    }
    seed = value;
    known = true;
    generation++;
  }

  /** The seed; a fresh one when none was set. */
  public static synchronized long get() {
    Own own = OWN.get();
    if (own != null) {
      return own.seed;
    }
    if (!known) {
      set(new SecureRandom().nextLong() >>> 1);
      LOG.log(System.Logger.Level.INFO, "seed {0}; repeat this run with Neurite.seed({0}L)", Long.toString(seed));
    }
    return seed;
  }

  /** Runs code under a seed that only the calling thread sees. */
  public static <T> T within(long value, Callable<T> code) throws Exception {
    Own before = OWN.get();
    OWN.set(new Own(value));
    try {
      return code.call();
    } finally {
      if (before == null) {
        OWN.remove();
      } else {
        OWN.set(before);
      }
    }
  }

  /** Inside {@link #within}: how often each name was used; else null. */
  public static Map<String, Integer> ownNames() {
    Own own = OWN.get();
    return own == null ? null : own.names;
  }

  /** Counts how often the seed was set. */
  public static synchronized long generation() {
    return generation;
  }
}
