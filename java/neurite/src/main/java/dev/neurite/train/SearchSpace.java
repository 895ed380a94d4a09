package dev.neurite.train;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/**
 * The settings a {@link Search} may try, by name. Immutable; each method returns a larger space.
 *
 * <pre>{@code
 * SearchSpace.empty()
 *     .logUniform("rate", 1e-4, 1)              // 10^U(-4, 0)
 *     .oneMinusLog("momentum", 0.9, 0.999)      // 1 - 10^U(-3, -1)
 *     .integers("units", 16, 128)
 *     .choice("activation", "relu", "tanh")
 * }</pre>
 */
public final class SearchSpace {

  /**
   * One setting.
   *
   * @param low part of the axis in use, from 0 to 1
   * @param high its end
   * @param at the value at a place between 0 and 1
   * @param ordered whether near places have alike values
   */
  private record Axis(String name, double low, double high, DoubleFunction<Object> at, boolean ordered) {}

  private final List<Axis> axes;

  private SearchSpace(List<Axis> axes) {
    this.axes = List.copyOf(axes);
  }

  /** A space without settings. */
  public static SearchSpace empty() {
    return new SearchSpace(List.of());
  }

  private SearchSpace with(String name, DoubleFunction<Object> at, boolean ordered) {
    if (names().contains(name)) {
      throw new IllegalArgumentException("SearchSpace: expected different names, given '" + name + "' twice");
    }
    List<Axis> more = new ArrayList<>(axes);
    more.add(new Axis(name, 0, 1, at, ordered));
    return new SearchSpace(more);
  }

  private static void require(boolean right, String what, double low, double high) {
    if (!right) {
      throw new IllegalArgumentException("SearchSpace." + what + ", given " + low + " and " + high);
    }
  }

  /** A number, evenly spread. */
  public SearchSpace uniform(String name, double low, double high) {
    require(low < high, "uniform: expected low < high", low, high);
    return with(name, u -> low + (high - low) * u, true);
  }

  /** A number whose logarithm is evenly spread: {@code 10^U(log10 low, log10 high)}. */
  public SearchSpace logUniform(String name, double low, double high) {
    require(low > 0 && low < high, "logUniform: expected 0 < low < high", low, high);
    return with(name, u -> log(low, high, u), true);
  }

  private static double log(double low, double high, double u) {
    double a = Math.log10(low);
    return Math.pow(10, a + (Math.log10(high) - a) * u);
  }

  /**
   * A number near 1 whose distance from 1 has an evenly spread logarithm: {@code 1 - 10^U(log(1-high), log(1-low))}.
   */
  public SearchSpace oneMinusLog(String name, double low, double high) {
    require(low < high && high < 1, "oneMinusLog: expected low < high < 1", low, high);
    return with(name, u -> 1 - log(1 - high, 1 - low, 1 - u), true);
  }

  /** A whole number, both ends included, each as likely. */
  public SearchSpace integers(String name, long low, long high) {
    require(low <= high, "integers: expected low <= high", low, high);
    return with(name, u -> low + Math.min(high - low, (long) (u * (high - low + 1))), true);
  }

  /** A whole number whose logarithm is evenly spread, both ends included. */
  public SearchSpace logIntegers(String name, long low, long high) {
    require(low >= 1 && low <= high, "logIntegers: expected 1 <= low <= high", low, high);
    return with(name, u -> Math.max(low, Math.min(high, Math.round(log(low - 0.5, high + 0.5, u)))), true);
  }

  /** One of some values (text, numbers, truth values), each as likely. */
  public SearchSpace choice(String name, Object... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("SearchSpace.choice: expected at least one value for '" + name + "'");
    }
    List<Object> all = List.of(values);
    return with(name, u -> all.get(Math.min(all.size() - 1, (int) (u * all.size()))), false);
  }

  /** Names of the settings, in order. */
  public List<String> names() {
    return axes.stream().map(Axis::name).toList();
  }

  /** Places on the axes drawn for one trial; they depend on seed and number only. */
  Map<String, Double> draw(long seed, int trial) {
    Map<String, Double> places = new LinkedHashMap<>();
    for (Axis axis : axes) {
      try (Scope scope = Scope.open()) {
        RandomStream random = RandomStream.of(seed, "search." + trial + "." + axis.name);
        double u = RandomOp.uniform(Shape.of(1), DType.FLOAT64, 0, 1, random).item();
        places.put(axis.name, axis.low + (axis.high - axis.low) * u);
      }
    }
    return places;
  }

  /** The values at places. */
  Map<String, Object> values(Map<String, Double> places) {
    Map<String, Object> values = new LinkedHashMap<>();
    axes.forEach(axis -> values.put(axis.name, axis.at.apply(places.get(axis.name))));
    return values;
  }

  /** Places of a grid with so many points per axis, in the middles of equal intervals. */
  List<Map<String, Double>> grid(int points) {
    List<Map<String, Double>> all = List.of(Map.of());
    for (Axis axis : axes) {
      List<Map<String, Double>> longer = new ArrayList<>();
      for (Map<String, Double> start : all) {
        for (int i = 0; i < points; i++) {
          Map<String, Double> place = new LinkedHashMap<>(start);
          place.put(axis.name, axis.low + (axis.high - axis.low) * (i + 0.5) / points);
          longer.add(place);
        }
      }
      all = longer;
    }
    return all;
  }

  /** The space around places, each ordered axis narrowed to a part of its width; choices stay open. */
  SearchSpace around(Map<String, Double> places, double part) {
    List<Axis> narrower = new ArrayList<>();
    for (Axis axis : axes) {
      double width = (axis.high - axis.low) * part;
      double low = Math.max(axis.low, Math.min(axis.high - width, places.get(axis.name) - width / 2));
      narrower.add(axis.ordered ? new Axis(axis.name, low, low + width, axis.at, true) : axis);
    }
    return new SearchSpace(narrower);
  }
}
