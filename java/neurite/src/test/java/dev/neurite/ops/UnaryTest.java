package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

class UnaryTest extends OpContract {

  @Override
  String folder() {
    return "unary";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    add(all, UnaryOp.IDENTITY, x -> x, -2, 2);
    add(all, UnaryOp.NEG, x -> -x, -2, 2);
    add(all, UnaryOp.ABS, Math::abs, -2, 2);
    add(all, UnaryOp.EXP, Math::exp, -3, 3);
    add(all, UnaryOp.EXPM1, Math::expm1, -3, 3);
    add(all, UnaryOp.LOG, Math::log, 0.1, 4);
    add(all, UnaryOp.LOG1P, Math::log1p, -0.7, 4);
    add(all, UnaryOp.LOG2, x -> Math.log(x) / Math.log(2), 0.1, 4);
    add(all, UnaryOp.LOG10, Math::log10, 0.1, 4);
    add(all, UnaryOp.SQRT, Math::sqrt, 0.1, 4);
    add(all, UnaryOp.RSQRT, x -> 1 / Math.sqrt(x), 0.3, 4);
    add(all, UnaryOp.RECIPROCAL, x -> 1 / x, 0.4, 4);
    add(all, UnaryOp.SQUARE, x -> x * x, -2, 2);
    add(all, UnaryOp.SIN, Math::sin, -4, 4);
    add(all, UnaryOp.COS, Math::cos, -4, 4);
    add(all, UnaryOp.TAN, Math::tan, -1.2, 1.2);
    add(all, UnaryOp.ASIN, Math::asin, -0.9, 0.9);
    add(all, UnaryOp.ACOS, Math::acos, -0.9, 0.9);
    add(all, UnaryOp.ATAN, Math::atan, -3, 3);
    add(all, UnaryOp.SINH, Math::sinh, -2, 2);
    add(all, UnaryOp.COSH, Math::cosh, -2, 2);
    add(all, UnaryOp.TANH, Math::tanh, -3, 3);
    add(all, UnaryOp.SIGMOID, x -> 1 / (1 + Math.exp(-x)), -6, 6);
    add(all, UnaryOp.RELU, x -> Math.max(x, 0), -2, 2);
    add(all, UnaryOp.SOFTSIGN, x -> x / (1 + Math.abs(x)), -2, 2);
    add(all, UnaryOp.GAUSSIAN, x -> Math.exp(-x * x), -2, 2);
    add(all, UnaryOp.SILU, x -> x / (1 + Math.exp(-x)), -4, 4);
    add(all, UnaryOp.MISH, x -> x * Math.tanh(Math.log1p(Math.exp(x))), -4, 4);
    add(all, UnaryOp.LEAKY_RELU, x -> x > 0 ? x : 0.01 * x, -2, 2, 0.01);
    add(all, UnaryOp.ELU, x -> x > 0 ? x : 0.5 * Math.expm1(x), -2, 2, 0.5);
    add(all, UnaryOp.CLAMP, x -> Math.min(Math.max(x, -1), 1.5), -2, 2, -1, 1.5);
    add(all, UnaryOp.POWS, x -> Math.pow(x, 2.5), 0.2, 3, 2.5);
    add(all, UnaryOp.AFFINE, x -> 3 * x - 2, -2, 2, 3, -2);
    add(all, UnaryOp.SOFTPLUS, x -> Math.log1p(Math.exp(2 * x)) / 2, -3, 3, 2);
    add(all, UnaryOp.SMHT, UnaryTest::soboleva, -2, 2, .8, 1.1, .9, 1.2);
    return all;
  }

  private static double soboleva(double x) {
    return (Math.exp(.8 * x) - Math.exp(-1.1 * x)) / (Math.exp(.9 * x) + Math.exp(-1.2 * x));
  }

  private static void add(List<Case> all, UnaryOp op, DoubleUnaryOperator f, double low, double high, double... p) {
    for (Shape shape : List.of(Shape.of(3, 5), Shape.scalar(), Shape.of(0, 4), Shape.of(67))) {
      all.add(
          new Case(op.name(), t -> t[0].unary(op, p), v -> Arrays.stream(v[0]).map(f).toArray(), shape)
              .range(low, high));
    }
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal(
            "labels are not passed to exp", DTypeException.class,
            "EXP: expected float32 or float64, given int64[2]; cast it first", () -> Tensor.ofLongs(1, 2).exp()),
        new Refusal(
            "half an integer is refused", DTypeException.class,
            "arithmetic: expected a whole number for an integer tensor, given 0.5",
            () -> Tensor.of(new int[] {1}, Shape.of(1)).mul(0.5).cast(DType.FLOAT32)));
  }
}
