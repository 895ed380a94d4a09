package dev.neurite.train;

import dev.neurite.nn.Model;
import dev.neurite.tensor.Param;
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

  @Override
  public void close() {
    copies.values().forEach(Param::close);
    copies.clear();
  }
}
