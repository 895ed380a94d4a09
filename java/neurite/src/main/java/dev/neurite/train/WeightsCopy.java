package dev.neurite.train;

import dev.neurite.nn.Model;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** All parameters and buffers of a model as they were at one moment. */
final class WeightsCopy implements AutoCloseable {

  private final Map<Param, Param> copies = new LinkedHashMap<>();

  private WeightsCopy() {}

  /** The weights of now, in the memory of an older copy where there is one. */
  static WeightsCopy replace(WeightsCopy older, Model model) {
    if (older != null) {
      older.copies.forEach((source, copy) -> copy.assign(source));
      return older;
    }
    WeightsCopy made = new WeightsCopy();
    try {
      model.state().forEach((path, p) -> made.copies.put(p, Param.of(path, p)));
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  void restore() {
    copies.forEach((target, copy) -> target.assign(copy));
  }

  /** Puts the copy into the model, and what the model had into the copy. */
  void swap() {
    copies.forEach((target, copy) -> {
      try (Param held = Param.of(copy.name(), target)) {
        target.assign(copy);
        copy.assign(held);
      }
    });
  }

  /** The copies of parameters, by parameter. */
  Map<Param, Param> copies() {
    return copies;
  }

  /** The copies by path. */
  Map<String, Param> values() {
    Map<String, Param> byPath = new LinkedHashMap<>();
    copies.values().forEach(copy -> byPath.put(copy.name(), copy));
    return byPath;
  }

  /** Takes values over by path. */
  void take(Map<String, ? extends Tensor> values) {
    values().forEach((path, copy) -> {
      Tensor value = values.get(path);
      if (value == null) {
        throw new IllegalArgumentException("checkpoint: expected the kept weights '" + path + "'");
      }
      copy.assign(value);
    });
  }

  @Override
  public void close() {
    copies.values().forEach(Param::close);
    copies.clear();
  }
}
