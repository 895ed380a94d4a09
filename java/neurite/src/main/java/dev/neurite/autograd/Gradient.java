package dev.neurite.autograd;

import dev.neurite.ops.Gather;
import dev.neurite.tensor.Tensor;

/** A parameter's gradient: a whole tensor, or only the rows that were looked up. */
public sealed interface Gradient {

  /** The gradient as a whole tensor of the parameter's shape. */
  Tensor dense();

  /**
   * A whole tensor.
   *
   * @param dense the gradient
   */
  record Dense(Tensor dense) implements Gradient {}

  /**
   * Rows of an embedding's table: row {@code indices[i]} receives {@code values[i]}; an index may occur several times.
   *
   * @param indices int64 [count]
   * @param values [count, width]
   * @param rows number of rows of the table
   */
  record Rows(Tensor indices, Tensor values, long rows) implements Gradient {
    @Override
    public Tensor dense() {
      return Gather.scatterRows(values, indices, rows, -1);
    }
  }
}
