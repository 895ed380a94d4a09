package dev.neurite.train;

import dev.neurite.error.FormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One JSON object of a health file. NaN and infinities, which JSON has no numbers for, are written as their names. */
record HealthJson(String file, Map<?, ?> map) {

  static Object number(double value) {
    return Double.isFinite(value) ? (Object) value : Double.toString(value);
  }

  static Map<String, Object> numbers(Map<String, Double> values) {
    Map<String, Object> map = new LinkedHashMap<>();
    values.forEach((name, value) -> map.put(name, number(value)));
    return map;
  }

  boolean has(String key) {
    return map.get(key) != null;
  }

  double number(String key) {
    return number(key, map.get(key));
  }

  private double number(String key, Object value) {
    if (value instanceof Number n) {
      return n.doubleValue();
    }
    if (value instanceof String s && (s.equals("NaN") || s.endsWith("Infinity"))) {
      return Double.parseDouble(s);
    }
    throw wrong(key, "a number", value);
  }

  String text(String key) {
    if (map.get(key) instanceof String s) {
      return s;
    }
    throw wrong(key, "a text", map.get(key));
  }

  boolean flag(String key) {
    if (map.get(key) instanceof Boolean b) {
      return b;
    }
    throw wrong(key, "true or false", map.get(key));
  }

  HealthJson object(String key) {
    if (map.get(key) instanceof Map<?, ?> inner) {
      return new HealthJson(file, inner);
    }
    throw wrong(key, "an object", map.get(key));
  }

  Map<String, Double> values(String key) {
    Map<String, Double> values = new LinkedHashMap<>();
    object(key).map.forEach((name, value) -> values.put((String) name, number((String) name, value)));
    return values;
  }

  List<Double> numbers(String key) {
    List<Double> numbers = new ArrayList<>();
    for (Object value : list(key)) {
      numbers.add(number(key, value));
    }
    return numbers;
  }

  List<HealthJson> objects(String key) {
    List<HealthJson> objects = new ArrayList<>();
    for (Object value : list(key)) {
      if (!(value instanceof Map<?, ?> inner)) {
        throw wrong(key, "a list of objects", value);
      }
      objects.add(new HealthJson(file, inner));
    }
    return objects;
  }

  List<List<Double>> matrix(String key) {
    List<List<Double>> rows = new ArrayList<>();
    for (Object row : list(key)) {
      rows.add(asList(key, row).stream().map(v -> number(key, v)).toList());
    }
    return rows;
  }

  List<String> texts(String key) {
    return texts(key, list(key));
  }

  List<List<String>> textRows(String key) {
    List<List<String>> rows = new ArrayList<>();
    for (Object row : list(key)) {
      rows.add(texts(key, asList(key, row)));
    }
    return rows;
  }

  private List<String> texts(String key, List<?> values) {
    List<String> texts = new ArrayList<>();
    for (Object value : values) {
      if (!(value instanceof String s)) {
        throw wrong(key, "texts", value);
      }
      texts.add(s);
    }
    return texts;
  }

  private List<?> asList(String key, Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "a list of lists", value);
  }

  private List<?> list(String key) {
    if (map.get(key) instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "a list", map.get(key));
  }

  private FormatException wrong(String key, String expected, Object given) {
    return new FormatException(file, -1, "expected " + expected + " for '" + key + "', given " + given);
  }
}
