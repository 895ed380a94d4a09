package dev.neurite.optim;

import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;

/** What an optimiser remembers for one parameter; tensors of the parameter's shape that start at 0. */
final class Slots {

  private final Param param;
  private final String[] names;
  private final Param[] values; // null where the column is not used
  private long updates;

  private Slots(Param param, String[] names, Param[] values) {
    this.param = param;
    this.names = names;
    this.values = values;
  }

  static Slots create(Param p, String[] names) {
    Param[] values = new Param[names.length];
    for (int i = 0; i < names.length; i++) {
      if (names[i] != null) {
        values[i] = zeros(p.name() + "." + names[i], p);
      }
    }
    return new Slots(p, names, values);
  }

  private static Param zeros(String name, Param like) {
    Param slot = Scope.run(() -> Param.of(name, Tensor.zeros(like.shape(), like.dtype())));
    slot.trainable(false);
    return slot;
  }

  int columns() {
    return names.length;
  }

  String name(int column) {
    return names[column];
  }

  Param value(int column) {
    return values[column];
  }

  /** Address for the native table; 0 where the column is not used. */
  long address(int column) {
    return values[column] == null ? 0 : values[column].addr();
  }

  /** True until the first update: the slots still hold their zeros. */
  boolean isFresh() {
    return updates == 0;
  }

  /** Native code wrote to the parameter and the slots. */
  void updated() {
    updates++;
    param.changed();
    for (Param v : values) {
      if (v != null) {
        v.changed();
      }
    }
  }

  /** The values came from a checkpoint. */
  void restored() {
    updates++;
  }

  long bytes() {
    long sum = 0;
    for (Param v : values) {
      sum += v == null ? 0 : v.size() * v.dtype().bytes();
    }
    return sum;
  }

  void close() {
    for (Param v : values) {
      if (v != null) {
        v.close();
      }
    }
  }
}
