package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Reductions;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class ScanTest extends OpContract {

  @Override
  String folder() {
    return "scan";
  }

  @Override
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int flags = 0; flags < 4; flags++) {
      boolean exclusive = flags % 2 == 1;
      boolean reverse = flags > 1;
      String name = (exclusive ? " exclusive" : "") + (reverse ? " reverse" : "");
      cases.add(new Case(
          "sum" + name, t -> Reductions.cumsum(t[0], 1, exclusive, reverse),
          v -> scan(v[0], 2, 5, 3, false, exclusive, reverse), Shape.of(2, 5, 3)));
      cases.add(new Case(
          "product" + name, t -> Reductions.cumprod(t[0], 1, exclusive, reverse),
          v -> scan(v[0], 2, 5, 3, true, exclusive, reverse), Shape.of(2, 5, 3)));
    }
    cases.add(new Case(
        "product with a zero", t -> Reductions.cumprod(
            t[0].mul(Tensor.of(new double[] {1, 1, 0, 1, 1}, Shape.of(5), t[0].dtype())), 0, false, false),
        v -> scan(new double[] {v[0][0], v[0][1], 0, v[0][3], v[0][4]}, 1, 5, 1, true, false, false), Shape.of(5)));
    cases.add(new Case("sum of a long row", t -> t[0].cumsum(-1), v -> scan(v[0], 1, 3001, 1, false, false, false),
        Shape.of(1, 3001)).noGradient());
    cases.add(new Case("sum of nothing", t -> t[0].cumsum(0), v -> new double[0], Shape.of(0, 3)));
    cases.add(new Case("recurrence", t -> ScanOp.linear(t[0], t[1], 1, false), v -> linear(v[0], v[1], false),
        Shape.of(2, 4), Shape.of(2, 4)));
    cases.add(new Case("recurrence in reverse", t -> ScanOp.linear(t[0], t[1], 1, true), v -> linear(v[0], v[1], true),
        Shape.of(2, 4), Shape.of(2, 4)));
    return cases;
  }

  private static double[] scan(
      double[] x, int outer, int n, int inner, boolean product, boolean exclusive, boolean reverse) {
    double[] y = new double[x.length];
    for (int o = 0; o < outer; o++) {
      for (int j = 0; j < inner; j++) {
        double sum = product ? 1 : 0;
        for (int k = 0; k < n; k++) {
          int at = (o * n + (reverse ? n - 1 - k : k)) * inner + j;
          double before = sum;
          sum = product ? sum * x[at] : sum + x[at];
          y[at] = exclusive ? before : sum;
        }
      }
    }
    return y;
  }

  /** Rows of four. */
  private static double[] linear(double[] a, double[] b, boolean reverse) {
    double[] y = new double[a.length];
    for (int row = 0; row < a.length; row += 4) {
      double last = 0;
      for (int k = 0; k < 4; k++) {
        int at = row + (reverse ? 3 - k : k);
        last = a[at] + b[at] * last;
        y[at] = last;
      }
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("a running sum of bool is refused", DTypeException.class,
            "cumsum: expected float32, float64, int32 or int64, given bool[3]",
            () -> Tensor.zeros(Shape.of(3), DType.BOOL).cumsum(0)));
  }
}
