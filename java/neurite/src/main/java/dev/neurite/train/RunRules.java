package dev.neurite.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** What the course of the losses and the errors tell: divergence, learning rate, label noise, bias, variance, fit. */
final class RunRules {

  private static final int ROWS_NAMED = 20;

  private final Health health;
  private final Findings findings;
  private final List<Health.StepLosses> steps;

  private RunRules(Health health, Findings findings) {
    this.health = health;
    this.findings = findings;
    steps = new ArrayList<>(
        health.checkups().stream().map(Health.Checkup::steps).filter(Objects::nonNull).toList());
    if (health.unfinished() != null) {
      steps.add(health.unfinished());
    }
  }

  static void apply(Health health, Findings findings) {
    RunRules rules = new RunRules(health, findings);
    if (!rules.steps.isEmpty()) {
      rules.course();
    }
    rules.labelNoise();
  }

  // ---- divergence and learning rate

  private void course() {
    double start = steps.get(0).first();
    double end = steps.get(steps.size() - 1).mean();
    double most = steps.stream().mapToDouble(Health.StepLosses::most).max().orElse(start);
    boolean infinite = health.failure() != null && health.failure().contains("finite loss")
        || steps.stream().anyMatch(s -> !Double.isFinite(s.last()));
    double update = medianUpdate();
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("first_loss", start);
    numbers.put("last_loss", end);
    numbers.put("largest_loss", most);
    numbers.put("median_update", update);
    if (infinite || end > DiagnosisLimits.DIVERGED * start) {
      diverged(numbers, start, infinite ? steps.get(steps.size() - 1).last() : end, infinite);
    } else if (tooLong(most / start, update) && end > DiagnosisLimits.RECOVERED * start) {
      findings.add(
          Finding.Kind.LEARNING_RATE_TOO_HIGH, Finding.Severity.CRITICAL, numbers,
          "The learning rate is too high: the loss began at " + number(start) + ", jumped up to " + number(most)
              + " and ended at " + number(end) + "; a step moves the weights by " + percent(update)
              + " of their length (0.1 % is usual)"
              + (LayerRules.unitsDied(health) ? ", and most units of a layer died." : "."),
          "Divide the learning rate by 10, or let LearningRateFinder suggest one; a warm-up and globalClipNorm(1) help "
              + "too.");
    } else if (update > 0 && update < DiagnosisLimits.STEP_TOO_SHORT && end > DiagnosisLimits.LOSS_LEFT * start) {
      findings.add(
          Finding.Kind.LEARNING_RATE_TOO_LOW, Finding.Severity.CRITICAL, numbers,
          "The learning rate is too low: a step moves the weights by "
              + String.format(Locale.ROOT, "%.2g %%", 100 * update)
              + " of their length (0.1 % is usual), and the loss went from " + number(start) + " to " + number(end)
              + " only.",
          "Multiply the learning rate by 10 until the loss falls quickly, or let LearningRateFinder suggest one.");
    }
  }

  /** Steps that throw the loss up, move the weights far, or kill units. */
  private boolean tooLong(double rise, double update) {
    return rise > DiagnosisLimits.SPIKE || update > DiagnosisLimits.STEP_TOO_LONG || LayerRules.unitsDied(health);
  }

  private void diverged(Map<String, Double> numbers, double start, double end, boolean infinite) {
    findings.add(
        Finding.Kind.DIVERGENCE, Finding.Severity.CRITICAL, numbers,
        "The training diverged: the loss began at " + number(start) + " and "
            + (infinite ? "became infinite or NaN; the last finite one was " + number(end) : "ended at " + number(end))
            + ".",
        "Divide the learning rate by 10 (LearningRateFinder suggests one), clip the gradient (globalClipNorm(1)), and "
            + "look for NaN and huge values in the data (Fit.checkInputs(true)).");
  }

  /** Median over the watched steps of the longest relative step of any layer; NaN when none was watched. */
  private double medianUpdate() {
    double[] longest = health.checkups().stream()
        .mapToDouble(c -> c.layers().stream().mapToDouble(LayerHealth::update).filter(u -> !Double.isNaN(u))
            .max().orElse(Double.NaN))
        .filter(u -> !Double.isNaN(u))
        .sorted()
        .toArray();
    return longest.length == 0 ? Double.NaN : longest[longest.length / 2];
  }

  // ---- label noise

  /** Training rows that contradict their label, those with the largest loss first; empty when nothing is suspicious. */
  static List<Integer> suspiciousRows(Health health) {
    Health.RowLosses rows = health.rows();
    if (rows == null || rows.losses().isEmpty() || !(health.baseline() > 0)) {
      return List.of();
    }
    double[] losses = rows.losses().stream().mapToDouble(Double::doubleValue).toArray();
    double[] sorted = losses.clone();
    Arrays.sort(sorted);
    double limit = health.classifier() ? DiagnosisLimits.SUSPICIOUS_LOSS : health.baseline();
    List<Integer> suspicious = IntStream.range(0, losses.length)
        .filter(i -> losses[i] > limit)
        .boxed()
        .sorted((a, b) -> Double.compare(losses[b], losses[a]))
        .toList();
    boolean learnt = sorted[sorted.length / 2] < DiagnosisLimits.LEARNT * health.baseline();
    boolean many = suspicious.size() > DiagnosisLimits.SUSPICIOUS_ROWS * losses.length;
    return learnt && many ? suspicious : List.of();
  }

  private void labelNoise() {
    List<Integer> rows = suspiciousRows(health);
    if (rows.isEmpty()) {
      return;
    }
    Health.RowLosses all = health.rows();
    StringBuilder named = new StringBuilder();
    for (int row : rows.subList(0, Math.min(ROWS_NAMED, rows.size()))) {
      named.append(named.length() == 0 ? "" : ", ").append(row);
      if (!all.labels().isEmpty()) {
        named.append(" (").append(all.labels().get(row)).append(", looks like ");
        named.append(all.predicted().get(row)).append(')');
      }
    }
    double share = rows.size() / (double) all.losses().size();
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("suspicious_rows", (double) rows.size());
    numbers.put("share", share);
    findings.add(
        Finding.Kind.LABEL_NOISE, Finding.Severity.WARNING, numbers,
        "Some labels are probably wrong: " + rows.size() + " training examples (" + percent(share)
            + ") contradict what the network learnt from all others. Rows, worst first: " + named
            + (rows.size() > ROWS_NAMED ? ", ..." : "") + ".",
        "Look at these rows by eye and correct them; where that is impossible use label smoothing, fewer epochs, or "
            + "leave them out.");
  }

  // ---- bias, variance, fit

  /**
   * Errors at the end: shares of wrong answers, else shares of variance not explained.
   *
   * @return null when they were not measured
   */
  static BiasVariance errors(Health health, DiagnosisOptions options) {
    History history = health.history();
    if (history.size() == 0) {
      return null;
    }
    Map<String, Double> values = history.epochs().get(history.size() - 1);
    String accuracy = values.keySet().stream()
        .filter(n -> n.toLowerCase(Locale.ROOT).contains("accuracy") && !n.startsWith("val_") && !n.contains("top"))
        .findFirst()
        .orElse(null);
    double training = accuracy == null ? trainingLoss(health, values) / health.baseline() : 1 - values.get(accuracy);
    if (accuracy != null && health.rows() != null && !health.rows().labels().isEmpty()) {
      training = wrong(health.rows());
    }
    double held = accuracy == null
        ? (values.getOrDefault("val_loss", Double.NaN) - values.getOrDefault("val_penalty", 0.0)) / health.baseline()
        : 1 - values.getOrDefault("val_" + accuracy, Double.NaN);
    return training >= 0 && !(held < 0)
        ? new BiasVariance(training, held, options.humanError(), accuracy != null)
        : null;
  }

  private static double trainingLoss(Health health, Map<String, Double> values) {
    return health.rows() == null
        ? values.getOrDefault("loss", Double.NaN) - values.getOrDefault("penalty", 0.0)
        : health.rows().losses().stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  private static double wrong(Health.RowLosses rows) {
    int wrong = 0;
    for (int i = 0; i < rows.labels().size(); i++) {
      wrong += rows.labels().get(i).equals(rows.predicted().get(i)) ? 0 : 1;
    }
    return wrong / (double) rows.labels().size();
  }

  static void errors(BiasVariance errors, Findings findings) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("training_error", errors.trainingError());
    numbers.put("validation_error", errors.validationError());
    numbers.put("human_error", errors.humanError());
    numbers.put("avoidable_bias", errors.avoidableBias());
    numbers.put("variance", errors.variance());
    String seen = errors + ".";
    seen = Character.toUpperCase(seen.charAt(0)) + seen.substring(1);
    String bias = "Against bias: a larger network, longer training or a better optimiser, another architecture, less "
        + "regularisation.";
    String variance = "Against variance: more data or augmentation, dropout, L2, early stopping, a smaller network.";
    switch (errors.verdict()) {
      case HIGH_BIAS -> findings.add(Finding.Kind.HIGH_BIAS, Finding.Severity.WARNING, numbers, seen, bias);
      case HIGH_VARIANCE -> findings.add(Finding.Kind.HIGH_VARIANCE, Finding.Severity.WARNING, numbers, seen, variance);
      case BOTH -> findings.add(
          Finding.Kind.HIGH_BIAS_AND_VARIANCE, Finding.Severity.WARNING, numbers, seen, bias + " " + variance);
      case NEITHER -> {
        return;
      }
    }
  }

  static void fit(FitShape fit, BiasVariance errors, Findings findings) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("epoch", (double) fit.epoch());
    numbers.put("gap", fit.gap());
    numbers.put("rise", fit.rise());
    numbers.put("loss_left", fit.left());
    numbers.put("still_falling", fit.falling());
    if (fit.kind() == FitShape.Kind.OVER) {
      findings.add(
          Finding.Kind.OVERFITTING, Finding.Severity.WARNING, numbers,
          "The run overfits: the validation loss was smallest in epoch " + fit.epoch() + " and is "
              + percent(fit.rise()) + " higher now, while the training loss went on falling.",
          "Stop in epoch " + fit.epoch() + " (EarlyStopping with restoreBest), or regularise: dropout, L2, "
              + "augmentation.");
    } else if (fit.kind() == FitShape.Kind.UNDER && (errors == null || errors.highBias())) {
      findings.add(
          Finding.Kind.UNDERFITTING, Finding.Severity.WARNING, numbers,
          "The run underfits: " + percent(fit.left()) + " of the loss at the start is left, and "
              + percent(fit.falling()) + " of its fall happened in the last quarter of the epochs.",
          fit.falling() > DiagnosisLimits.STILL_FALLING
              ? "Train longer: the loss is still falling."
              : "More epochs will not help; take a larger network or better features.");
    }
  }

  private static String number(double value) {
    return LayerRules.number(value);
  }

  private static String percent(double share) {
    return LayerRules.percent(share);
  }
}
