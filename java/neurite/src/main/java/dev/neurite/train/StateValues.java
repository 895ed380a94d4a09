package dev.neurite.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Numbers in JSON without loss: as JSON has no NaN and no infinities, these are texts. */
final class StateValues {

  private StateValues() {}

  static Object written(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> all = new LinkedHashMap<>();
      map.forEach((k, v) -> all.put((String) k, written(v)));
      return all;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(StateValues::written).toList();
    }
    return value instanceof Double d && !Double.isFinite(d) ? d.toString() : value;
  }

  static double number(Object value) {
    if (value instanceof String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("checkpoint: expected a number, given '" + text + "'", e);
      }
    }
    if (value instanceof Number n) {
      return n.doubleValue();
    }
    throw new IllegalArgumentException("checkpoint: expected a number, given " + value);
  }

  /** The values of each finished epoch. */
  static List<Map<String, Double>> epochs(Object value) {
    List<Map<String, Double>> epochs = new ArrayList<>();
    for (Object epoch : list(value)) {
      Map<String, Double> values = new LinkedHashMap<>();
      map(epoch).forEach((name, v) -> values.put(name, number(v)));
      epochs.add(values);
    }
    return epochs;
  }

  static List<?> list(Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("checkpoint: expected a list, given " + value);
  }

  static Map<String, Object> map(Object value) {
    if (value instanceof Map<?, ?> given) {
      Map<String, Object> map = new LinkedHashMap<>();
      given.forEach((k, v) -> map.put((String) k, v));
      return map;
    }
    throw new IllegalArgumentException("checkpoint: expected an object, given " + value);
  }
}
