package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * What layers that add or cut borders share: a width before and after each axis.
 *
 * @param <L> the layer's own type
 */
abstract class BorderLayer<L extends Layer> extends Layer {

  final List<Long> widths;

  BorderLayer(long... widths) {
    this.widths = LongStream.of(widths).boxed().toList();
    if (this.widths.stream().anyMatch(w -> w < 0)) {
      throw new IllegalArgumentException(typeName() + ": expected widths of 0 or more, given " + this.widths);
    }
  }

  abstract L self();

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  final int axes() {
    return widths.size() / 2;
  }

  /** Width before (0) or after (1) axis i, for all axes of the tensor. */
  final long[] side(int side) {
    long[] all = new long[axes() + 2];
    IntStream.range(0, axes()).forEach(i -> all[i + 1] = widths.get(2 * i + side));
    return all;
  }

  /** The shape with every known axis longer (or shorter) by the two widths. */
  final Shape resized(Shape in, int sign) {
    Sliding.requireInput(who(), in, axes());
    long[] dims = in.dims();
    for (int i = 0; i < axes(); i++) {
      if (dims[i + 1] >= 0) {
        dims[i + 1] += sign * (widths.get(2 * i) + widths.get(2 * i + 1));
        if (dims[i + 1] < 1) {
          throw new ShapeException(
              who() + ": expected widths that leave at least 1 cell on axis " + (i + 1) + ", given " + dims[i + 1]
                  + " from " + in);
        }
      }
    }
    return Shape.of(dims);
  }

  static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }
}
