package dev.neurite.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many cores' worth of time other programs took, as Linux counts it. */
final class OtherLoad {

  private static final double TICKS_PER_SECOND = 100;

  private final long began = System.nanoTime();
  private final double others = others();

  private OtherLoad() {}

  static OtherLoad start() {
    return new OtherLoad();
  }

  /** Cores used by others since the start. */
  double cores() {
    return Math.max(0, (others() - others) / ((System.nanoTime() - began) / 1e9));
  }

  private static double others() {
    Path all = Path.of("/proc/stat");
    if (!Files.exists(all)) {
      return 0;
    }
    try {
      String[] total = Files.readString(all).lines().findFirst().orElseThrow().trim().split("\\s+");
      String own = Files.readString(Path.of("/proc/self/stat"));
      String[] mine = own.substring(own.lastIndexOf(')') + 2).split(" ");
      double busy = 0;
      for (int i : new int[] {1, 2, 3, 6, 7, 8}) {
        busy += Double.parseDouble(total[i]);
      }
      return (busy - Double.parseDouble(mine[11]) - Double.parseDouble(mine[12])) / TICKS_PER_SECOND;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
