package dev.neurite.train;

import dev.neurite.io.AtomicFile;
import dev.neurite.io.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a {@link Search} found: a record for each trial, failed ones included, in the order they were drawn.
 *
 * @param trials the records
 */
public record SearchResult(List<Tried> trials) {

  /**
   * A trial and what came of it.
   *
   * @param trial settings, seed and budget
   * @param score smaller is better; NaN when it failed
   * @param failure kind and message of the exception, or null
   * @param seconds it took
   */
  public record Tried(Trial trial, double score, String failure, double seconds) {

    /** True when it has a score that is a number. */
    public boolean succeeded() {
      return failure == null && !Double.isNaN(score);
    }
  }

  /** Copies the list. */
  public SearchResult {
    trials = List.copyOf(trials);
  }

  /**
   * The trial with the smallest score among those with the largest budget; of equal ones the first.
   *
   * @throws IllegalStateException when all failed, with the first failure
   */
  public Tried best() {
    double budget = trials.stream().filter(Tried::succeeded).mapToDouble(t -> t.trial.budget()).max().orElse(0);
    return trials.stream()
        .filter(t -> t.succeeded() && t.trial.budget() == budget)
        .min(Comparator.comparingDouble(Tried::score))
        .orElseThrow(() -> new IllegalStateException("Search: expected a trial that succeeded, given "
            + trials.size() + " that failed, the first with " + (trials.isEmpty() ? "" : trials.get(0).failure)));
  }

  /** A header and a line per trial: number, seed, budget, the settings, score, failure, seconds. */
  public String toCsv() {
    Set<String> names = new LinkedHashSet<>();
    trials.forEach(t -> names.addAll(t.trial.values().keySet()));
    List<String> header = new ArrayList<>(List.of("trial", "seed", "budget"));
    header.addAll(names);
    header.addAll(List.of("score", "failure", "seconds"));
    StringBuilder text = new StringBuilder(String.join(",", header)).append('\n');
    for (Tried t : trials) {
      List<String> cells = new ArrayList<>();
      cells.add(Integer.toString(t.trial.number()));
      cells.add(Long.toString(t.trial.seed()));
      cells.add(Double.toString(t.trial.budget()));
      names.forEach(name -> cells.add(quoted(String.valueOf(t.trial.values().get(name)))));
      cells.add(t.succeeded() ? Double.toString(t.score) : "");
      cells.add(t.failure == null ? "" : quoted(t.failure));
      cells.add(Double.toString(t.seconds));
      text.append(String.join(",", cells)).append('\n');
    }
    return text.toString();
  }

  private static String quoted(String cell) {
    return cell.matches("[^\",\r\n]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  /** A list of objects with number, seed, budget, settings, score (null when failed), failure and seconds. */
  public String toJson() {
    List<Object> all = new ArrayList<>();
    for (Tried t : trials) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("trial", t.trial.number());
      one.put("seed", t.trial.seed());
      one.put("budget", t.trial.budget());
      one.put("values", t.trial.values());
      one.put("score", Double.isFinite(t.score) ? t.score : null);
      one.put("failure", t.failure);
      one.put("seconds", t.seconds);
      all.add(one);
    }
    return new String(Json.write(all, true), StandardCharsets.UTF_8);
  }

  /** Writes {@link #toJson} or {@link #toCsv}, by the file's ending. */
  public void save(Path file) {
    String text = file.toString().endsWith(".csv") ? toCsv() : toJson();
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
