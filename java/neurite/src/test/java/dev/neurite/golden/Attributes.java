package dev.neurite.golden;

import java.util.AbstractMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The configuration of a case; remembers what was looked at, so that a failure names what its handler overlooked. */
final class Attributes extends AbstractMap<String, Object> {

  private final Map<String, Object> given = new LinkedHashMap<>();
  private final Set<Object> seen = new HashSet<>();

  Attributes(Map<String, Object> given) {
    if (given != null) {
      this.given.putAll(given);
    }
  }

  @Override
  public Object get(Object key) {
    seen.add(key);
    return given.get(key);
  }

  @Override
  public boolean containsKey(Object key) {
    seen.add(key);
    return given.containsKey(key);
  }

  /** Whoever walks over all entries has seen them all. */
  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    seen.addAll(given.keySet());
    return given.entrySet();
  }

  Set<String> overlooked() {
    Set<String> names = new TreeSet<>();
    given.forEach((name, value) -> {
      if (value != null && !value.equals(false) && !seen.contains(name)) {
        names.add(name);
      }
    });
    return names;
  }
}
