package dev.neurite.bench;

import dev.neurite.Neurite;
import dev.neurite.bench.peer.TrainingStep;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Embedding;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.GlobalAvgPool1D;
import dev.neurite.nn.Input;
import dev.neurite.nn.Lstm;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;
import dev.neurite.nn.TransformerEncoderLayer;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Step time and memory against batch, width, sequence length and threads: whether cost grows as the work does. Times
 * with {@code !} were disturbed by other programs in all rounds.
 *
 * <p>Arguments: networks ({@code mlp conv lstm transformer}; none: all), or one axis of it ({@code conv:batch}).
 */
public final class Growth {

  private static final double WARM_UP_SECONDS = 4;
  private static final int ROUNDS = 3;
  private static final int EXTRA_ROUNDS = 3;
  private static final double DISTURBED = 0.3;
  private static final double SECONDS = 0.1;
  private static final int LEAST_STEPS = 3;
  private static final double SLOW_STEP_SECONDS = 0.3;
  private static final double LONGEST_STEP_SECONDS = 0.6;
  private static final double JUMP = 1.5;
  private static final double MEBIBYTE = 1 << 20;
  private static final int CLASSES = 10;
  private static final int WORDS = 1000;

  /** Sizes of a network; each sweep changes one. */
  private record Sizes(long batch, long width, long length) {

    Sizes with(String axis, long n) {
      return switch (axis) {
        case "batch" -> new Sizes(n, width, length);
        case "width" -> new Sizes(batch, n, length);
        default -> new Sizes(batch, width, n);
      };
    }
  }

  /**
   * What a configuration cost.
   *
   * @param nanoseconds median of a step
   * @param peak most bytes of tensors at once during a step
   * @param resident bytes of the process after the steps
   * @param others cores that other programs used in the calmest round
   */
  private record Cost(double nanoseconds, long peak, long resident, double others) {

    String time() {
      return String.format(Locale.ROOT, "%.4f ms%s", nanoseconds / 1e6, others > DISTURBED ? "!" : "");
    }
  }

  private static final Map<String, Sizes> USUAL =
      Map.of(
          "mlp", new Sizes(64, 256, 0), "conv", new Sizes(32, 16, 28), "lstm", new Sizes(32, 128, 32),
          "transformer", new Sizes(8, 128, 64));

  private static final Map<String, long[]> SWEPT =
      Map.of(
          "batch", new long[] {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024},
          "width", new long[] {8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024},
          "length", new long[] {4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512});

  private Growth() {}

  /** Measures and prints the tables. */
  public static void main(String[] args) throws IOException {
    List<String> names = args.length == 0 ? List.of("mlp", "conv", "lstm", "transformer") : Arrays.asList(args);
    for (String given : names) {
      String name = given.split(":")[0];
      Neurite.seed(1);
      warmUp(name);
      for (String axis : List.of("batch", "width", "length")) {
        boolean named = !given.contains(":") || given.endsWith(":" + axis);
        if (named && (!axis.equals("length") || USUAL.get(name).length() > 0)) {
          sweep(name, axis);
        }
      }
    }
  }

  private static void sweep(String name, String axis) throws IOException {
    Sizes usual = USUAL.get(name);
    System.out.printf(
        Locale.ROOT, "%n## %s against %s%n%nbatch %d, width %d%s where it is not the axis.%n%n", name, axis,
        usual.batch(), usual.width(), usual.length() > 0 ? ", length " + usual.length() : "");
    System.out.printf(
        Locale.ROOT, "| %s | MFLOP | 1 thread | GFLOP/s | 2 threads | gain | tensors, peak | resident | jumps |%n"
            + "|--:|--:|--:|--:|--:|--:|--:|--:|---|%n", axis);
    double workBefore = 0;
    Cost[] before = null;
    for (long n : SWEPT.get(axis)) {
      if (name.equals("transformer") && axis.equals("width") && n % 16 != 0) {
        continue;
      }
      Sizes sizes = usual.with(axis, n);
      double work = work(name, sizes);
      Cost[] now = measure(name, sizes);
      System.out.printf(
          Locale.ROOT, "| %d | %.3f | %s | %.2f | %s | %.2f | %.2f MiB | %.0f MiB | %s |%n", n, work / 1e6,
          now[0].time(), work / now[0].nanoseconds(), now[1].time(),
          now[0].nanoseconds() / now[1].nanoseconds(), now[0].peak() / MEBIBYTE, now[0].resident() / MEBIBYTE,
          jumps(work / workBefore, before, now));
      workBefore = work;
      before = now;
      if (now[0].nanoseconds() > LONGEST_STEP_SECONDS * 1e9) {
        break;
      }
    }
  }

  private static String jumps(double more, Cost[] before, Cost[] now) {
    List<String> found = new ArrayList<>();
    for (int t = 0; before != null && t < now.length; t++) {
      double time = now[t].nanoseconds() / before[t].nanoseconds();
      if (time > JUMP * more) {
        found.add(String.format(Locale.ROOT, "time x %.2f for work x %.2f, %d thread(s)", time, more, t + 1));
      }
      if (time < 0.9) {
        found.add(String.format(Locale.ROOT, "less time for more work: x %.2f, %d thread(s)", time, t + 1));
      }
    }
    if (now[1].nanoseconds() > 1.1 * now[0].nanoseconds()) {
      found.add("slower with 2 threads");
    }
    if (before != null && (double) now[0].peak() / before[0].peak() > JUMP * more) {
      found.add(String.format(Locale.ROOT, "memory x %.2f", (double) now[0].peak() / before[0].peak()));
    }
    return found.isEmpty() ? "" : "**" + String.join("; ", found) + "**";
  }

  /** The least median of some rounds, in which one and two threads take turns: other programs only ever add time. */
  private static Cost[] measure(String name, Sizes sizes) throws IOException {
    Neurite.seed(1);
    Neurite.trimMemory();
    Neurite.threads(1);
    try (TrainingStep step = step(name, sizes)) {
      double slowest = median(step, 0);
      Neurite.resetPeakMemory();
      double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
      double[] others = {1, 1};
      int wanted = slowest > SLOW_STEP_SECONDS * 1e9 ? 1 : ROUNDS;
      for (int round = 0; round < wanted + EXTRA_ROUNDS; round++) {
        for (int t = 0; t < best.length; t++) {
          if (round >= wanted && others[t] < DISTURBED) {
            continue;
          }
          Neurite.threads(t + 1);
          step.run();
          OtherLoad load = OtherLoad.start();
          double found = median(step, SECONDS);
          double other = load.cores();
          best[t] = Math.min(best[t], found);
          others[t] = Math.min(others[t], other);
        }
      }
      long peak = Neurite.memory().peak();
      long resident = resident();
      return new Cost[] {new Cost(best[0], peak, resident, others[0]), new Cost(best[1], peak, resident, others[1])};
    }
  }

  private static double median(TrainingStep step, double seconds) {
    List<Double> times = new ArrayList<>();
    long began = System.nanoTime();
    while (times.size() < LEAST_STEPS || System.nanoTime() - began < seconds * 1e9) {
      long begin = System.nanoTime();
      step.run();
      times.add((double) (System.nanoTime() - begin));
    }
    times.sort(null);
    return times.get(times.size() / 2);
  }

  /** Lets the compiler of the virtual machine come to rest, so that it takes no core from the first rows. */
  private static void warmUp(String name) {
    try (TrainingStep step = step(name, new Sizes(2, 16, 8))) {
      long began = System.nanoTime();
      while (System.nanoTime() - began < WARM_UP_SECONDS * 1e9) {
        step.run();
      }
    }
  }

  private static long resident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    return 0;
  }

  // ---- the networks

  private static TrainingStep step(String name, Sizes s) {
    RandomStream random = RandomStream.of(1, "growth");
    long width = s.width();
    Tensor labels = RandomOp.integers(Shape.of(s.batch()), 0, CLASSES, random);
    Shape image = Shape.of(s.batch(), s.length(), s.length(), 1);
    return switch (name) {
      case "mlp" -> new TrainingStep(
          Model.sequential(Input.of(784), relu(width), relu(width), Dense.of(CLASSES)),
          RandomOp.uniform(Shape.of(s.batch(), 784), DType.FLOAT32, -1, 1, random), labels);
      case "conv" -> new TrainingStep(
          Model.sequential(
              Input.of(s.length(), s.length(), 1), filters(width), MaxPool2D.of(2), filters(2 * width), MaxPool2D.of(2),
              Flatten.of(), Dense.of(CLASSES)),
          RandomOp.uniform(image, DType.FLOAT32, -1, 1, random), labels);
      case "lstm" -> new TrainingStep(
          Model.sequential(Input.of(s.length(), 64), Lstm.of(width), Dense.of(CLASSES)),
          RandomOp.uniform(Shape.of(s.batch(), s.length(), 64), DType.FLOAT32, -1, 1, random), labels);
      case "transformer" -> new TrainingStep(
          transformer(width, s.length()), RandomOp.integers(Shape.of(s.batch(), s.length()), 0, WORDS, random), labels);
      default -> throw new IllegalArgumentException("growth: expected mlp, conv, lstm or transformer, given " + name);
    };
  }

  private static Block relu(long width) {
    return Dense.of(width).activation(Activation.RELU);
  }

  private static Block filters(long width) {
    return Conv2D.of(width, 3).padding(Padding.SAME).activation(Activation.RELU);
  }

  private static Model transformer(long width, long length) {
    return Model.sequential(
        Input.of(length).dtype(DType.INT64), Embedding.of(WORDS, width), encoder(width), encoder(width),
        GlobalAvgPool1D.of(), Dense.of(CLASSES));
  }

  private static Block encoder(long width) {
    return TransformerEncoderLayer.of(4, 4 * width).activation(Activation.GELU).dropout(0);
  }

  /** Floating-point operations of a step: those of the products, three times the forward ones. */
  private static double work(String name, Sizes s) {
    double w = s.width();
    double l = s.length();
    double forward = switch (name) {
      case "mlp" -> 784 * w + w * w + w * CLASSES;
      case "conv" -> l * l * 9 * w + l * l / 4 * 9 * w * 2 * w + l * l / 16 * 2 * w * CLASSES;
      case "lstm" -> l * 4 * w * (64 + w) + w * CLASSES;
      default -> 2 * l * (12 * w * w + 2 * l * w) + w * CLASSES;
    };
    return 3 * 2 * s.batch() * forward;
  }
}
