package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Sorting;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

class SortTest extends OpContract {

  @Override
  String folder() {
    return "sort";
  }

  @Override
  List<Case> cases() {
    return List.of(
        new Case("ascending", t -> Sorting.sort(t[0], -1, false).values(), v -> rows(v[0], 7, 7, false),
            Shape.of(3, 7)),
        new Case("descending", t -> Sorting.sort(t[0], 1, true).values(), v -> rows(v[0], 7, 7, true), Shape.of(3, 7)),
        new Case("first axis", t -> Sorting.sort(t[0], 0, false).values().transpose(),
            v -> rows(transposed(v[0], 5, 3), 5, 5, false), Shape.of(5, 3)),
        new Case("three largest", t -> Sorting.topk(t[0], 3, -1, true).values(), v -> rows(v[0], 7, 3, true),
            Shape.of(3, 7)),
        new Case("two smallest", t -> Sorting.topk(t[0], 2, -1, false).values(), v -> rows(v[0], 7, 2, false),
            Shape.of(3, 7)),
        new Case("indices of a long row", t -> Sorting.argsort(t[0], 0, false).cast(t[0].dtype()), v -> indices(v[0]),
            Shape.of(1009)).noGradient(),
        new Case("an empty row", t -> Sorting.sort(t[0], 1, false).values(), v -> new double[0], Shape.of(2, 0)),
        new Case("search", t -> Sorting.searchSorted(Sorting.sort(t[0], 0, false).values(), t[1], false)
            .cast(t[0].dtype()), v -> smaller(v[0], v[1]), Shape.of(31), Shape.of(4, 2)).noGradient());
  }

  private static double[] rows(double[] x, int cols, int k, boolean descending) {
    double[] y = new double[x.length / cols * k];
    for (int r = 0; r < x.length / cols; r++) {
      double[] row = Arrays.copyOfRange(x, r * cols, (r + 1) * cols);
      Arrays.sort(row);
      for (int i = 0; i < k; i++) {
        y[r * k + i] = row[descending ? cols - 1 - i : i];
      }
    }
    return y;
  }

  private static double[] transposed(double[] x, int rows, int cols) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i % cols * rows + i / cols] = x[i];
    }
    return y;
  }

  private static double[] indices(double[] x) {
    return IntStream.range(0, x.length).boxed().sorted((a, b) -> Double.compare(x[a], x[b]))
        .mapToDouble(Integer::doubleValue).toArray();
  }

  private static double[] smaller(double[] x, double[] queries) {
    return Arrays.stream(queries).map(q -> Arrays.stream(x).filter(v -> v < q).count()).toArray();
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("more than there are", ShapeException.class,
            "topk: expected k in [0, 3], given 4 for axis 0 of float32[3]",
            () -> Sorting.topk(Tensor.of(1f, 2f, 3f), 4, 0, true)),
        new Refusal("search in rows of another shape", ShapeException.class,
            "searchSorted: expected one sorted vector, or equal shapes but for the last axis, given [2, 3] and [3, 3]",
            () -> Sorting.searchSorted(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(3, 3)), false)));
  }
}
