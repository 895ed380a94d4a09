package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Indexing;
import dev.neurite.tensor.Indexing.Scatter;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

class ScatterTest extends OpContract {

  /** For a table [3, 4]: along axis 0, with repetitions and one counted from the end. */
  private static final long[] IDS = {0, 2, 1, -3, 0, 2, 2, 1, 1, 0, 2, 0};

  @Override
  String folder() {
    return "scatter";
  }

  private static Tensor ids() {
    return Tensor.of(IDS, Shape.of(3, 4));
  }

  @Override
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("elements", t -> Indexing.gatherElements(t[0], 0, ids()), v -> taken(v[0]), Shape.of(3, 4)));
    cases.add(new Case(
        "fewer elements of the last axis",
        t -> Indexing.gatherElements(t[0], 1, Tensor.of(new long[] {3, 3}, Shape.of(2, 1))),
        v -> new double[] {v[0][3], v[0][7]}, Shape.of(3, 4)));
    put(cases, "set", Scatter.SET, (a, b) -> b);
    put(cases, "add", Scatter.ADD, Double::sum);
    put(cases, "multiply", Scatter.MULTIPLY, (a, b) -> a * b);
    put(cases, "max", Scatter.MAX, Math::max);
    put(cases, "min", Scatter.MIN, Math::min);
    cases.add(new Case(
        "multiply with a zero",
        t -> Indexing.scatterElements(
            t[0], 0, Tensor.ofLongs(1, 1, 0),
            t[1].mul(Tensor.of(new double[] {0, 1, 1}, Shape.of(3), t[1].dtype())), Scatter.MULTIPLY),
        v -> new double[] {v[0][0] * v[1][2], 0, v[0][2]}, Shape.of(3), Shape.of(3)));
    cases.add(new Case(
        "masked elements", t -> Indexing.maskedSelect(t[0], Tensor.of(new boolean[] {true, false, true}, Shape.of(3))),
        v -> new double[] {v[0][0], v[0][2], v[0][3], v[0][5]}, Shape.of(2, 3)));
    cases.add(new Case(
        "rows by coordinates", t -> Indexing.gatherNd(t[0], Tensor.of(new long[] {1, 0, 0, -1}, Shape.of(2, 2)), 0),
        v -> new double[] {v[0][4], v[0][5], v[0][2], v[0][3]}, Shape.of(2, 2, 2)));
    cases.add(new Case(
        "rows by coordinates in batches",
        t -> Indexing.gatherNd(t[0], Tensor.of(new long[] {1, 0, 0, 0}, Shape.of(2, 2, 1)), 1),
        v -> new double[] {v[0][2], v[0][3], v[0][0], v[0][1], v[0][4], v[0][5], v[0][4], v[0][5]}, Shape.of(2, 2, 2)));
    cases.add(new Case(
        "rows written by coordinates",
        t -> Indexing.scatterNd(t[0], Tensor.of(new long[] {2, 0}, Shape.of(2, 1)), t[1], Scatter.SET),
        v -> new double[] {v[1][2], v[1][3], v[0][2], v[0][3], v[1][0], v[1][1]}, Shape.of(3, 2), Shape.of(2, 2)));
    cases.add(new Case(
        "places that are not zero", t -> Indexing.nonzero(t[0].gt(0)).cast(t[0].dtype()), v -> positive(v[0]),
        Shape.of(3, 5)).noGradient());
    return cases;
  }

  private static void put(List<Case> cases, String name, Scatter mode, DoubleBinaryOperator f) {
    cases.add(new Case(
        name, t -> Indexing.scatterElements(t[0], 0, ids(), t[1], mode), v -> {
          double[] y = v[0].clone();
          for (int i = 0; i < IDS.length; i++) {
            y[at(i)] = f.applyAsDouble(y[at(i)], v[1][i]);
          }
          return y;
        },
        Shape.of(3, 4), Shape.of(3, 4)));
  }

  private static int at(int i) {
    return (int) Math.floorMod(IDS[i], 3L) * 4 + i % 4;
  }

  private static double[] taken(double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[at(i)];
    }
    return y;
  }

  private static double[] positive(double[] x) {
    List<Double> found = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      if (x[i] > 0) {
        found.add((double) (i / 5));
        found.add((double) (i % 5));
      }
    }
    return found.stream().mapToDouble(d -> d).toArray();
  }

  @Override
  List<Refusal> refusals() {
    Shape three = Shape.of(3);
    return List.of(
        new Refusal("an index out of range is named with its position", IllegalArgumentException.class,
            "gatherElements: id 3 at position 1 is outside [-3, 3)",
            () -> Indexing.gatherElements(Tensor.zeros(three), 0, Tensor.ofLongs(0, 3))),
        new Refusal("a coordinate out of range is named", IllegalArgumentException.class,
            "gatherNd: expected coordinate 0 in [-3, 3), given int64[2, 1] from 0 to 5",
            () -> Indexing.gatherNd(Tensor.zeros(three), Tensor.of(new long[] {0, 5}, Shape.of(2, 1)), 0)),
        new Refusal("updates of another shape are refused", ShapeException.class,
            "scatterElements: expected updates of the indices' shape [2], given [1]",
            () -> Indexing.scatterElements(
                Tensor.zeros(three), 0, Tensor.ofLongs(0, 1), Tensor.zeros(Shape.of(1)), Scatter.SET)),
        new Refusal("indices longer than the values are refused", ShapeException.class,
            "gatherElements: expected indices no longer than the values on axis 1, given [1, 4] for [3, 3]",
            () -> Indexing.gatherElements(
                Tensor.zeros(Shape.of(3, 3)), 0, Tensor.zeros(Shape.of(1, 4), DType.INT64))));
  }
}
