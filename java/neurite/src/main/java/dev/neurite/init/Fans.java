package dev.neurite.init;

import dev.neurite.tensor.Shape;

/**
 * How many inputs feed one output of a kernel, and how many outputs one input feeds.
 *
 * @param in number of inputs per output
 * @param out number of outputs per input
 */
public record Fans(double in, double out) {

  /**
   * Of a kernel {@code [k..., in, out]}: the last two axes times the receptive field; of a vector
   * its length twice, of a scalar 1.
   */
  public static Fans of(Shape shape) {
    int rank = shape.rank();
    if (rank == 0) {
      return new Fans(1, 1);
    }
    if (rank == 1) {
      return new Fans(shape.dim(0), shape.dim(0));
    }
    double field = 1;
    for (int i = 0; i < rank - 2; i++) {
      field *= shape.dim(i);
    }
    return new Fans(field * shape.dim(-2), field * shape.dim(-1));
  }
}
