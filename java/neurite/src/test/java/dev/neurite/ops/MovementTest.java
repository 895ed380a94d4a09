package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Slice;
import dev.neurite.tensor.Tensor;
import java.util.List;

class MovementTest extends OpContract {

  @Override
  String folder() {
    return "movement";
  }

  @Override
  List<Case> cases() {
    Shape s = Shape.of(2, 3, 4);
    return List.of(
        new Case("reshape", t -> t[0].reshape(4, -1), v -> v[0], s),
        new Case("flatten", t -> t[0].flatten(1), v -> v[0], s),
        new Case("permute", t -> t[0].permute(2, 0, 1), v -> permuted(v[0]), s),
        new Case("transpose", t -> t[0].transpose(), v -> picked(v[0], 12, i -> i % 3 * 4 + i / 3), Shape.of(3, 4)),
        new Case("large transpose", t -> t[0].transpose(), v -> picked(v[0], 37 * 65, i -> i % 37 * 65 + i / 37),
            Shape.of(37, 65)),
        new Case("slice", t -> t[0].slice(Slice.all(), Slice.of(1, 3)), v -> picked(v[0], 16, i -> i / 8 * 12 + 4 + i % 8), s),
        new Case("every second", t -> t[0].slice(Slice.of(1, 9, 3)), v -> picked(v[0], 3, i -> 1 + 3 * i), Shape.of(10)),
        new Case("flip", t -> t[0].flip(0), v -> picked(v[0], 5, i -> 4 - i), Shape.of(5)),
        new Case("select", t -> t[0].select(1, -1), v -> picked(v[0], 8, i -> i / 4 * 12 + 8 + i % 4), s),
        new Case("broadcast", t -> t[0].broadcastTo(Shape.of(3, 2, 4)).mul(1), v -> picked(v[0], 24, i -> i % 8 / 4), Shape.of(2, 1)),
        new Case("concat", t -> Tensor.concat(1, List.of(t[0], t[1])), MovementTest::joined, Shape.of(2, 3), Shape.of(2, 2)),
        new Case("stack", t -> Tensor.stack(0, List.of(t[0], t[1])), v -> concat(v[0], v[1]), Shape.of(3), Shape.of(3)),
        new Case("pad", t -> t[0].pad(new long[] {1}, new long[] {2}, 7), v -> padded(v[0]), Shape.of(3)),
        new Case("empty concat", t -> Tensor.concat(0, List.of(t[0], t[1])), v -> v[1], Shape.of(0, 2), Shape.of(1, 2)),
        new Case("to integer and back", t -> t[0].mul(10).cast(DType.INT32).cast(t[0].dtype()),
            v -> java.util.Arrays.stream(v[0]).map(x -> (int) (x * 10)).toArray(), Shape.of(9)).noGradient(),
        new Case("squeeze", t -> t[0].squeeze(1).expandDims(0), v -> v[0], Shape.of(3, 1, 2)));
  }

  /** Where output element i comes from. */
  private interface Source {
    int of(int i);
  }

  private static double[] picked(double[] v, int n, Source source) {
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      y[i] = v[source.of(i)];
    }
    return y;
  }

  private static double[] permuted(double[] v) {
    double[] y = new double[24];
    for (int a = 0, n = 0; a < 4; a++) {
      for (int b = 0; b < 2; b++) {
        for (int c = 0; c < 3; c++) {
          y[n++] = v[b * 12 + c * 4 + a];
        }
      }
    }
    return y;
  }

  private static double[] joined(double[]... v) {
    return new double[] {v[0][0], v[0][1], v[0][2], v[1][0], v[1][1], v[0][3], v[0][4], v[0][5], v[1][2], v[1][3]};
  }

  private static double[] concat(double[] a, double[] b) {
    double[] y = java.util.Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, y, a.length, b.length);
    return y;
  }

  private static double[] padded(double[] v) {
    return new double[] {7, v[0], v[1], v[2], 7, 7};
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("reshape to another number of elements is refused", ShapeException.class,
            "reshape: expected a shape with 6 elements, given [4, -1] for float32[2, 3]",
            () -> Tensor.zeros(Shape.of(2, 3)).reshape(4, -1)),
        new Refusal("concat of unlike shapes is refused", ShapeException.class,
            "concat: expected shapes equal but for axis 0, given [2, 3] and [2, 4]",
            () -> Tensor.concat(0, List.of(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(2, 4))))),
        new Refusal("a label out of range is named with its row", IllegalArgumentException.class,
            "oneHot: label 3 at row 1 is outside [0, 3)", () -> Tensor.ofLongs(0, 3).oneHot(3, DType.FLOAT32)),
        new Refusal("a position outside the axis is refused", ShapeException.class,
            "select: expected a position in [0, 2) on axis 0, given 2", () -> Tensor.zeros(Shape.of(2)).select(0, 2)));
  }
}
