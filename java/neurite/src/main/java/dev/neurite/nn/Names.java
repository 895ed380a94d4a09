package dev.neurite.nn;

import java.util.Locale;
import java.util.Set;

/** Default names of blocks: the type in lower case with underscores, as Keras does. */
final class Names {

  private Names() {}

  /** {@code BatchNorm} to {@code batch_norm}, {@code Conv2D} to {@code conv2d}. */
  static String ofType(String type) {
    return type.replaceAll("(\\p{Ll}|\\d\\p{Lu})(\\p{Lu})", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** The base itself, or with the first free number. */
  static String unique(String base, Set<String> taken) {
    if (!taken.contains(base)) {
      return base;
    }
    int n = 1;
    while (taken.contains(base + "_" + n)) {
      n++;
    }
    return base + "_" + n;
  }
}
