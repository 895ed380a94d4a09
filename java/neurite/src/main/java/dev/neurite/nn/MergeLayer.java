package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.BinaryOperator;

/** What the layers share that join inputs element by element. */
abstract class MergeLayer extends MultiLayer {

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    requireInputs(in.size(), 1);
    Shape all = in.get(0);
    for (Shape s : in) {
      all = Shape.broadcast(who(), all, s);
    }
    return List.of(all);
  }

  /** The inputs joined from left to right. */
  static Tensor fold(List<Tensor> in, BinaryOperator<Tensor> join) {
    Tensor all = in.get(0);
    for (Tensor t : in.subList(1, in.size())) {
      all = join.apply(all, t);
    }
    return all;
  }
}
