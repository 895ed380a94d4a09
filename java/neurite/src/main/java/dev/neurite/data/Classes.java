package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The names of classes and their numbers: labels as people write them to labels as networks learn them, and back.
 *
 * <pre>{@code
 * Classes species = Classes.fit(List.of("setosa", "virginica", "setosa"));
 * Tensor y = species.oneHot(List.of("virginica"));      // [[0, 1]]
 * List<String> names = species.names(model.predict(x));  // of the largest value in each row
 * }</pre>
 */
public final class Classes {

  private final List<String> names;
  private final Map<String, Integer> numbers = new HashMap<>();

  private Classes(List<String> names) {
    this.names = List.copyOf(names);
    for (String name : this.names) {
      if (numbers.put(name, numbers.size()) != null) {
        throw new IllegalArgumentException("Classes: expected each name once, given '" + name + "' twice");
      }
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("Classes: expected 1 name or more, given none");
    }
  }

  /** Classes in the given order. */
  public static Classes of(List<String> names) {
    return new Classes(names);
  }

  /** The names that occur among labels, sorted. */
  public static Classes fit(Collection<String> labels) {
    return new Classes(new ArrayList<>(new TreeSet<>(labels)));
  }

  /** The names, by number. */
  public List<String> names() {
    return names;
  }

  /** How many classes there are. */
  public int size() {
    return names.size();
  }

  /**
   * The number of a class.
   *
   * @throws IllegalArgumentException for an unknown name
   */
  public int number(String name) {
    Integer number = numbers.get(name);
    if (number == null) {
      throw new IllegalArgumentException("Classes: expected one of " + names + ", given '" + name + "'");
    }
    return number;
  }

  /**
   * Class numbers, int64 [n].
   *
   * @throws IllegalArgumentException for an unknown name, with its place
   */
  public Tensor numbers(List<String> labels) {
    long[] y = new long[labels.size()];
    for (int i = 0; i < y.length; i++) {
      if (!numbers.containsKey(labels.get(i))) {
        throw new IllegalArgumentException(
            "Classes: expected one of " + names + ", given '" + labels.get(i) + "' at index " + i);
      }
      y[i] = number(labels.get(i));
    }
    return Tensor.of(y, Shape.of(y.length));
  }

  /** One row per label with a 1 in the column of its class: float32 [n, classes]. */
  public Tensor oneHot(List<String> labels) {
    return Scope.run(() -> numbers(labels).oneHot(size(), DType.FLOAT32));
  }

  /**
   * The names of class numbers [n] (integers), or of the largest value in each row [n, classes].
   *
   * @throws IllegalArgumentException for a number that is no class
   */
  public List<String> names(Tensor y) {
    boolean rows = y.rank() == 2 && y.shape().last() == size();
    if (!rows && (y.rank() != 1 || y.dtype().isFloating())) {
      throw new ShapeException(
          "Classes.names: expected class numbers [n] or values [n, " + size() + "], given " + y.describe());
    }
    List<String> found = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (long number : (rows ? y.argmax(-1) : y.cast(DType.INT64)).toLongs()) {
        if (number < 0 || number >= size()) {
          throw new IllegalArgumentException(
              "Classes.names: expected class numbers in [0, " + size() + "), given " + number + " at index "
                  + found.size());
        }
        found.add(names.get((int) number));
      }
    }
    return found;
  }
}
