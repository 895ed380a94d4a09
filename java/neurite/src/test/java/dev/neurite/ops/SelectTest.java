package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

class SelectTest extends OpContract {

  @Override
  String folder() {
    return "select";
  }

  @Override
  List<Case> cases() {
    Shape[] rows = {Shape.of(4, 3), Shape.of(3)};
    Shape[] three = {Shape.of(4, 3), Shape.of(4, 1), Shape.of(3)};
    return List.of(
        new Case("greater", t -> t[0].gt(t[1]), v -> BinaryTest.broadcast((a, b) -> a > b ? 1 : 0, v, rows), rows)
            .noGradient(),
        new Case("less or equal", t -> t[0].le(t[0]), v -> ones(v[0].length), Shape.of(70)).noGradient(),
        new Case("where", t -> t[0].gt(0).where(t[1], t[2]), SelectTest::choose, three),
        new Case("where of nothing", t -> t[0].gt(0).where(t[0], t[0]), v -> new double[0], Shape.of(0, 2)));
  }

  private static double[] ones(int n) {
    double[] y = new double[n];
    java.util.Arrays.fill(y, 1);
    return y;
  }

  private static double[] choose(double[]... v) {
    double[] y = new double[12];
    for (int i = 0; i < y.length; i++) {
      y[i] = v[0][i] > 0 ? v[1][i / 3] : v[2][i % 3];
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("logic on numbers is refused", DTypeException.class,
            "AND: expected bool tensors, given float32[2]",
            () -> Tensor.zeros(Shape.of(2)).compare(CompareOp.AND, Tensor.zeros(Shape.of(2)))),
        new Refusal("a condition of numbers is refused", DTypeException.class,
            "where: expected a bool condition, given float32[2]",
            () -> Tensor.zeros(Shape.of(2)).where(Tensor.zeros(Shape.of(2)), Tensor.zeros(Shape.of(2)))));
  }
}
