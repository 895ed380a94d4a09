package dev.neurite.golden;

import dev.neurite.io.Json;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs every case of a folder of golden files, in float64 and float32, and counts: a case passes when both do. Cases
 * whose op has no handler fail.
 */
public final class GoldenRunner {

  private final Map<String, GoldenHandler> handlers = new HashMap<>();
  private final Path folder;
  private final List<String> failures = new ArrayList<>();
  private final StringBuilder report = new StringBuilder();
  private int passed;
  private int total;

  /** A runner over the given folder with all handlers the project has. */
  public GoldenRunner(Path folder) {
    this.folder = folder;
    for (GoldenTopic topic : GoldenTopics.ALL) {
      topic.register(handlers);
    }
  }

  /** Runs everything. */
  public void run() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.filter(f -> f.toString().endsWith(".json")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException("golden: expected .json files in " + folder + ", found none");
    }
    for (Path file : files) {
      runFile(file);
    }
    report.append("golden total: ").append(passed).append(" of ").append(total).append('\n');
  }

  @SuppressWarnings("unchecked")
  private void runFile(Path file) throws IOException {
    String topic = file.getFileName().toString().replace(".json", "");
    Map<String, Object> json = Json.readObject(file.toString(), Files.readAllBytes(file));
    int ok = 0;
    List<Object> cases = (List<Object>) json.get("cases");
    for (Object one : cases) {
      ok += runCase(topic, new GoldenCase((Map<String, Object>) one, json)) ? 1 : 0;
    }
    report.append("golden ").append(topic).append(": ").append(ok).append(" of ").append(cases.size()).append('\n');
    passed += ok;
    total += cases.size();
  }

  private boolean runCase(String topic, GoldenCase c) {
    GoldenHandler handler = handlers.get(c.op());
    if (handler == null) {
      failures.add(topic + " " + c.name() + ": no handler for op '" + c.op() + "'");
      return false;
    }
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
      String problem = problem(handler, c, dtype);
      if (problem != null) {
        failures.add(topic + " " + c.name() + " (" + dtype + "): " + problem);
        return false;
      }
    }
    return true;
  }

  private String problem(GoldenHandler handler, GoldenCase c, DType dtype) {
    return Scope.run(() -> {
      try {
        handler.check(new GoldenRun(c, dtype, folder));
        return null;
      } catch (AssertionError | RuntimeException e) {
        String overlooked = c.overlooked().isEmpty() ? "" : "; the handler looked at no " + c.overlooked();
        return e.toString().split("\n")[0] + overlooked;
      }
    });
  }

  /** One line per topic, then the total. */
  public String report() {
    return report.toString();
  }

  /** Cases that did not pass, with what was wrong. */
  public List<String> failures() {
    return failures;
  }

  /** For running on another ISA level in a process of its own: folder as argument, exit code 1 on failures. */
  public static void main(String[] args) throws IOException {
    GoldenRunner runner = new GoldenRunner(Path.of(args[0]));
    runner.run();
    System.out.print(runner.report());
    runner.failures().forEach(System.out::println);
    System.exit(runner.failures().isEmpty() ? 0 : 1);
  }
}
