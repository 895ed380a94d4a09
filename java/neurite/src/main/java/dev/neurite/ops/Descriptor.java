package dev.neurite.ops;

import dev.neurite.tensor.Shape;

/** Builds the packed descriptors of variable-rank ops: rank, shape, then one list of strides per operand. */
final class Descriptor {

  private Descriptor() {}

  static long[] of(Shape shape, long[]... strides) {
    int rank = shape.rank();
    long[] d = new long[1 + rank * (1 + strides.length)];
    d[0] = rank;
    for (int i = 0; i < rank; i++) {
      d[1 + i] = shape.dim(i);
    }
    for (int s = 0; s < strides.length; s++) {
      System.arraycopy(strides[s], 0, d, 1 + rank * (1 + s), rank);
    }
    return d;
  }

  /** Strides of an operand when it is broadcast to {@code to}: 0 along stretched axes. */
  static long[] broadcastStrides(Shape from, long[] strides, Shape to) {
    int rank = to.rank();
    int lead = rank - from.rank();
    long[] s = new long[rank];
    for (int i = lead; i < rank; i++) {
      s[i] = from.dim(i - lead) == 1 ? 0 : strides[i - lead];
    }
    return s;
  }
}
