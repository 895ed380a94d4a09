package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Rows A7 to A12 of the feature map: vectorisation, broadcasting, axis sums, rank-1 arrays, flattening, arithmetic. */
class TensorFeaturesTest {

  private static Tensor matrix(double[][] rows) {
    return Tensor.of(rows);
  }

  private static void same(double[][] want, Tensor got) {
    assertEquals(Shape.of(want.length, want[0].length), got.shape());
    for (int i = 0; i < want.length; i++) {
      assertArrayEquals(want[i], got.select(0, i).toDoubles(), 5e-5);
    }
  }

  @Test
  void A7_theMatrixFormIsAtLeastTwentyTimesFasterThanTheLoop() {
    int m = 10_000;
    int n = 64;
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(0, 0.37, (long) m * n, DType.FLOAT32).sin().reshape(m, n);
      Tensor w = Tensor.range(0, 0.11, n, DType.FLOAT32).cos().mul(0.1);
      Tensor b = Tensor.scalar(0.3f);
      Supplier<Tensor> all = () -> x.matmul(w).add(b);
      Supplier<Tensor> each = () -> {
        float[] logits = new float[m];
        for (int i = 0; i < m; i++) {
          int row = i;
          logits[i] = (float) Scope.run(() -> x.select(0, row).matmul(w).add(b)).item();
        }
        return Tensor.of(logits);
      };
      assertArrayEquals(each.get().toDoubles(), all.get().toDoubles(), 1e-6);
      double ratio = best(each, 2) / best(all, 30);
      assertTrue(ratio >= 20, "the loop took " + ratio + " times as long");
    }
  }

  /** Shortest of several runs, in nanoseconds: what else the machine does only adds to it. */
  private static double best(Supplier<Tensor> work, int times) {
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < times; i++) {
      long start = System.nanoTime();
      work.get().close();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  @Test
  void A8_broadcastingGivesThePrintedMatricesAndItsGradientSums() {
    Tensor a = matrix(new double[][] {{1, 4, 7}, {2, 5, 8}, {3, 6, 9}});
    Tensor sums = a.sum(true, 0);
    same(new double[][] {{16.6667, 26.6667, 29.1667}, {33.3333, 33.3333, 33.3333}, {50, 40, 37.5}},
        a.mul(100).div(sums));
    Tensor column = matrix(new double[][] {{1}, {2}, {3}, {4}});
    same(new double[][] {{101}, {102}, {103}, {104}}, column.add(Tensor.scalar(100, DType.FLOAT64)));
    same(new double[][] {{101}, {102}, {103}, {104}}, column.add(100));
    Tensor two = matrix(new double[][] {{1, 2, 3}, {4, 5, 6}});
    Tensor row = matrix(new double[][] {{100, 200, 300}});
    Tensor side = matrix(new double[][] {{100}, {200}});
    same(new double[][] {{101, 202, 303}, {104, 205, 306}}, two.add(row));
    same(new double[][] {{101, 102, 103}, {204, 205, 206}}, two.add(side));
    try (Tape tape = Tape.open()) {
      Tensor weights = matrix(new double[][] {{1, 2, 3}, {4, 5, 6}});
      tape.watch(two, row, side);
      Tensor loss = two.add(row).mul(side).mul(weights).sum();
      var g = tape.gradients(loss, List.of(two, row, side));
      same(new double[][] {{100, 200, 300}, {800, 1000, 1200}}, g.of(two));
      same(new double[][] {{900, 1200, 1500}}, g.of(row));
      same(new double[][] {{101 + 2 * 202 + 3 * 303}, {4 * 104 + 5 * 205 + 6 * 306}}, g.of(side));
    }
    ShapeException e = assertThrows(ShapeException.class, () -> two.add(Tensor.zeros(Shape.of(2), DType.FLOAT64)));
    assertTrue(e.getMessage().contains("[2, 3]") && e.getMessage().contains("[2]"), e.getMessage());
  }

  @Test
  void A9_axisSumsWithAndWithoutKeptAxes() {
    Tensor a = matrix(new double[][] {{1, 4, 7}, {2, 5, 8}, {3, 6, 9}});
    assertArrayEquals(new double[] {6, 15, 24}, a.sum(0).toDoubles());
    assertEquals(Shape.of(3), a.sum(0).shape());
    assertEquals(Shape.of(1, 3), a.sum(true, 0).shape());
    assertEquals(Shape.of(3, 1), a.sum(true, 1).shape());
    assertArrayEquals(new double[] {12, 15, 18}, a.sum(true, 1).toDoubles());
    assertEquals(Shape.of(1, 1), a.mean(true).shape());
    assertEquals(Shape.of(1, 3), a.max(true, 0).shape());
    assertArrayEquals(new double[] {1, 4, 7}, a.min(true, 0).toDoubles());
    assertEquals(45, a.sum().item());
  }

  @Test
  void A10_rankOneArraysAreDistinctAndShapeErrorsNameBothShapes() {
    Tensor flat = Tensor.of(1.0, 2, 3, 4, 5);
    Tensor column = flat.reshape(5, 1);
    assertNotEquals(flat.shape(), column.shape());
    assertEquals("[5]", flat.shape().toString());
    assertEquals("[5, 1]", column.shape().toString());
    Tensor dot = flat.matmul(flat); // two vectors give their dot product, a tensor without axes
    assertEquals(Shape.scalar(), dot.shape());
    assertEquals(55, dot.item());
    assertEquals(Shape.of(5, 5), column.matmul(column.transpose()).shape());
    assertEquals(Shape.of(5, 5), flat.add(column).shape());
    ShapeException e = assertThrows(ShapeException.class, () -> column.matmul(column));
    assertEquals("matmul: expected equal inner lengths, given [5, 1] and [5, 1]", e.getMessage().split("\n")[0]);
    ShapeException add =
        assertThrows(ShapeException.class, () -> flat.add(Tensor.of(1.0, 2, 3)));
    assertTrue(
        add.getMessage().startsWith("ADD:") && add.getMessage().contains("[5]") && add.getMessage().contains("[3]"),
        add.getMessage());
    Dense head = Dense.of(2).name("head");
    Model model = Model.sequential(Input.of(4), head);
    ShapeException layer = assertThrows(ShapeException.class, () -> head.call(Tensor.zeros(Shape.of(3, 5))));
    String text = layer.getMessage();
    assertEquals("Dense 'head': expected last axis 4, given [3, 5]", text.split("\n")[0]);
    assertTrue(text.contains("[4, 2]"), text);
    model.close();
  }

  @Test
  void A11_flatteningABatchOfPicturesLosesNothing() {
    Tensor pictures = Tensor.range(0, 1, 5L * 64 * 64 * 3, DType.FLOAT32).reshape(5, 64, 64, 3);
    Tensor columns = pictures.reshape(5, -1).transpose();
    assertEquals(Shape.of(12288, 5), columns.shape());
    assertEquals(pictures.get(3, 10, 20, 2), columns.get((10 * 64 + 20) * 3 + 2, 3));
    assertArrayEquals(pictures.toFloats(), columns.transpose().reshape(5, 64, 64, 3).toFloats());
  }

  @Test
  void A12_arithmeticIsWithinFourUlpAndItsGradientsAreRight() {
    ulp("exp", Tensor::exp, Math::exp, -87, 88);
    ulp("log", Tensor::log, Math::log, 1e-30, 1e30);
    ulp("log near 1", Tensor::log, Math::log, 0.5, 2);
    ulp("abs", Tensor::abs, Math::abs, -100, 100);
    ulp("sqrt", Tensor::sqrt, Math::sqrt, 0, 1e20);
    ulp("maximum", x -> x.maximum(Tensor.full(x.shape(), 0.7, x.dtype())), x -> Math.max(x, (float) 0.7), -3, 3);
    Param x = Param.of("x", Tensor.of(0.3, 1.2, 2.9, 0.8));
    Param y = Param.of("y", Tensor.of(0.9, 1.1, 0.2, 3.5));
    gradients("exp", () -> x.exp().square().sum(), x);
    gradients("log", () -> x.log().square().sum(), x);
    gradients("abs", () -> x.sub(1).abs().square().sum(), x);
    gradients("sqrt", () -> x.sqrt().exp().sum(), x);
    gradients("maximum", () -> x.maximum(y).square().sum(), x, y);
    gradients("dot", () -> x.matmul(y).square(), x, y);
    Tensor product = matrix(new double[][] {{1, 2}, {3, 4}}).matmul(matrix(new double[][] {{1, 2, 3}, {4, 5, 6}}));
    same(new double[][] {{9, 12, 15}, {19, 26, 33}}, product);
    Param a = Param.of("a", matrix(new double[][] {{1, 2}, {3, 4}}));
    Param b = Param.of("b", matrix(new double[][] {{1, 2, 3}, {4, 5, 6}}));
    gradients("matmul", () -> a.matmul(b).square().sum(), a, b);
    float[] dot = {0.1f, 0.2f, 0.3f};
    assertEquals(
        (double) dot[0] * dot[0] + (double) dot[1] * dot[1] + (double) dot[2] * dot[2],
        Tensor.of(dot).matmul(Tensor.of(dot)).item(), 4 * Math.ulp(0.14f));
  }

  private static void ulp(
      String name, UnaryOperator<Tensor> op, DoubleUnaryOperator reference, double low, double high) {
    try (Scope scope = Scope.open()) {
      int n = 20_000;
      float[] x = new float[n];
      boolean wide = low > 0 && high / low > 1e6;
      for (int i = 0; i < n; i++) {
        double u = (i + 0.5) / n;
        x[i] = (float) (wide ? low * Math.pow(high / low, u) : low + (high - low) * u);
      }
      float[] y = op.apply(Tensor.of(x)).toFloats();
      for (int i = 0; i < n; i++) {
        double want = reference.applyAsDouble(x[i]);
        double distance = Math.abs(y[i] - want) / Math.ulp((float) want);
        assertTrue(distance <= 4, name + "(" + x[i] + ") = " + y[i] + ", expected " + want + ": " + distance + " ulp");
      }
    }
  }

  private static void gradients(String name, Supplier<Tensor> loss, Param... params) {
    GradCheck.Report report = GradCheck.check(loss, List.of(params));
    assertTrue(report.passes(1e-6), name + ": " + report);
  }
}
