package dev.neurite.ops;

import java.util.Locale;

/**
 * The library's settings, read once: system property {@code neurite.x}, then environment variable {@code NEURITE_X}.
 *
 * @param device {@code cpu}, {@code cuda}, {@code cuda:N} or empty (best present)
 * @param threads threads per native call, 0 for one per available core
 * @param isa forced ISA level, or empty for the best present
 * @param matmulPrecision {@code ieee}, {@code highest}, {@code high}, {@code medium}, or empty for highest
 * @param memoryLimit limit of device memory in bytes, 0 for the native default
 * @param leak how much is recorded to find forgotten tensors
 * @param check true with {@code neurite.check=nan}: every op's result is tested for NaN and infinity
 */
public record Settings(
    String device, int threads, String isa, String matmulPrecision, long memoryLimit, Leak leak, boolean check) {

  /** How much is recorded to find forgotten tensors and scopes. */
  public enum Leak {
    /** Nothing. */
    OFF,
    /** Scopes collected unclosed are reported, one in 128. */
    SAMPLE,
    /** Creation and closing places of every tensor are kept for the messages. */
    FULL
  }

  private static final Settings CURRENT = read();

  /** The settings of this process. */
  public static Settings get() {
    return CURRENT;
  }

  private static Settings read() {
    String threads = text("threads");
    String limit = text("memoryLimit");
    String check = text("check");
    if (!check.isEmpty() && !check.equals("nan")) {
      throw new IllegalArgumentException("neurite.check: expected nan, given " + check);
    }
    String leak = text("leak").toUpperCase(Locale.ROOT);
    return new Settings(
        text("device"),
        threads.isEmpty() ? 0 : (int) number("threads", threads, 0, 4096),
        text("isa"),
        text("matmulPrecision"),
        limit.isEmpty() ? 0 : bytes(limit),
        leak.isEmpty() ? Leak.SAMPLE : leakOf(leak),
        !check.isEmpty());
  }

  private static Leak leakOf(String text) {
    try {
      return Leak.valueOf(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("neurite.leak: expected off, sample or full, given " + text, e);
    }
  }

  private static long number(String name, String text, long low, long high) {
    try {
      long n = Long.parseLong(text.trim());
      if (n >= low && n <= high) {
        return n;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("neurite." + name + ": expected a whole number, given " + text, e);
    }
    throw new IllegalArgumentException("neurite." + name + ": expected " + low + " to " + high + ", given " + text);
  }

  /** Plain bytes, or with the suffix k, m, g. */
  private static long bytes(String text) {
    String t = text.trim().toLowerCase(Locale.ROOT);
    char unit = t.charAt(t.length() - 1);
    int shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : 0;
    String digits = shift == 0 ? t : t.substring(0, t.length() - 1);
    return number("memoryLimit", digits, 0, Long.MAX_VALUE >> shift) << shift;
  }

  private static String text(String name) {
    String property = System.getProperty("neurite." + name);
    if (property != null) {
      return property;
    }
    String variable = "NEURITE_" + name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
    String value = System.getenv(variable);
    return value == null ? "" : value;
  }
}
