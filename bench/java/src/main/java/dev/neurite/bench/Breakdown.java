package dev.neurite.bench;

import dev.neurite.Neurite;
import dev.neurite.bench.peer.TrainingStep;
import dev.neurite.natives.Abi;
import dev.neurite.natives.Natives;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Prints where a training step's time goes: per phase the native calls and what is left for Java, and per native call
 * its number, time and share.
 *
 * <p>Arguments: threads, then models ({@code mlp lenet5 resnet18 charlm transformer tinymlp}; none: all). A model may
 * carry sizes: {@code charlm:batch=8:seq=16}.
 */
public final class Breakdown {

  private static final double MILLISECOND = 1e6;
  private static final double WARM_UP_SECONDS = 1;
  private static final double MEASURED_SECONDS = 2;
  private static final int LEAST_STEPS = 3;

  private static final List<String> MODELS =
      List.of("mlp:batch=128", "lenet5:batch=64", "resnet18:batch=64", "charlm:batch=32:seq=64",
          "transformer:batch=16:seq=128", "tinymlp:batch=16");

  /** What the native calls of a name took in one phase. */
  private record Spent(String phase, String call, double calls, double nanoseconds) {}

  private final String line;
  private final PrintStream out;
  private final List<Spent> spent = new ArrayList<>();
  private final TreeMap<String, Double> phases = new TreeMap<>();

  private Breakdown(String line, PrintStream out) {
    this.line = line;
    this.out = out;
  }

  /** Measures the models named. */
  public static void main(String[] args) {
    Neurite.threads(args.length == 0 ? 1 : Integer.parseInt(args[0]));
    List<String> named = Arrays.asList(args).subList(Math.min(1, args.length), args.length);
    for (String model : named.isEmpty() ? MODELS : named) {
      Neurite.seed(1);
      new Breakdown(line(model), System.out).run();
    }
  }

  /** A line of the catalogue: {@code mlp:batch=7} becomes {@code mlp train model=mlp batch=7}. */
  private static String line(String model) {
    String name = model.split(":", 2)[0];
    String known = MODELS.stream().filter(m -> m.startsWith(name + ":")).findFirst().orElse(model);
    String sizes = known.substring(name.length()) + model.substring(name.length());
    return name + " train model=" + name + sizes.replace(':', ' ');
  }

  private void run() {
    try (TrainingStep step = TrainingStep.of(line)) {
      repeat(WARM_UP_SECONDS, step::run);
      double plain = median(repeat(MEASURED_SECONDS, step::run));
      int steps = repeat(MEASURED_SECONDS, () -> step.run(this::phase)).length;
      print(plain, steps);
    }
  }

  /** Runs one phase with the native clock on. */
  private void phase(String name, Runnable work) {
    Abi.nrt_profile(1);
    long begin = System.nanoTime();
    work.run();
    long end = System.nanoTime();
    Abi.nrt_profile(0);
    phases.merge(name, (double) (end - begin), Double::sum);
    for (String row : Natives.profile().lines().toList()) {
      String[] words = row.split(" ");
      spent.add(new Spent(name, words[0], Double.parseDouble(words[1]), Double.parseDouble(words[2])));
    }
  }

  private static double[] repeat(double seconds, Runnable work) {
    List<Double> times = new ArrayList<>();
    double total = 0;
    while (total < seconds * 1e9 || times.size() < LEAST_STEPS) {
      long begin = System.nanoTime();
      work.run();
      long end = System.nanoTime();
      times.add((double) (end - begin));
      total += end - begin;
    }
    return times.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  // ---- printing

  private void print(double plain, int steps) {
    double all = phases.values().stream().mapToDouble(Double::doubleValue).sum() / steps;
    out.printf(
        Locale.ROOT, "%n## %s, %d thread%s%n%nA step takes %.3f ms, %.3f ms with the clock on (%d steps).%n%n", line,
        Neurite.threads(), Neurite.threads() == 1 ? "" : "s", plain / MILLISECOND, all / MILLISECOND, steps);
    out.printf(
        Locale.ROOT,
        "| phase | ms | share | in native calls | calls | Java and the rest |%n|---|--:|--:|--:|--:|--:|%n");
    for (String phase : TrainingStep.PHASES) {
      double time = phases.getOrDefault(phase, 0.0) / steps;
      List<Spent> own = spent.stream().filter(s -> s.phase().equals(phase)).toList();
      double inside = own.stream().mapToDouble(Spent::nanoseconds).sum() / steps;
      double calls = own.stream().mapToDouble(Spent::calls).sum() / steps;
      out.printf(
          Locale.ROOT, "| %s | %.4f | %.1f %% | %.4f | %.0f | %.4f |%n", phase, time / MILLISECOND, 100 * time / all,
          inside / MILLISECOND, calls, (time - inside) / MILLISECOND);
    }
    double inside = spent.stream().mapToDouble(Spent::nanoseconds).sum() / steps;
    out.printf(
        Locale.ROOT, "| all | %.4f | 100 %% | %.4f | %.0f | %.4f (%.1f %%) |%n", all / MILLISECOND,
        inside / MILLISECOND, spent.stream().mapToDouble(Spent::calls).sum() / steps, (all - inside) / MILLISECOND,
        100 * (all - inside) / all);
    printCalls(all, steps);
  }

  private void printCalls(double all, int steps) {
    TreeMap<String, Spent> rows = new TreeMap<>();
    for (Spent s : spent) {
      rows.merge(
          s.phase() + " " + s.call(), s,
          (a, b) -> new Spent(a.phase, a.call, a.calls + b.calls, a.nanoseconds + b.nanoseconds));
    }
    out.printf(
        Locale.ROOT, "%n| native call | phase | calls | ms | share |%n|---|---|--:|--:|--:|%n");
    rows.values().stream()
        .sorted(Comparator.comparingDouble(Spent::nanoseconds).reversed())
        .filter(s -> s.nanoseconds() / steps >= all / 1000)
        .forEach(s -> out.printf(
            Locale.ROOT, "| %s | %s | %.0f | %.4f | %.1f %% |%n", s.call(), s.phase(), s.calls() / steps,
            s.nanoseconds() / steps / MILLISECOND, 100 * s.nanoseconds() / steps / all));
  }
}
