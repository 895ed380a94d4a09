package dev.neurite.nn;

import dev.neurite.ops.RootSeed;
import java.util.HashMap;
import java.util.Map;

/**
 * Names of blocks that are called without a model: {@code dense}, {@code dense_1}, ... in the order
 * they are built, so that each draws start values of its own. Setting the seed starts the count
 * afresh.
 */
final class BareNames {

  private static final Map<String, Integer> USED = new HashMap<>();
  private static long generation = -1;

  private BareNames() {}

  static synchronized String next(String base) {
    Map<String, Integer> own = RootSeed.ownNames();
    if (own == null && generation != RootSeed.generation()) {
      generation = RootSeed.generation();
      USED.clear();
    }
    int n = (own == null ? USED : own).merge(base, 1, Integer::sum) - 1;
    return n == 0 ? base : base + "_" + n;
  }
}
