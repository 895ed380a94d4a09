package dev.neurite.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.DTypeException;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class GradCheckTest {

  private static Param param(double... values) {
    return Param.of("w", Tensor.of(values));
  }

  @Test
  void rightGradientsPassAndValuesStay() {
    Param w = param(1, -2, 3);

    GradCheck.Report report = GradCheck.check(() -> w.square().mul(w).sum(), List.of(w));

    assertTrue(report.passes(1e-9), report.toString());
    assertEquals(3, report.compared());
    assertArrayEquals(new double[] {1, -2, 3}, w.toDoubles());
  }

  @Test
  void aWrongGradientIsNamedWithItsElement() {
    Param w = param(1, 2, 3);

    GradCheck.Report report =
        GradCheck.check(
            () -> {
              Tensor half = w.mul(Tensor.of(1.0, 0.5, 1.0));
              Tensor hidden = Tape.noGrad(() -> w.mul(Tensor.of(0.0, 0.5, 0.0)));
              return half.add(hidden).sum();
            },
            List.of(w));

    assertFalse(report.passes(1e-6));
    assertEquals("w", report.worst().param());
    assertEquals(1, report.worst().index());
    assertEquals(0.5, report.worst().analytic(), 1e-12);
    assertEquals(1, report.worst().numeric(), 1e-8);
    assertEquals(0.5, report.worstError(), 1e-8);
  }

  @Test
  void elementsAtAKinkAreSkippedAndCounted() {
    Param w = param(0, 1, -1);

    GradCheck.Report report = GradCheck.check(() -> w.relu().sum(), List.of(w));

    assertEquals(1, report.skipped());
    assertEquals(2, report.compared());
    assertTrue(report.passes(1e-9), report.toString());
  }

  @Test
  void aSmoothMinimumIsNotTakenForAKink() {
    Param w = param(0, 1e-7);

    GradCheck.Report report = GradCheck.check(() -> w.square().mul(50).sum(), List.of(w));

    assertEquals(0, report.skipped());
    assertEquals(2, report.compared());
    assertTrue(report.passes(1e-6), report.toString());
  }

  @Test
  void activeDropoutIsRefused() {
    Model model = Model.sequential(Input.of(3).dtype(DType.FLOAT64), Dense.of(4), Dropout.of(0.5), Dense.of(1));
    Tensor x = Tensor.ones(Shape.of(2, 3), DType.FLOAT64);

    assertThrows(
        IllegalStateException.class,
        () -> GradCheck.check(() -> model.call(x, Pass.training(7)).sum(), model.params()));
    Pass once = Pass.training(7);
    Model onInput = Model.sequential(Input.of(300).dtype(DType.FLOAT64), Dropout.of(0.5), Dense.of(1));
    Tensor wide = Tensor.ones(Shape.of(2, 300), DType.FLOAT64);
    assertThrows(
        IllegalStateException.class,
        () -> GradCheck.check(() -> onInput.call(wide, once).sum(), onInput.params()));
  }

  @Test
  void differenceQuotientsAndNgsMeasure() {
    Param w = param(2, -1);

    double[] numeric = GradCheck.numeric(() -> w.square().mul(w).sum(), w, 1e-5);

    assertArrayEquals(new double[] {12, 3}, numeric, 1e-8);
    assertEquals(0, GradCheck.difference(numeric, new double[] {12, 3}), 1e-9);
    assertEquals(0.5, GradCheck.difference(new double[] {3, 4}, new double[] {9, 12}), 1e-12);
    assertEquals(0, GradCheck.difference(new double[2], new double[2]));
  }

  @Test
  void float32IsRefused() {
    Param w = Param.of("w", 1f);
    DTypeException e = assertThrows(DTypeException.class, () -> GradCheck.check(w::square, List.of(w)));
    assertTrue(e.getMessage().startsWith("GradCheck: expected float64 parameters, given w float32[]"), e.getMessage());
  }

  @Test
  void leavesNoBlockBehind() {
    try (Scope scope = Scope.open()) {
      Param w = param(1, 2);
      long before = dev.neurite.Neurite.memory().liveBlocks();
      GradCheck.check(() -> w.exp().sum(), List.of(w));
      assertTrue(dev.neurite.Neurite.memory().liveBlocks() <= before, "blocks left behind");
      w.close();
    }
  }
}
