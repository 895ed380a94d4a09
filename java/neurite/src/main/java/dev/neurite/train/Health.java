package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link HealthLog} has measured of a run, as the doctor reads it.
 *
 * @param inputs scale of the features, an entry per input of floating values
 * @param baseline loss of the best constant answer; NaN where there is none
 * @param classifier true when the targets are class numbers
 * @param checkups one before the first step (epoch 0), then one per epoch (or every so many steps)
 * @param unfinished losses of the steps since the last checkup; null when there were none
 * @param failure what ended the run early, or null
 * @param rows loss of each training example at the end; null when it was not measured
 */
public record Health(
    List<InputHealth> inputs,
    double baseline,
    boolean classifier,
    List<Checkup> checkups,
    StepLosses unfinished,
    String failure,
    RowLosses rows) {

  /** Name of the file in a run folder. */
  public static final String FILE = "health.jsonl";

  /** Copies the lists. */
  public Health {
    inputs = List.copyOf(inputs);
    checkups = List.copyOf(checkups);
  }

  /**
   * One look at the network.
   *
   * @param epoch finished epochs
   * @param step updates of the weights so far
   * @param steps losses of the steps since the checkup before; null at the start
   * @param values what the epoch measured, as in {@link History}; empty at the start and between epochs
   * @param layers the layers, from the input on
   */
  public record Checkup(
      int epoch, long step, StepLosses steps, Map<String, Double> values, List<LayerHealth> layers) {

    /** Copies the values and the list. */
    public Checkup {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
      layers = List.copyOf(layers);
    }

    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("kind", "checkup");
      map.put("epoch", epoch);
      map.put("step", step);
      if (steps != null) {
        map.put("steps", steps.toMap());
      }
      map.put("values", HealthJson.numbers(values));
      map.put("layers", layers.stream().map(LayerHealth::toMap).toList());
      return map;
    }

    static Checkup of(HealthJson map) {
      return new Checkup(
          (int) map.number("epoch"), (long) map.number("step"),
          map.has("steps") ? StepLosses.of(map.object("steps")) : null, map.values("values"),
          map.objects("layers").stream().map(LayerHealth::of).toList());
    }
  }

  /**
   * Losses of the steps between two checkups.
   *
   * @param count number of steps
   * @param first loss before the first of them
   * @param last loss before the last of them
   * @param least smallest
   * @param most largest
   * @param mean mean
   */
  public record StepLosses(long count, double first, double last, double least, double most, double mean) {

    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("count", count);
      map.put("first", HealthJson.number(first));
      map.put("last", HealthJson.number(last));
      map.put("least", HealthJson.number(least));
      map.put("most", HealthJson.number(most));
      map.put("mean", HealthJson.number(mean));
      return map;
    }

    static StepLosses of(HealthJson map) {
      return new StepLosses(
          (long) map.number("count"), map.number("first"), map.number("last"), map.number("least"),
          map.number("most"), map.number("mean"));
    }
  }

  /**
   * Losses of single training examples after training.
   *
   * @param losses by row of the data set, in its original order
   * @param labels class numbers of the rows; empty for other targets
   * @param predicted classes the network finds; empty for other targets
   */
  public record RowLosses(List<Double> losses, List<Long> labels, List<Long> predicted) {

    /** Copies the lists. */
    public RowLosses {
      losses = List.copyOf(losses);
      labels = List.copyOf(labels);
      predicted = List.copyOf(predicted);
    }

    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("losses", losses.stream().map(v -> HealthJson.number(v.floatValue())).toList());
      map.put("labels", labels);
      map.put("predicted", predicted);
      return map;
    }

    static RowLosses of(HealthJson map) {
      return new RowLosses(
          map.numbers("losses"), map.numbers("labels").stream().map(Double::longValue).toList(),
          map.numbers("predicted").stream().map(Double::longValue).toList());
    }
  }

  /** The checkup before the first step. */
  public Checkup start() {
    return checkups.get(0);
  }

  /** The last checkup. */
  public Checkup last() {
    return checkups.get(checkups.size() - 1);
  }

  /** What the finished epochs measured. */
  public History history() {
    return new History(0, checkups.stream().map(Checkup::values).filter(v -> !v.isEmpty()).toList());
  }

  /** First line of a file: what is known before the first step. */
  Map<String, Object> headMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", "start");
    map.put("format", 1);
    map.put("baseline", HealthJson.number(baseline));
    map.put("classifier", classifier);
    map.put("inputs", inputs.stream().map(InputHealth::toMap).toList());
    return map;
  }

  /** Last line of a file. */
  static Map<String, Object> endMap(StepLosses unfinished, String failure, RowLosses rows) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", "end");
    if (unfinished != null) {
      map.put("steps", unfinished.toMap());
    }
    if (failure != null) {
      map.put("failure", failure);
    }
    if (rows != null) {
      map.put("rows", rows.toMap());
    }
    return map;
  }

  /**
   * Reads a file that {@link HealthLog} wrote. A last line cut off by a killed process is left out.
   *
   * @throws FormatException for anything else that is no health file
   * @throws UncheckedIOException when it cannot be read
   */
  public static Health read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Health: " + file + " cannot be read (" + e + ")", e);
    }
    HealthJson head = null;
    HealthJson end = new HealthJson(file.toString(), Map.of());
    List<Checkup> checkups = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      HealthJson line = line(file, lines, i);
      if (line == null) {
        break;
      }
      switch (line.text("kind")) {
        case "start" -> head = line;
        case "checkup" -> checkups.add(Checkup.of(line));
        case "end" -> end = line;
        default -> throw new FormatException(
            file.toString(), -1, "expected start, checkup or end in line " + (i + 1) + ", given " + line.text("kind"));
      }
    }
    if (head == null || checkups.isEmpty()) {
      throw new FormatException(file.toString(), 0, "expected a start and a checkup, given " + lines.size() + " lines");
    }
    return new Health(
        head.objects("inputs").stream().map(InputHealth::of).toList(), head.number("baseline"),
        head.flag("classifier"), checkups, end.has("steps") ? StepLosses.of(end.object("steps")) : null,
        end.has("failure") ? end.text("failure") : null, end.has("rows") ? RowLosses.of(end.object("rows")) : null);
  }

  private static HealthJson line(Path file, List<String> lines, int i) {
    try {
      return new HealthJson(
          file.toString(), Json.readObject(file.toString(), lines.get(i).getBytes(StandardCharsets.UTF_8)));
    } catch (FormatException e) {
      if (i == lines.size() - 1 && !lines.get(i).endsWith("}")) {
        return null; // the process was killed in the middle of it
      }
      throw e;
    }
  }
}
