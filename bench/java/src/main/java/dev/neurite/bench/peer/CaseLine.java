package dev.neurite.bench.peer;

import java.util.HashMap;
import java.util.Map;

/** One case of the catalogue: {@code name kind key=value ...}. */
final class CaseLine {

  private final String name;
  private final String kind;
  private final Map<String, String> values = new HashMap<>();

  private CaseLine(String name, String kind) {
    this.name = name;
    this.kind = kind;
  }

  static CaseLine parse(String line) {
    String[] words = line.strip().split("\\s+");
    if (words.length < 2) {
      throw new IllegalArgumentException("expected 'name kind key=value ...', given '" + line + "'");
    }
    CaseLine c = new CaseLine(words[0], words[1]);
    for (int i = 2; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      c.values.put(pair[0], pair.length == 2 ? pair[1] : "");
    }
    return c;
  }

  String name() {
    return name;
  }

  String kind() {
    return kind;
  }

  int number(String key) {
    return Integer.parseInt(text(key));
  }

  String text(String key) {
    String v = values.get(key);
    if (v == null) {
      throw new IllegalArgumentException(name + ": the line has no " + key);
    }
    return v;
  }

  boolean has(String key, String value) {
    return value.equals(values.get(key));
  }
}
