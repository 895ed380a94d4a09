package dev.neurite.train;

import dev.neurite.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a callback puts into a checkpoint.
 *
 * @param values text, numbers (NaN and infinities too) and truth values by name
 * @param tensors by name; written at once, so they may be the callback's own
 */
public record CallbackState(Map<String, Object> values, Map<String, ? extends Tensor> tensors) {

  /** Nothing to remember. */
  public static final CallbackState NONE = new CallbackState(Map.of(), Map.of());

  /** Copies the maps; order is kept. */
  public CallbackState {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Values alone. */
  public static CallbackState of(Map<String, Object> values) {
    return new CallbackState(values, Map.of());
  }

  boolean isEmpty() {
    return values.isEmpty() && tensors.isEmpty();
  }

  /** A number. @throws IllegalArgumentException when there is none of that name */
  public double number(String name) {
    return StateValues.number(require(name));
  }

  /** A whole number. @throws IllegalArgumentException when there is none of that name */
  public int count(String name) {
    return Math.toIntExact((long) number(name));
  }

  /** A truth value. @throws IllegalArgumentException when there is none of that name */
  public boolean flag(String name) {
    return Boolean.TRUE.equals(require(name));
  }

  private Object require(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "checkpoint: expected a callback's value '" + name + "', given " + values.keySet());
    }
    return value;
  }
}
