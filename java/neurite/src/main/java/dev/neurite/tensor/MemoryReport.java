package dev.neurite.tensor;

import dev.neurite.ops.Settings;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Who holds device memory, by op; kept at leak level full only, as it costs a map entry per block. */
final class MemoryReport {

  static final boolean TRACKING = Settings.get().leak() == Settings.Leak.FULL;
  private static final int LARGEST = 10;
  private static final Map<Storage, String> HOLDERS = new IdentityHashMap<>();

  private MemoryReport() {}

  static void made(Storage s, String op) {
    synchronized (HOLDERS) {
      HOLDERS.put(s, op);
    }
  }

  static void freed(Storage s) {
    synchronized (HOLDERS) {
      HOLDERS.remove(s);
    }
  }

  static String largestHolders() {
    if (!TRACKING) {
      return "  run with -Dneurite.leak=full to see which ops hold the memory";
    }
    Map<String, Long> sums = new LinkedHashMap<>();
    synchronized (HOLDERS) {
      HOLDERS.forEach((s, op) -> sums.merge(op, s.bytes, Long::sum));
    }
    return "  largest holders by op:\n"
        + sums.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .limit(LARGEST)
            .map(e -> String.format(Locale.ROOT, "    %-24s %,d bytes", e.getKey(), e.getValue()))
            .collect(Collectors.joining("\n"));
  }
}
