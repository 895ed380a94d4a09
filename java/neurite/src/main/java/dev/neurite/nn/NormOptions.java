package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/** Checks of options that the normalisation layers share. */
final class NormOptions {

  private NormOptions() {}

  /** An epsilon that keeps divisions finite. */
  static double epsilon(String layer, double epsilon) {
    if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException(layer + ": expected an epsilon above 0, given " + epsilon);
    }
    return epsilon;
  }

  /** Axes as given, at least one. */
  static int[] axes(String layer, int... axes) {
    if (axes.length == 0) {
      throw new IllegalArgumentException(layer + ": expected at least one axis, given none");
    }
    return axes.clone();
  }

  /** Axes as a file has them. */
  static int[] axes(List<Long> axes) {
    return axes.stream().mapToInt(Math::toIntExact).toArray();
  }

  /** Axes as a file shall have them. */
  static List<Long> list(int[] axes) {
    return Arrays.stream(axes).asLongStream().boxed().toList();
  }

  /**
   * Axes counted from 0, ascending.
   *
   * @throws ShapeException for one the input lacks, one given twice, and the batch axis
   */
  static int[] resolve(String who, int[] axes, Shape in) {
    int[] found = new int[axes.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = axes[i] < 0 ? axes[i] + in.rank() : axes[i];
      if (found[i] < 1 || found[i] >= in.rank()) {
        throw new ShapeException(
            who + ": expected axes after the batch axis of the input, given " + Arrays.toString(axes) + " for " + in);
      }
    }
    Arrays.sort(found);
    for (int i = 1; i < found.length; i++) {
      if (found[i] == found[i - 1]) {
        throw new ShapeException(
            who + ": expected different axes, given " + Arrays.toString(axes) + " for " + in);
      }
    }
    return found;
  }

  /** Lengths of the axes, all of which must be known. */
  static Shape lengths(String who, int[] axes, Shape in) {
    long[] dims = new long[axes.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = in.dim(axes[i]);
      if (dims[i] < 0) {
        throw new ShapeException(who + ": expected axis " + axes[i] + " of known length, given " + in);
      }
    }
    return Shape.of(dims);
  }
}
