package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

class BinaryTest extends OpContract {

  @Override
  String folder() {
    return "binary";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    add(all, BinaryOp.ADD, Double::sum, -2, 2);
    add(all, BinaryOp.SUB, (a, b) -> a - b, -2, 2);
    add(all, BinaryOp.MUL, (a, b) -> a * b, -2, 2);
    add(all, BinaryOp.DIV, (a, b) -> a / b, 0.5, 3);
    add(all, BinaryOp.MAXIMUM, Math::max, -2, 2);
    add(all, BinaryOp.MINIMUM, Math::min, -2, 2);
    add(all, BinaryOp.POW, Math::pow, 0.3, 2);
    add(all, BinaryOp.ATAN2, Math::atan2, 0.2, 2);
    add(all, BinaryOp.HYPOT, Math::hypot, -2, 2);
    return all;
  }

  private static void add(List<Case> all, BinaryOp op, DoubleBinaryOperator f, double low, double high) {
    Shape[][] pairs = {
      {Shape.of(3, 5), Shape.of(3, 5)},
      {Shape.of(3, 5), Shape.of(5)},
      {Shape.of(3, 1), Shape.of(1, 5)},
      {Shape.of(2, 3, 4), Shape.of(3, 1)},
      {Shape.scalar(), Shape.of(4)},
      {Shape.of(0, 3), Shape.of(3)},
    };
    for (Shape[] s : pairs) {
      all.add(new Case(op.name(), t -> t[0].binary(op, t[1]), v -> broadcast(f, v, s), s).range(low, high));
    }
  }

  /** Element by element, with index arithmetic that knows nothing of strides. */
  static double[] broadcast(DoubleBinaryOperator f, double[][] v, Shape[] s) {
    Shape out = Shape.broadcast("reference", s[0], s[1]);
    double[] y = new double[(int) out.size()];
    for (int i = 0; i < y.length; i++) {
      y[i] = f.applyAsDouble(v[0][source(i, out, s[0])], v[1][source(i, out, s[1])]);
    }
    return y;
  }

  private static int source(int flat, Shape out, Shape in) {
    int index = 0;
    int step = 1;
    int rest = flat;
    for (int axis = out.rank() - 1; axis >= 0; axis--) {
      int position = (int) (rest % out.dim(axis));
      rest /= (int) out.dim(axis);
      int own = axis - (out.rank() - in.rank());
      if (own >= 0) {
        index += in.dim(own) == 1 ? 0 : position * step;
        step *= (int) in.dim(own);
      }
    }
    return index;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal(
            "shapes that do not broadcast are both named", ShapeException.class,
            "ADD: expected shapes that broadcast (equal or 1, from the last axis), given [2, 3] and [2]",
            () -> Tensor.zeros(Shape.of(2, 3)).add(Tensor.zeros(Shape.of(2)))),
        new Refusal(
            "mixed types are refused", DTypeException.class,
            "MUL: expected two tensors of one type, given float32[2] and float64[2]",
            () -> Tensor.zeros(Shape.of(2)).mul(Tensor.zeros(Shape.of(2), DType.FLOAT64))),
        new Refusal(
            "integer division by zero is refused", IllegalArgumentException.class,
            "DIV: integer division by zero",
            () -> Tensor.ofLongs(1, 2).div(Tensor.ofLongs(1, 0))));
  }
}
