package dev.neurite.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a training run measured, epoch by epoch: {@code loss}, the metrics, the same with {@code val_} in front for the
 * validation data, {@code lr} (learning rate at the epoch's end) and {@code seconds}.
 *
 * @param seed seed of the run: with it the run can be repeated bit for bit
 * @param epochs values by name for each finished epoch
 */
public record History(long seed, List<Map<String, Double>> epochs) {

  /** Copies the values; order is kept. */
  public History {
    List<Map<String, Double>> copies = new ArrayList<>(epochs.size());
    for (Map<String, Double> values : epochs) {
      copies.add(Collections.unmodifiableMap(new LinkedHashMap<>(values)));
    }
    epochs = List.copyOf(copies);
  }

  /** Number of finished epochs. */
  public int size() {
    return epochs.size();
  }

  /** Names of everything measured, in order of first appearance. */
  public List<String> names() {
    Set<String> names = new LinkedHashSet<>();
    epochs.forEach(values -> names.addAll(values.keySet()));
    return List.copyOf(names);
  }

  /**
   * One value per epoch; NaN where it was not measured.
   *
   * @throws IllegalArgumentException for a name that no epoch has
   */
  public double[] values(String name) {
    if (!names().contains(name)) {
      throw new IllegalArgumentException("History: expected one of " + names() + ", given '" + name + "'");
    }
    return epochs.stream().mapToDouble(values -> values.getOrDefault(name, Double.NaN)).toArray();
  }

  /**
   * The value of the last epoch.
   *
   * @throws IllegalArgumentException for a name that no epoch has
   */
  public double last(String name) {
    double[] all = values(name);
    return all[all.length - 1];
  }

  /** A header {@code epoch,loss,...} and one line per epoch; numbers read back to the same bits. */
  public String toCsv() {
    List<String> names = names();
    StringBuilder text = new StringBuilder("epoch");
    names.forEach(name -> text.append(',').append(name));
    text.append('\n');
    for (int i = 0; i < epochs.size(); i++) {
      text.append(i + 1);
      for (String name : names) {
        Double value = epochs.get(i).get(name);
        text.append(',').append(value == null ? "" : value.toString());
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** {@code {"seed": 42, "epochs": [{"loss": 0.5, ...}, ...]}}; NaN and infinities become null, as JSON has none. */
  public String toJson() {
    StringBuilder text = new StringBuilder("{\"seed\": ").append(seed).append(", \"epochs\": [");
    for (int i = 0; i < epochs.size(); i++) {
      text.append(i == 0 ? "" : ", ").append('{');
      String separator = "";
      for (Map.Entry<String, Double> e : epochs.get(i).entrySet()) {
        double v = e.getValue();
        text.append(separator).append('"').append(escaped(e.getKey())).append("\": ");
        text.append(Double.isFinite(v) ? Double.toString(v) : "null");
        separator = ", ";
      }
      text.append('}');
    }
    return text.append("]}").toString();
  }

  private static String escaped(String name) {
    StringBuilder text = new StringBuilder();
    for (char c : name.toCharArray()) {
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ') {
        text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** A table with one row per epoch. */
  @Override
  public String toString() {
    List<String> names = names();
    StringBuilder text = new StringBuilder("epoch");
    Map<String, Integer> widths = new LinkedHashMap<>();
    names.forEach(name -> widths.put(name, width(name)));
    names.forEach(name -> text.append("  ").append(padded(name, widths.get(name))));
    for (int i = 0; i < epochs.size(); i++) {
      text.append('\n').append(padded(Integer.toString(i + 1), 5));
      for (String name : names) {
        Double value = epochs.get(i).get(name);
        text.append("  ").append(padded(value == null ? "" : number(value), widths.get(name)));
      }
    }
    return text.append("\nseed ").append(seed).toString();
  }

  private int width(String name) {
    int widest = name.length();
    for (Map<String, Double> values : epochs) {
      Double value = values.get(name);
      widest = Math.max(widest, value == null ? 0 : number(value).length());
    }
    return widest;
  }

  private static String padded(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }

  /** Four significant places for small numbers, four decimals else. */
  static String number(double value) {
    double size = Math.abs(value);
    return size != 0 && (size < 1e-3 || size >= 1e6)
        ? String.format(Locale.ROOT, "%.3e", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
