package dev.neurite.metric;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/**
 * How often each class was taken for each other: row = label, column = prediction. Its {@link #result} is the accuracy.
 *
 * <p>Labels are class numbers {@code [batch, ...]} or one-hot {@code [batch, ..., classes]}; predictions are class
 * numbers (integers) or one value per class, of which the largest counts.
 *
 * <pre>{@code
 * ConfusionMatrix m = Metrics.confusionMatrix(10);
 * m.update(labels, model.predict(images));
 * System.out.println(m.toText(List.of("zero", "one", ...)));
 * }</pre>
 */
public final class ConfusionMatrix implements Metric {

  private static final long NOTHING = Long.MIN_VALUE;

  private final int classes;
  private final long ignored;
  private final double[][] counts;

  ConfusionMatrix(int classes) {
    this(classes, NOTHING);
  }

  private ConfusionMatrix(int classes, long ignored) {
    if (classes < 1) {
      throw new IllegalArgumentException("confusionMatrix: expected at least 1 class, given " + classes);
    }
    this.classes = classes;
    this.ignored = ignored;
    counts = new double[classes][classes];
  }

  /** The same matrix without samples of one label (any number, such as -1). */
  public ConfusionMatrix ignoreClass(long label) {
    return new ConfusionMatrix(classes, label);
  }

  @Override
  public String name() {
    return "confusionMatrix";
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    long[][] pair = new long[2][];
    HostBatch.Values w =
        HostBatch.values(
            name(),
            () -> {
              Tensor guess = numbers(yPred, yTrue);
              Tensor label = numbers(yTrue, yPred);
              Tensor aligned = HostBatch.like(name(), label, guess);
              pair[0] = aligned.toLongs();
              pair[1] = guess.toLongs();
              return guess.cast(DType.FLOAT64);
            },
            weights);
    for (int i = 0; i < pair[0].length; i++) {
      if (pair[0][i] != ignored) {
        int row = require("labels", pair[0][i], i);
        int column = require("predictions", pair[1][i], i);
        counts[row][column] += w.weights() == null ? 1 : w.weights()[i];
      }
    }
  }

  /** Class numbers as they are; of values per class the place of the largest. */
  private Tensor numbers(Tensor t, Tensor other) {
    boolean perClass =
        t.rank() > 0 && t.shape().last() == classes && (t.dtype().isFloating() || t.rank() == other.rank() + 1);
    return perClass ? t.argmax(-1) : t.cast(DType.INT64);
  }

  private int require(String what, long value, int at) {
    if (value < 0 || value >= classes) {
      throw new IllegalArgumentException(
          name() + ": expected " + what + " in [0, " + classes + "), given " + value + " at index " + at);
    }
    return (int) value;
  }

  /** The (weighted) counts: row = label, column = prediction; a copy. */
  public double[][] counts() {
    double[][] copy = new double[classes][];
    for (int i = 0; i < classes; i++) {
      copy[i] = counts[i].clone();
    }
    return copy;
  }

  /** The counts divided by their row's sum: for each label, how its samples were judged; empty rows are 0. */
  public double[][] normalised() {
    double[][] parts = counts();
    for (int i = 0; i < classes; i++) {
      double total = row(i);
      for (int j = 0; j < classes; j++) {
        parts[i][j] = BinaryCounts.ratio(parts[i][j], total);
      }
    }
    return parts;
  }

  private double row(int i) {
    double sum = 0;
    for (double v : counts[i]) {
      sum += v;
    }
    return sum;
  }

  private double column(int j) {
    double sum = 0;
    for (double[] row : counts) {
      sum += row[j];
    }
    return sum;
  }

  private double total() {
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      sum += row(i);
    }
    return sum;
  }

  private double right() {
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      sum += counts[i][i];
    }
    return sum;
  }

  /** The accuracy: the part on the diagonal. */
  @Override
  public double result() {
    return BinaryCounts.ratio(right(), total());
  }

  /** {@code TP / (TP + FP)} of a class; 0/0 is 0. */
  public double precision(int index) {
    return BinaryCounts.ratio(counts[index][index], column(index));
  }

  /** {@code TP / (TP + FN)} of a class; 0/0 is 0. */
  public double recall(int index) {
    return BinaryCounts.ratio(counts[index][index], row(index));
  }

  /** {@code (1 + b^2) * P * R / (b^2 * P + R)} of a class; 0/0 is 0. */
  public double fBeta(int index, double beta) {
    double b = beta * beta;
    double p = precision(index);
    double r = recall(index);
    return BinaryCounts.ratio((1 + b) * p * r, b * p + r);
  }

  /** {@code TP / (TP + FP + FN)} of a class; 0/0 is 0. */
  public double intersectionOverUnion(int index) {
    double hits = counts[index][index];
    return BinaryCounts.ratio(hits, row(index) + column(index) - hits);
  }

  /** The (weighted) number of samples of a label. */
  public double support(int index) {
    return row(index);
  }

  /** The mean recall over classes that occur in the labels. */
  public double balancedAccuracy() {
    double sum = 0;
    int present = 0;
    for (int i = 0; i < classes; i++) {
      if (row(i) > 0) {
        sum += recall(i);
        present++;
      }
    }
    return BinaryCounts.ratio(sum, present);
  }

  /** Cohen's kappa: how far the agreement is above that of chance, 1 when perfect. */
  public double kappa() {
    double n = total();
    double chance = 0;
    for (int i = 0; i < classes; i++) {
      chance += row(i) * column(i);
    }
    double expected = BinaryCounts.ratio(chance, n * n);
    return BinaryCounts.ratio(result() - expected, 1 - expected);
  }

  /** Matthews' correlation between labels and predictions, in [-1, 1]. */
  public double matthews() {
    double n = total();
    double both = 0;
    double labels = 0;
    double guesses = 0;
    for (int i = 0; i < classes; i++) {
      both += row(i) * column(i);
      labels += row(i) * row(i);
      guesses += column(i) * column(i);
    }
    return BinaryCounts.ratio(right() * n - both, Math.sqrt((n * n - labels) * (n * n - guesses)));
  }

  /** The matrix as text, with a head row and the classes' numbers. */
  @Override
  public String toString() {
    return toText(java.util.stream.IntStream.range(0, classes).mapToObj(Integer::toString).toList());
  }

  /**
   * The matrix as text with class names.
   *
   * @throws IllegalArgumentException unless there is a name per class
   */
  public String toText(List<String> names) {
    requireNames(names);
    int width = names.stream().mapToInt(String::length).max().orElse(1);
    for (double[] row : counts) {
      for (double v : row) {
        width = Math.max(width, number(v).length());
      }
    }
    StringBuilder text = new StringBuilder(" ".repeat(width));
    names.forEach(append(text, width + 1));
    for (int i = 0; i < classes; i++) {
      text.append('\n').append(" ".repeat(width - names.get(i).length())).append(names.get(i));
      for (double v : counts[i]) {
        append(text, width + 1).accept(number(v));
      }
    }
    return text.append("\nrow = label, column = prediction").toString();
  }

  /**
   * Precision, recall, F1 and number of samples of each class by its name, then the accuracy and the plain and weighted
   * means over classes.
   *
   * @throws IllegalArgumentException unless there is a name per class
   */
  public String report(List<String> names) {
    requireNames(names);
    int width = Math.max(names.stream().mapToInt(String::length).max().orElse(1), "weighted mean".length());
    String head = "%" + width + "s";
    String row = head + " %9.4f %9.4f %9.4f %9s%n";
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, head + " %9s %9s %9s %9s%n", "", "precision",
        "recall", "f1", "samples"));
    double[] plain = new double[3];
    double[] weighted = new double[3];
    for (int i = 0; i < classes; i++) {
      double[] values = {precision(i), recall(i), fBeta(i, 1)};
      for (int k = 0; k < values.length; k++) {
        plain[k] += values[k] / classes;
        weighted[k] += BinaryCounts.ratio(values[k] * row(i), total());
      }
      text.append(String.format(Locale.ROOT, row, names.get(i), values[0], values[1], values[2], number(row(i))));
    }
    String all = number(total());
    text.append(String.format(Locale.ROOT, head + " %29.4f %9s%n", "accuracy", result(), all));
    text.append(String.format(Locale.ROOT, row, "mean", plain[0], plain[1], plain[2], all));
    text.append(String.format(Locale.ROOT, row, "weighted mean", weighted[0], weighted[1], weighted[2], all));
    return text.toString().replace(System.lineSeparator(), "\n");
  }

  private void requireNames(List<String> names) {
    if (names.size() != classes) {
      throw new IllegalArgumentException(
          name() + ": expected " + classes + " class names, given " + names.size());
    }
  }

  private static java.util.function.Consumer<String> append(StringBuilder text, int width) {
    return s -> text.append(" ".repeat(width - s.length())).append(s);
  }

  private static String number(double v) {
    return v == Math.rint(v) ? String.format(Locale.ROOT, "%.0f", v) : String.format(Locale.ROOT, "%.2f", v);
  }

  @Override
  public double[] state() {
    return HostBatch.joined(counts);
  }

  @Override
  public void restore(double[] state) {
    HostBatch.requireState(name(), classes * classes, state);
    for (int i = 0; i < classes; i++) {
      System.arraycopy(state, i * classes, counts[i], 0, classes);
    }
  }

  @Override
  public void reset() {
    for (double[] row : counts) {
      java.util.Arrays.fill(row, 0);
    }
  }
}
