package dev.neurite.bench.peer;

import dev.neurite.tensor.Float32MatmulPrecision;
import java.util.Locale;

/** How float32 products are computed, from {@code PEERS_PRECISION}; and how exact checks may expect them to be. */
final class Precision {

  private static final String VARIABLE = "PEERS_PRECISION";
  private static final double HIGH_SLACK = 8;
  private static final double MEDIUM_SLACK = 2000;

  private Precision() {}

  /** Sets what the environment asks for; without that variable the library's default stays. */
  static void fromEnvironment() {
    String text = System.getenv(VARIABLE);
    if (text == null || text.isEmpty()) {
      return;
    }
    try {
      Float32MatmulPrecision.setDefault(Float32MatmulPrecision.valueOf(text.toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          VARIABLE + ": expected ieee, highest, high or medium, given " + text, e);
    }
  }

  /** What a tolerance made for float32 is multiplied by. */
  static double slack() {
    return switch (Float32MatmulPrecision.current()) {
      case IEEE, HIGHEST -> 1;
      case HIGH -> HIGH_SLACK;
      case MEDIUM -> MEDIUM_SLACK;
    };
  }

  /** {@code highest: 6 bfloat16 products on amx}. */
  static String describe() {
    Float32MatmulPrecision mode = Float32MatmulPrecision.current();
    return mode.name().toLowerCase(Locale.ROOT) + ": " + mode.describe();
  }
}
