package dev.neurite.optim;

import dev.neurite.ops.Binary;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * What an optimiser remembers for one parameter; tensors of the parameter's shape, most of which start at 0. First the
 * columns of the rule's native table, then the slots every rule may have.
 */
final class Slots {

  /** Sum of the gradients since the last step. */
  static final String SUM = "gradient_sum";
  /** Moving average of the parameter. */
  static final String AVERAGE = "average";

  private final Param param;
  private final String[] names;
  private final Param[] values; // null where a slot is not used
  private final int columns;
  private boolean accumulated;
  private boolean averaged;
  private long updates;

  /** Start value of a column. */
  interface Start {
    double of(int column);
  }

  /** Shape of a column's slot. */
  interface Extent {
    Shape of(int column, Param p);
  }

  private Slots(Param param, String[] names, int columns, Start start, Extent extent) {
    this.param = param;
    this.names = names;
    this.columns = columns;
    values = new Param[names.length];
    for (int i = 0; i < names.length; i++) {
      if (names[i] != null) {
        Shape shape = i < columns ? extent.of(i, param) : param.shape();
        values[i] = filled(param.name() + "." + names[i], shape, param.dtype(), i < columns ? start.of(i) : 0);
      }
    }
  }

  static Slots create(Param p, String[] columns, String[] extra, Start start, Extent extent) {
    return new Slots(p, names(columns, extra), columns.length, start, extent);
  }

  /** All names, in the slots' order. */
  static String[] names(String[] columns, String[] extra) {
    String[] all = Arrays.copyOf(columns, columns.length + extra.length);
    System.arraycopy(extra, 0, all, columns.length, extra.length);
    return all;
  }

  private static Param filled(String name, Shape shape, DType dtype, double value) {
    Param slot = Scope.run(() -> Param.of(name, Tensor.full(shape, value, dtype)));
    slot.trainable(false);
    return slot;
  }

  Param param() {
    return param;
  }

  /** Slots in all. */
  int count() {
    return names.length;
  }

  /** Columns of the native table. */
  int columns() {
    return columns;
  }

  String name(int i) {
    return names[i];
  }

  Param value(int i) {
    return values[i];
  }

  /** Address for the native table; 0 where the column is not used. */
  long address(int column) {
    return values[column] == null ? 0 : values[column].addr();
  }

  private Param extra(String name) {
    for (int i = columns; i < names.length; i++) {
      if (name.equals(names[i])) {
        return values[i];
      }
    }
    return null;
  }

  /** True until the first update: the slots still hold their zeros. */
  boolean isFresh() {
    return updates == 0;
  }

  /** Native code wrote to the parameter and the slots. */
  void updated() {
    updates++;
    param.changed();
    for (int i = 0; i < columns; i++) {
      if (values[i] != null) {
        values[i].changed();
      }
    }
  }

  /**
   * The values came from a checkpoint.
   *
   * @param stepped whether steps were made before it
   * @param pending whether gradients were summed since
   */
  void restored(boolean stepped, boolean pending) {
    updates = stepped ? Math.max(updates, 1) : 0;
    averaged = stepped;
    accumulated = pending && extra(SUM) != null;
  }

  void accumulate(Tensor gradient) {
    Param sum = extra(SUM);
    Binary.addInPlace(sum, gradient);
    sum.changed();
    accumulated = true;
  }

  boolean hasAccumulated() {
    return accumulated;
  }

  /** The mean of so many gradients; the sum starts again. */
  Tensor takeMean(int calls) {
    Param sum = extra(SUM);
    Tensor mean = sum.mul(1.0 / calls);
    sum.assign(Tensor.zeros(sum.shape(), sum.dtype()));
    accumulated = false;
    return mean;
  }

  /** Moves the average towards the parameter; the first average is a copy. Nothing before the first update. */
  void average(double weight, boolean overwrite) {
    if (isFresh()) {
      return;
    }
    Param average = extra(AVERAGE);
    average.assign(averaged ? average.mul(weight).add(param.mul(1 - weight)) : param);
    averaged = true;
    if (overwrite) {
      param.assign(average);
    }
  }

  /** Makes the parameter its average, where one is kept. */
  void overwrite() {
    Param average = extra(AVERAGE);
    if (average != null && updates > 0) {
      param.assign(average);
    }
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
