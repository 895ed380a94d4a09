package dev.neurite.train;

import java.util.Map;

/**
 * One try of a {@link Search}.
 *
 * @param number from 0, in the order they were drawn
 * @param values the settings, by name
 * @param seed what everything random in the trial derives from, as if by {@code Neurite.seed}
 * @param budget how much may be spent, such as epochs: 1 unless the search halves
 */
public record Trial(int number, Map<String, Object> values, long seed, double budget) {

  private Object require(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("Trial: expected one of " + values.keySet() + ", given '" + name + "'");
    }
    return value;
  }

  /** A setting that is a number. */
  public double number(String name) {
    if (require(name) instanceof Number n) {
      return n.doubleValue();
    }
    throw new IllegalArgumentException("Trial: expected a number '" + name + "', given " + values.get(name));
  }

  /** A setting that is a whole number. */
  public int count(String name) {
    return Math.toIntExact((long) number(name));
  }

  /** A setting as text. */
  public String text(String name) {
    return require(name).toString();
  }
}
