package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

class ReduceTest extends OpContract {

  @Override
  String folder() {
    return "reduce";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    add(all, ReduceOp.SUM, v -> Arrays.stream(v).sum());
    add(all, ReduceOp.MEAN, v -> Arrays.stream(v).sum() / v.length);
    add(all, ReduceOp.MAX, v -> Arrays.stream(v).max().orElseThrow());
    add(all, ReduceOp.MIN, v -> Arrays.stream(v).min().orElseThrow());
    add(all, ReduceOp.PROD, v -> Arrays.stream(v).reduce(1, (a, b) -> a * b));
    add(all, ReduceOp.L1, v -> Arrays.stream(v).map(Math::abs).sum());
    add(all, ReduceOp.L2, v -> Math.sqrt(Arrays.stream(v).map(x -> x * x).sum()));
    add(all, ReduceOp.SUM_SQUARES, v -> Arrays.stream(v).map(x -> x * x).sum());
    add(all, ReduceOp.LOGSUMEXP, v -> Math.log(Arrays.stream(v).map(Math::exp).sum()));
    add(all, ReduceOp.VAR, ReduceTest::variance);
    Shape empty = Shape.of(3, 0);
    all.add(new Case("empty sum", t -> t[0].sum(1), v -> new double[3], empty));
    all.add(new Case("empty mean", t -> t[0].mean(1),
        v -> new double[] {Double.NaN, Double.NaN, Double.NaN}, empty).noGradient());
    all.add(new Case("argmax", t -> t[0].argmax(1),
        v -> new double[] {arg(v[0], 0), arg(v[0], 1), arg(v[0], 2)}, Shape.of(3, 9)).noGradient());
    return all;
  }

  private static double arg(double[] v, int row) {
    int best = 0;
    for (int i = 1; i < 9; i++) {
      best = v[row * 9 + i] > v[row * 9 + best] ? i : best;
    }
    return best;
  }

  private static double variance(double[] v) {
    double mean = Arrays.stream(v).sum() / v.length;
    return Arrays.stream(v).map(x -> (x - mean) * (x - mean)).sum() / v.length;
  }

  private static void add(List<Case> all, ReduceOp op, ToDoubleFunction<double[]> f) {
    Shape shape = Shape.of(3, 4, 5);
    all.add(new Case(op + " of all", t -> t[0].reduce(op, false), v -> new double[] {f.applyAsDouble(v[0])}, shape));
    all.add(new Case(op + " of last", t -> t[0].reduce(op, false, -1), v -> along(v[0], 2, f), shape));
    all.add(new Case(op + " of middle", t -> t[0].reduce(op, true, 1), v -> along(v[0], 1, f), shape));
    all.add(new Case(op + " of first", t -> t[0].reduce(op, false, 0), v -> along(v[0], 0, f), shape));
    all.add(new Case(op + " of one", t -> t[0].reduce(op, false, 0), v -> along1(v[0], f), Shape.of(1, 7)));
  }

  private static double[] along1(double[] v, ToDoubleFunction<double[]> f) {
    return Arrays.stream(v).map(x -> f.applyAsDouble(new double[] {x})).toArray();
  }

  /** Reduces one axis of [3, 4, 5]. */
  private static double[] along(double[] v, int axis, ToDoubleFunction<double[]> f) {
    int[] n = {3, 4, 5};
    int[] step = {20, 5, 1};
    List<Double> out = new ArrayList<>();
    int a = axis == 0 ? 1 : 0;
    int b = axis == 2 ? 1 : 2;
    for (int i = 0; i < n[a]; i++) {
      for (int j = 0; j < n[b]; j++) {
        double[] line = new double[n[axis]];
        for (int k = 0; k < line.length; k++) {
          line[k] = v[i * step[a] + j * step[b] + k * step[axis]];
        }
        out.add(f.applyAsDouble(line));
      }
    }
    return out.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("the largest of nothing is refused", ShapeException.class,
            "MAX: expected at least one element to reduce, given float32[0]",
            () -> Tensor.zeros(Shape.of(0)).max()),
        new Refusal("an axis that is not there is refused", ShapeException.class,
            "Shape: expected an axis in [-2, 2), given 2 for [2, 3]",
            () -> Tensor.zeros(Shape.of(2, 3)).sum(2)),
        new Refusal("an axis named twice is refused", ShapeException.class,
            "SUM: expected distinct axes, given [0, -2] for [2, 3]",
            () -> Tensor.zeros(Shape.of(2, 3)).sum(0, -2)),
        new Refusal("the mean of integers is refused", DTypeException.class,
            "MEAN: cannot reduce int64[2]; cast it first", () -> Tensor.ofLongs(1, 2).mean()));
  }
}
