package dev.neurite.train;

import dev.neurite.error.FormatException;
import dev.neurite.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the doctor says about a run, in plain words, with numbers and what to do next.
 *
 * <pre>{@code
 * model.fit(train, Fit.epochs(20).validateOn(test).callbacks(HealthLog.to(folder)));
 * System.out.println(Diagnosis.of(folder));                  // or: ./neurite doctor FOLDER
 * }</pre>
 *
 * <p>The lines between healthy and sick are in {@link DiagnosisLimits}.
 *
 * @param findings what is wrong, causes before consequences; empty for a healthy run
 * @param fit shape of the loss curves, or null where there are none
 * @param errors errors of training and validation against the human level, or null where they were not measured
 * @param layers the layers as they were last
 * @param suspiciousRows training examples whose labels are probably wrong, worst first
 */
public record Diagnosis(
    List<Finding> findings, FitShape fit, BiasVariance errors, List<LayerHealth> layers, List<Integer> suspiciousRows) {

  /** Copies the lists. */
  public Diagnosis {
    findings = List.copyOf(findings);
    layers = List.copyOf(layers);
    suspiciousRows = List.copyOf(suspiciousRows);
  }

  // ---- making

  /**
   * Examines a run folder: {@code health.jsonl} (see {@link HealthLog}), or the curves of {@code history.csv} alone.
   *
   * @throws UncheckedIOException when the folder has neither, or they cannot be read
   */
  public static Diagnosis of(Path runFolder) {
    return of(runFolder, DiagnosisOptions.standard());
  }

  /** Examines a run folder, knowing more. */
  public static Diagnosis of(Path runFolder, DiagnosisOptions options) {
    Path file = runFolder.resolve(Health.FILE);
    if (Files.exists(file)) {
      return of(Health.read(file), options);
    }
    Path csv = runFolder.resolve("history.csv");
    if (!Files.exists(csv)) {
      throw new UncheckedIOException(
          new java.io.FileNotFoundException(
              runFolder + ": expected " + Health.FILE + " or history.csv in it; train with HealthLog.to(folder)"));
    }
    return of(readCsv(csv), options);
  }

  /** Examines what was measured of a run. */
  public static Diagnosis of(Health health) {
    return of(health, DiagnosisOptions.standard());
  }

  /** Examines what was measured of a run, knowing more. */
  public static Diagnosis of(Health health, DiagnosisOptions options) {
    return of(health, options, findings -> { }, true);
  }

  /**
   * Applies all rules.
   *
   * @param more adds findings of its own
   * @param trained false before any training, when errors tell nothing
   */
  static Diagnosis of(Health health, DiagnosisOptions options, Consumer<Findings> more, boolean trained) {
    Findings findings = new Findings();
    LayerRules.apply(health, findings);
    RunRules.apply(health, findings);
    more.accept(findings);
    History history = health.history();
    BiasVariance errors = trained ? RunRules.errors(health, options) : null;
    FitShape fit = trained ? shape(history, errors, findings) : null;
    return new Diagnosis(findings.ordered(), fit, errors, health.last().layers(), RunRules.suspiciousRows(health));
  }

  /** Examines loss curves and, where there are accuracies, errors; layers, labels and inputs stay unknown. */
  public static Diagnosis of(History history) {
    return of(history, DiagnosisOptions.standard());
  }

  /** Examines loss curves, knowing more. */
  public static Diagnosis of(History history, DiagnosisOptions options) {
    List<Health.Checkup> checkups = new ArrayList<>();
    checkups.add(new Health.Checkup(0, 0, null, Map.of(), List.of()));
    for (int i = 0; i < history.size(); i++) {
      Map<String, Double> values = history.epochs().get(i);
      double loss = values.getOrDefault("loss", Double.NaN);
      checkups.add(
          new Health.Checkup(
              i + 1, i + 1, new Health.StepLosses(1, loss, loss, loss, loss, loss), values, List.of()));
    }
    return of(new Health(List.of(), Double.NaN, true, checkups, null, null, null), options);
  }

  private static FitShape shape(History history, BiasVariance errors, Findings findings) {
    if (errors != null) {
      RunRules.errors(errors, findings);
    }
    if (history.size() < 2 || !history.names().contains("loss") || !Double.isFinite(history.last("loss"))) {
      return null;
    }
    FitShape fit = FitShape.of(history);
    RunRules.fit(fit, errors, findings);
    return fit;
  }

  private static History readCsv(Path file) {
    try {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      String[] names = lines.isEmpty() ? new String[0] : lines.get(0).split(",", -1);
      List<Map<String, Double>> epochs = new ArrayList<>();
      for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
        String[] cells = line.split(",", -1);
        Map<String, Double> values = new LinkedHashMap<>();
        for (int i = 1; i < Math.min(cells.length, names.length); i++) {
          if (!cells[i].isEmpty()) {
            values.put(names[i], Double.valueOf(cells[i]));
          }
        }
        epochs.add(values);
      }
      return new History(0, epochs);
    } catch (IOException e) {
      throw new UncheckedIOException("Diagnosis: " + file + " cannot be read (" + e + ")", e);
    } catch (NumberFormatException e) {
      throw new FormatException(file.toString(), -1, "expected numbers: " + e.getMessage(), e);
    }
  }

  // ---- results

  /** True when nothing was found. */
  public boolean healthy() {
    return findings.isEmpty();
  }

  /** What was found first: the likeliest cause; null for a healthy run. */
  public Finding first() {
    return findings.isEmpty() ? null : findings.get(0);
  }

  /** One line: {@code vanishing gradient in 'dense' (critical); 2 more findings, probably its consequences}. */
  public String verdict() {
    if (healthy()) {
      return "healthy: nothing found" + (fit == null ? "" : "; " + fit);
    }
    Finding f = first();
    int more = findings.size() - 1;
    return f.kind().words() + (f.layer() == null ? "" : " in '" + f.layer() + "'") + " ("
        + f.severity().name().toLowerCase(Locale.ROOT) + ")"
        + (more == 0 ? "" : "; " + more + " more finding" + (more == 1 ? "" : "s") + ", mend the first one first");
  }

  /** The report as JSON: verdict, findings, errors, fit, layers. */
  public String toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("verdict", verdict());
    map.put("healthy", healthy());
    map.put("findings", findings.stream().map(Finding::toMap).toList());
    if (errors != null) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("training_error", errors.trainingError());
      values.put("validation_error", errors.validationError());
      values.put("human_error", errors.humanError());
      values.put("avoidable_bias", errors.avoidableBias());
      values.put("variance", errors.variance());
      map.put("errors", HealthJson.numbers(values));
    }
    if (fit != null) {
      Map<String, Object> shape = new LinkedHashMap<>();
      shape.put("kind", fit.kind().name());
      shape.put("epoch", fit.epoch());
      shape.put("generalisation_gap", HealthJson.number(fit.gap()));
      map.put("fit", shape);
    }
    map.put("layers", layers.stream().map(LayerHealth::toMap).toList());
    map.put("suspicious_rows", suspiciousRows);
    return new String(Json.write(map, true), StandardCharsets.UTF_8);
  }

  /** The report as a page of its own, with a bar per layer for its gradient. */
  public String toHtml(String title) {
    return DiagnosisPage.of(title, this);
  }

  /** The report as text. */
  @Override
  public String toString() {
    return DiagnosisText.of(this);
  }
}
