package dev.neurite.loss;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Numbers of a loss' configuration, kept on the Java heap: a loss outlives the scopes it is used in.
 *
 * @param values row-major
 * @param shape axis lengths
 */
record Constant(double[] values, Shape shape) {

  static Constant of(Tensor t) {
    return new Constant(t.toDoubles(), t.shape());
  }

  static Constant of(double... values) {
    return new Constant(values.clone(), Shape.of(values.length));
  }

  /** As a tensor of the current scope. */
  Tensor tensor(DType dtype) {
    return Tensor.of(values, shape, dtype);
  }
}
