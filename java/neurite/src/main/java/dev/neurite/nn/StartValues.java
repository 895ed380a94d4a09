package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Where new parameters get their values: from initialisers, or zeros that a model file is about to
 * replace.
 */
final class StartValues {

  /** From the initialisers. */
  static final StartValues DRAWN = new StartValues(-1);

  private long left; // elements that may still be made; -1: drawn, without limit

  private StartValues(long left) {
    this.left = left;
  }

  /**
   * Zeros, for a model whose values come from a file.
   *
   * @param elements values the file has: a damaged configuration must not allocate more
   */
  static StartValues zeros(long elements) {
    return new StartValues(elements);
  }

  Param param(String who, String path, Shape shape, DType dtype, Initializer initializer) {
    try (Scope scope = Scope.open()) {
      if (left < 0) {
        Tensor drawn = initializer.create(shape, dtype, RandomStream.of(RootSeed.get(), path));
        requireFit(who, path, shape, dtype, drawn);
        return Param.of(path, drawn);
      }
      if (shape.size() > left) {
        throw new ShapeException(
            who + ": expected at most " + left + " further stored values, given " + path + " " + shape);
      }
      left -= shape.size();
      return Param.of(path, Tensor.zeros(shape, dtype));
    }
  }

  private static void requireFit(String who, String path, Shape shape, DType dtype, Tensor drawn) {
    if (!drawn.shape().equals(shape) || drawn.dtype() != dtype) {
      throw new ShapeException(
          who + ": expected an initializer to make " + dtype + shape + " for " + path + ", given " + drawn.describe());
    }
  }
}
