package dev.neurite.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was measured on a data set.
 *
 * @param values {@code loss} and the metrics, by name, in the order they were compiled
 */
public record Evaluation(Map<String, Double> values) {

  /** Copies the values; order is kept. */
  public Evaluation {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The loss. */
  public double loss() {
    return value("loss");
  }

  /**
   * A value by name.
   *
   * @throws IllegalArgumentException when nothing of that name was measured
   */
  public double value(String name) {
    Double v = values.get(name);
    if (v == null) {
      throw new IllegalArgumentException("Evaluation: expected one of " + values.keySet() + ", given '" + name + "'");
    }
    return v;
  }

  /** {@code loss 0.1234, accuracy 0.9833}. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(e -> e.getKey() + " " + History.number(e.getValue()))
        .collect(Collectors.joining(", "));
  }
}
