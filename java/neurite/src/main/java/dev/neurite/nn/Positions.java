package dev.neurite.nn;

import dev.neurite.tensor.Shape;

/** Counts the places of one sample a layer's kernel is applied to. */
final class Positions {

  private Positions() {}

  /**
   * Product of the axes after the batch and before the last {@code trailing} ones; free axes count
   * once.
   */
  static long of(Shape shape, int trailing) {
    long n = 1;
    for (int i = 1; i < shape.rank() - trailing; i++) {
      n *= Math.max(shape.dim(i), 1);
    }
    return n;
  }
}
