package dev.neurite.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The public operations beside Tensor: forms the golden files lack, and second derivatives. */
class TensorOperationsTest {

  private static Tensor values(long... dims) {
    Shape shape = Shape.of(dims);
    double[] v = new double[(int) shape.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.sin(1.7 * i + 0.4) + 0.1 * i;
    }
    return Tensor.of(v, shape);
  }

  private static void close(Tensor want, Tensor got) {
    assertEquals(want.shape(), got.shape());
    assertArrayEquals(want.toDoubles(), got.toDoubles(), 1e-12);
  }

  // ---- einsum

  @Test
  void einsumReadsEveryFormOfTheEquation() {
    Tensor a = values(2, 3);
    Tensor b = values(3, 4);
    close(a.matmul(b), Linalg.einsum("ij,jk", a, b));
    close(a.matmul(b).transpose(), Linalg.einsum(" ij , jk -> ki ", a, b));
    close(b.transpose().matmul(a.transpose()), Linalg.einsum("bc,ab->ca", b, a));
    close(a.transpose(), Linalg.einsum("ba", a));
    close(a.sum(), Linalg.einsum("ij->", a));
    close(a.mul(a), Linalg.einsum("ij,ij->ij", a, a));
    close(a.mul(a).sum(1), Linalg.einsum("ij,ij->i", a, a));
    close(a.sum().mul(b.sum()), Linalg.einsum("ij,kl->", a, b));
    close(Linalg.outer(a, b), Linalg.einsum("ij,kl->ijkl", a, b));
  }

  @Test
  void einsumTakesDiagonalsAndTraces() {
    Tensor x = values(3, 2, 3);
    Tensor square = values(3, 3);
    close(Shaping.diagonal(x, 0, 0, 2), Linalg.einsum("iji->ji", x));
    close(Shaping.diagonal(x, 0, 0, 2).sum(0), Linalg.einsum("iji->i", x));
    close(Linalg.trace(square), Linalg.einsum("ii", square));
    close(Shaping.diagonal(square, 0).mul(values(3)), Linalg.einsum("ii,i->i", square, values(3)));
    Tensor cube = values(2, 2, 2);
    close(Tensor.of(new double[] {cube.get(0, 0, 0), cube.get(1, 1, 1)}, Shape.of(2)), Linalg.einsum("iii->i", cube));
  }

  @Test
  void einsumBroadcastsUnderTheEllipsis() {
    Tensor a = values(5, 2, 3);
    Tensor b = values(4, 1, 3, 2);
    close(a.matmul(b), Linalg.einsum("...ij,...jk->...ik", a, b));
    close(a.matmul(b), Linalg.einsum("...ij,...jk", a, b));
    close(a.sum(0), Linalg.einsum("i...->...", a));
    close(a.permute(2, 0, 1), Linalg.einsum("...i->i...", a));
    close(a.sum(0, 1), Linalg.einsum("...i->i", a));
  }

  @Test
  void einsumOfWholeNumbersAndManyOperands() {
    Tensor i = Tensor.of(new long[] {1, 2, 3, 4}, Shape.of(2, 2));
    assertArrayEquals(new long[] {7, 10, 15, 22}, Linalg.einsum("ij,jk->ik", i, i).toLongs());
    Tensor a = values(2, 3);
    Tensor b = values(3, 4);
    Tensor c = values(4, 2);
    close(Linalg.trace(a.matmul(b).matmul(c)), Linalg.einsum("ij,jk,ki->", a, b, c));
  }

  @Test
  void einsumNamesWhatIsWrong() {
    Tensor a = values(2, 3);
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Linalg.einsum("ijk->i", a));
    assertEquals("einsum: expected operands that fit 'ijk->i', given an operand of 2 axes for 'ijk'", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Linalg.einsum("ij,jk->ik", a));
    assertThrows(IllegalArgumentException.class, () -> Linalg.einsum("ij->ii", a));
    assertThrows(IllegalArgumentException.class, () -> Linalg.einsum("ij->k", a));
    assertThrows(IllegalArgumentException.class, () -> Linalg.einsum("i1->i", a));
    assertThrows(ShapeException.class, () -> Linalg.einsum("ij,jk->ik", a, a));
    assertThrows(ShapeException.class, () -> Linalg.einsum("ii->i", a));
  }

  // ---- shapes

  @Test
  void diagonalsOfEveryOffsetAndBack() {
    Tensor x = values(2, 3, 4);
    for (long offset = -3; offset <= 4; offset++) {
      Tensor d = Shaping.diagonal(x, offset);
      long length = Math.max(0, Math.min(3 + Math.min(offset, 0), 4 - Math.max(offset, 0)));
      assertEquals(Shape.of(2, length), d.shape());
      for (long i = 0; i < length; i++) {
        assertEquals(x.get(1, i + Math.max(-offset, 0), i + Math.max(offset, 0)), d.get(1, i));
      }
    }
    Tensor v = values(2, 3);
    for (long offset = -2; offset <= 2; offset++) {
      Tensor m = Shaping.diagonalMatrix(v, offset);
      assertEquals(Shape.of(2, 3 + Math.abs(offset), 3 + Math.abs(offset)), m.shape());
      close(v, Shaping.diagonal(m, offset));
      assertEquals(v.sum().item(), m.sum().item(), 1e-12);
    }
  }

  @Test
  void tilesRepeatsAndRolls() {
    Tensor x = Tensor.of(new double[] {1, 2, 3}, Shape.of(3));
    assertArrayEquals(new double[] {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, Shaping.tile(x, 2, 2).toDoubles());
    assertEquals(Shape.of(2, 6), Shaping.tile(x, 2, 2).shape());
    assertEquals(Shape.of(0), Shaping.tile(x, 0).shape());
    assertArrayEquals(new double[] {1, 1, 2, 2, 3, 3}, Shaping.repeat(x, 2, 0).toDoubles());
    assertArrayEquals(new double[] {1, 3, 3}, Shaping.repeat(x, new long[] {1, 0, 2}, 0).toDoubles());
    assertArrayEquals(new double[] {3, 1, 2}, Shaping.roll(x, -5, 0).toDoubles());
    assertEquals(
        "split: expected lengths that add up to 3, given [1, 1] for float64[3]",
        assertThrows(ShapeException.class, () -> Shaping.split(x, 0, 1, 1)).getMessage());
    assertEquals(List.of(2L, 1L), Shaping.chunk(x, 0, 2).stream().map(Tensor::size).toList());
  }

  @Test
  void bordersRepeatMirrorAndWrap() {
    Tensor x = Tensor.of(new double[] {1, 2, 3}, Shape.of(3));
    Map<Shaping.Border, double[]> want =
        Map.of(
            Shaping.Border.REFLECT, new double[] {3, 2, 1, 2, 3, 2}, Shaping.Border.SYMMETRIC,
            new double[] {2, 1, 1, 2, 3, 3}, Shaping.Border.EDGE, new double[] {1, 1, 1, 2, 3, 3},
            Shaping.Border.WRAP, new double[] {2, 3, 1, 2, 3, 1});
    want.forEach((border, y) -> assertArrayEquals(
        y, Shaping.pad(x, new long[] {2}, new long[] {1}, border).toDoubles(), border.name()));
    assertThrows(ShapeException.class, () -> Shaping.pad(x, new long[] {3}, new long[] {0}, Shaping.Border.REFLECT));
  }

  @Test
  void gridsInBothOrders() {
    Tensor a = values(2);
    Tensor b = values(3);
    close(a.expandDims(1).broadcastTo(Shape.of(2, 3)), Shaping.meshgrid("ij", a, b).get(0));
    close(a.expandDims(0).broadcastTo(Shape.of(3, 2)), Shaping.meshgrid("xy", a, b).get(0));
    close(b.expandDims(1).broadcastTo(Shape.of(3, 2)), Shaping.meshgrid("xy", a, b).get(1));
  }

  // ---- indices

  @Test
  void takeReplacesAnAxisByTheShapeOfTheIndices() {
    Tensor x = values(2, 3, 4);
    Tensor ids = Tensor.of(new long[] {2, -3, 0, 1, 2, -1}, Shape.of(3, 2));
    Tensor y = Indexing.take(x, ids, 1);
    assertEquals(Shape.of(2, 3, 2, 4), y.shape());
    assertEquals(x.get(1, 0, 3), y.get(1, 0, 1, 3));
    assertEquals(x.get(1, 2, 3), y.get(1, 2, 1, 3));
  }

  @Test
  void uniqueAndCounts() {
    Sorting.Unique u = Sorting.unique(Tensor.of(new double[] {3, 1, 3, 2, 1, 3}, Shape.of(2, 3)));
    assertArrayEquals(new double[] {1, 2, 3}, u.values().toDoubles());
    assertArrayEquals(new long[] {2, 1, 3}, u.counts().toLongs());
    assertArrayEquals(new long[] {2, 0, 2, 1, 0, 2}, u.inverse().toLongs());
    assertEquals(Shape.of(2, 3), u.inverse().shape());
    assertEquals(0, Sorting.unique(Tensor.of(new double[0], Shape.of(0))).values().size());
    assertArrayEquals(
        new double[] {0.5, 0, 2.5},
        Sorting.bincount(Tensor.ofLongs(2, 0, 2), Tensor.of(new double[] {1, 0.5, 1.5}, Shape.of(3)), 0).toDoubles());
    assertThrows(IllegalArgumentException.class, () -> Sorting.bincount(Tensor.ofLongs(-1), 0));
  }

  @Test
  void logicOnBool() {
    Tensor a = Tensor.of(new boolean[] {true, true, false, false}, Shape.of(4));
    Tensor b = Tensor.of(new boolean[] {true, false, true, false}, Shape.of(4));
    assertArrayEquals(new long[] {1, 0, 0, 0}, a.and(b).toLongs());
    assertArrayEquals(new long[] {1, 1, 1, 0}, a.or(b).toLongs());
    assertArrayEquals(new long[] {0, 1, 1, 0}, Elementwise.xor(a, b).toLongs());
    assertArrayEquals(new long[] {0, 0, 1, 1}, a.not().toLongs());
    Tensor x = Tensor.of(1, Double.NaN, Double.POSITIVE_INFINITY);
    assertArrayEquals(new long[] {0, 1, 0}, x.isNan().toLongs());
    assertArrayEquals(new long[] {1, 0, 0}, x.isFinite().toLongs());
  }

  // ---- linear algebra

  @Test
  void theGradientOfASingularDeterminantIsTheCofactors() {
    Tensor x = Tensor.of(new double[] {1, 2, 2, 4}, Shape.of(2, 2));
    try (Tape tape = Tape.open()) {
      tape.watch(x);
      Tensor g = tape.gradients(Linalg.det(x), List.of(x)).of(x);
      assertArrayEquals(new double[] {4, -2, -2, 1}, g.toDoubles(), 1e-12);
    }
  }

  @Test
  void normsOfEveryOrder() {
    Tensor x = Tensor.of(new double[] {3, -4, 0, 0, 0, 12}, Shape.of(2, 3));
    assertArrayEquals(new double[] {5, 12}, Linalg.norm(x, 2, false, 1).toDoubles(), 1e-12);
    assertArrayEquals(new double[] {7, 12}, Linalg.norm(x, 1, false, 1).toDoubles(), 1e-12);
    assertArrayEquals(new double[] {2, 1}, Linalg.norm(x, 0, false, 1).toDoubles(), 1e-12);
    assertEquals(Shape.of(1, 3), Linalg.norm(x, Double.POSITIVE_INFINITY, true, 0).shape());
    assertEquals(0, Linalg.norm(x, Double.NEGATIVE_INFINITY, false).item());
    assertEquals(Math.cbrt(27 + 64 + 1728), Linalg.norm(x, 3, false).item(), 1e-12);
    assertEquals(
        1 / Math.sqrt(1 / 9.0 + 1 / 16.0),
        Linalg.norm(Tensor.of(new double[] {3, -4}, Shape.of(2), DType.FLOAT64), -2, false).item(), 1e-12);
    assertThrows(IllegalArgumentException.class, () -> Linalg.norm(x, Double.NaN, false));
  }

  @Test
  void largeDecompositionsRebuildTheMatrix() {
    Tensor x = values(40, 70).sin();
    Linalg.Svd d = Linalg.svd(x);
    close(x, d.u().mul(d.s()).matmul(d.v().transpose()));
    Tensor s = x.matmul(x.transpose());
    Linalg.Eigen e = Linalg.eigh(s);
    assertEquals(0, e.vectors().mul(e.values()).matmul(e.vectors().transpose()).sub(s).abs().max().item(), 1e-10);
  }

  @Test
  void tensordotOverCountsAndLists() {
    Tensor a = values(2, 3, 4);
    Tensor b = values(3, 4, 5);
    close(Linalg.einsum("ijk,jkl->il", a, b), Linalg.tensordot(a, b, 2));
    close(Linalg.einsum("ijk,lkj->il", a, b.permute(2, 1, 0)),
        Linalg.tensordot(a, b, new int[] {1, -1}, new int[] {0, 1}));
    close(Linalg.outer(a, b), Linalg.tensordot(a, b, 0));
    assertThrows(ShapeException.class, () -> Linalg.tensordot(a, b, 1));
  }

  // ---- second derivatives

  @TestFactory
  Stream<DynamicTest> secondDerivativesEqualDifferences() {
    Map<String, UnaryOperator<Tensor>> ops = new LinkedHashMap<>();
    ops.put("cumsum", x -> x.square().cumsum(0).square());
    ops.put("cumprod", x -> Reductions.cumprod(x, 1, false, true));
    ops.put("cumprod exclusive", x -> Reductions.cumprod(x, 1, true, false));
    ops.put("sort", x -> Sorting.sort(x.square(), 1, true).values().pow(2));
    ops.put("topk", x -> Sorting.topk(x.square(), 2, 1, false).values().pow(2));
    ops.put("gatherElements", x -> Indexing.gatherElements(
        x.pow(3), 0, Tensor.of(new long[] {1, 1, 0}, Shape.of(1, 3))));
    for (Indexing.Scatter mode : Indexing.Scatter.values()) {
      ops.put("scatter " + mode, x -> Indexing.scatterElements(
          x.pow(2), 0, Tensor.of(new long[] {1, 1, 0}, Shape.of(1, 3)), x.slice(0, 2, 3).pow(3), mode));
    }
    ops.put("gatherNd", x -> Indexing.gatherNd(x.pow(3), Tensor.of(new long[] {2, 1}, Shape.of(1, 2)), 0));
    ops.put("einsum", x -> Linalg.einsum("ij,jk,ii->ik", x, x, x));
    ops.put("inverse", x -> Linalg.inverse(regular(x)));
    ops.put("det", x -> Linalg.det(regular(x)));
    ops.put("solve", x -> Linalg.solve(regular(x), x));
    ops.put("solveTriangular", x -> Linalg.solveTriangular(regular(x), x, false));
    ops.put("cholesky", x -> Linalg.cholesky(regular(x)));
    ops.put("eigenvalues", x -> Linalg.eigvalsh(x).pow(3));
    ops.put("eigenvectors", x -> {
      Linalg.Eigen e = Linalg.eigh(x);
      return e.vectors().mul(e.values().exp().expandDims(0)).matmul(e.vectors().transpose());
    });
    ops.put("singular values", x -> Linalg.singularValues(x).pow(3));
    ops.put("fft", x -> Signal.rfft(x.pow(2)).power());
    ops.put("tril", x -> Shaping.tril(x.pow(3), 0));
    ops.put("diagonal", x -> Shaping.diagonal(x.pow(3), 1));
    ops.put("norm 3", x -> Linalg.norm(x, 3, false, 0));
    return ops.entrySet().stream().map(e -> dynamicTest(e.getKey(), () -> secondDerivative(e.getValue())));
  }

  private static Tensor regular(Tensor x) {
    return x.mul(0.3).add(Shaping.eye(3, 3, x.dtype()).mul(3));
  }

  private static void secondDerivative(UnaryOperator<Tensor> f) {
    try (Scope scope = Scope.open()) {
      Param x = Param.of("x", values(3, 3));
      double[] numeric = GradCheck.numeric(() -> {
        double sum;
        try (Tape tape = Tape.open()) {
          sum = tape.gradients(weighted(f.apply(x)), List.of(x)).of(x).square().sum().item();
        }
        return Tensor.scalar(sum, DType.FLOAT64);
      }, x, GradCheck.DEFAULT_STEP);
      try (Tape tape = Tape.persistent()) {
        Tensor g = tape.gradients(weighted(f.apply(x)), List.of(x), true).of(x);
        double[] found = tape.gradients(g.square().sum(), List.of(x)).of(x).toDoubles();
        assertTrue(GradCheck.difference(found, numeric) < 1e-6,
            java.util.Arrays.toString(found) + " " + java.util.Arrays.toString(numeric));
      }
    }
  }

  private static Tensor weighted(Tensor y) {
    return y.mul(Tensor.range(1, 0.3, y.size(), y.dtype()).reshape(y.shape())).sum();
  }
}
