package dev.neurite.train;

import java.util.List;
import java.util.Locale;

/** The doctor's report as text. */
final class DiagnosisText {

  private static final int WIDTH = 100;

  private DiagnosisText() {}

  static String of(Diagnosis d) {
    StringBuilder text = new StringBuilder("Verdict: ").append(d.verdict()).append('\n');
    int number = 1;
    for (Finding f : d.findings()) {
      text.append('\n').append(number++).append(". ").append(f.kind().words()).append(" (");
      text.append(f.severity().name().toLowerCase(Locale.ROOT)).append(")\n");
      wrap(text, "   what  ", f.explanation());
      wrap(text, "   do    ", f.advice());
    }
    if (d.errors() != null) {
      text.append("\nErrors: ").append(d.errors()).append('\n');
    }
    if (d.fit() != null) {
      text.append("Fit:    ").append(d.fit()).append('\n');
    }
    if (!d.layers().isEmpty()) {
      layers(text, d.layers());
    }
    return text.toString();
  }

  private static void layers(StringBuilder text, List<LayerHealth> layers) {
    int widest = Math.max(5, layers.stream().mapToInt(l -> l.layer().length()).max().orElse(0));
    String head = "\n%-" + widest + "s  %-12s %9s %9s %9s %9s %6s %6s%n";
    text.append(
        String.format(
            Locale.ROOT, head, "layer", "activation", "gradient", "step", "mean", "deviation", "dead", "sat.")
            .replace(System.lineSeparator(), "\n"));
    for (LayerHealth l : layers) {
      text.append(
          String.format(
              Locale.ROOT, "%-" + widest + "s  %-12s %9s %9s %9s %9s %5.0f%% %5.0f%%\n", l.layer(), l.activation(),
              cell(l.gradient()), cell(l.update()), cell(l.mean()), cell(l.deviation()), 100 * l.dead(),
              100 * l.saturated()));
    }
    text.append(
        "gradient: length of the loss's gradient in the weights; step: length of one update relative to the weights\n");
  }

  private static String cell(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2e", value);
  }

  private static void wrap(StringBuilder text, String lead, String words) {
    StringBuilder line = new StringBuilder(lead);
    for (String word : words.split(" ")) {
      if (line.length() + word.length() + 1 > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line = new StringBuilder(" ".repeat(lead.length()));
      }
      line.append(word).append(' ');
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
