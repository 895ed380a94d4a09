package dev.neurite.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerTest {

  private static Gradients gradient(Param p, double... values) {
    return new Gradients(List.of(p), List.of(new Gradient.Dense(Tensor.of(values, p.shape(), p.dtype()))));
  }

  /** Two steps from w = 1 with the gradient 0.5 and the rate 0.1, as in the course's examples. */
  private static double[] twoSteps(Optimizer optimizer) {
    try (optimizer;
        Scope scope = Scope.open();
        Param w = Param.of("w", 1, DType.FLOAT64)) {
      double[] seen = new double[2];
      for (int i = 0; i < 2; i++) {
        optimizer.apply(gradient(w, 0.5));
        seen[i] = w.item();
      }
      return seen;
    }
  }

  private static void assertSteps(Optimizer optimizer, double first, double second, double tolerance) {
    double[] seen = twoSteps(optimizer);
    assertEquals(first, seen[0], tolerance);
    assertEquals(second, seen[1], tolerance);
  }

  @Test
  void workedExamplesOfTheCourse() {
    assertSteps(Sgd.of(0.1).momentum(0.9).form(Sgd.Form.EWMA), 0.995, 0.9855, 1e-12);
    assertSteps(Sgd.of(0.1).momentum(0.9), 0.95, 0.855, 1e-12);
    assertSteps(RmsProp.of(0.1).rho(0.9).epsilon(0), 0.683772, 0.454357, 1e-6);
    assertSteps(Adam.of(0.1).epsilon(1e-8).correctedEpsilon(true), 0.9, 0.8, 1e-8);
  }

  @Test
  void minimumOfTheParabolaIsFound() {
    try (Param w = Param.of("w", 0, DType.FLOAT64);
        Optimizer sgd = Sgd.of(0.01)) {
      double start = sgd.minimize(() -> w.square().sub(w.mul(20)).add(25), w);
      assertEquals(25, start);
      assertEquals(0.2, w.item(), 1e-12);
      for (int i = 1; i < 1000; i++) {
        sgd.minimize(() -> w.square().sub(w.mul(20)).add(25), w);
      }
      assertEquals(9.99999998, w.item(), 1e-8);
      assertEquals(1000, sgd.step());
    }
  }

  @Test
  void decayAloneShrinksWeightsByExactlyItsFactor() {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", Tensor.of(2.0, -3.0));
        Optimizer sgd = Sgd.of(0.1).weightDecay(0.5)) {
      sgd.apply(gradient(w, 0, 0));
      assertEquals(2 * (1 - 0.1 * 0.5), w.get(0), 1e-15);
      assertEquals(-3 * (1 - 0.1 * 0.5), w.get(1), 1e-15);
    }
  }

  @Test
  void kernelsOnlyDecayLeavesBiasesAlone() {
    try (Scope scope = Scope.open();
        Param kernel = Param.of("kernel", Tensor.of(new double[][] {{2}}));
        Param bias = Param.of("bias", Tensor.of(2.0));
        Optimizer adam = AdamW.of(0.1).weightDecay(0.5).decayKernelsOnly()) {
      Tensor zero = Tensor.of(0.0);
      adam.apply(
          new Gradients(
              List.of(kernel, bias), List.of(new Gradient.Dense(zero.reshape(1, 1)), new Gradient.Dense(zero))));
      assertEquals(1.9, kernel.item(), 1e-15);
      assertEquals(2, bias.item());
    }
  }

  @Test
  void globalNormClippingKeepsTheDirection() {
    try (Scope scope = Scope.open();
        Param a = Param.of("a", Tensor.of(0.0, 0.0));
        Param b = Param.of("b", 0, DType.FLOAT64);
        Optimizer sgd = Sgd.of(1).globalClipNorm(5)) {
      sgd.apply(
          new Gradients(
              List.of(a, b),
              List.of(
                  new Gradient.Dense(Tensor.of(30.0, 0.0)), new Gradient.Dense(Tensor.scalar(40, DType.FLOAT64)))));
      assertEquals(-3, a.get(0), 1e-12);
      assertEquals(0, a.get(1), 1e-12);
      assertEquals(-4, b.item(), 1e-12);
    }
  }

  @Test
  void twoKindsOfClippingAreRefused() {
    assertThrows(IllegalStateException.class, () -> Sgd.of(1).clipNorm(1).clipValue(1));
    assertThrows(IllegalArgumentException.class, () -> Sgd.of(1).clipNorm(0));
  }

  @Test
  void rowGradientsUpdateTheRowsOnly() {
    try (Scope scope = Scope.open();
        Param table = Param.of("table", Tensor.of(new double[][] {{1, 1}, {2, 2}, {3, 3}}));
        Optimizer sgd = Sgd.of(0.5)) {
      sgd.minimize(() -> table.gather(Tensor.ofLongs(2, 0, 2)).sum(), table);
      assertEquals(0.5, table.get(0, 0));
      assertEquals(2, table.get(1, 1));
      assertEquals(2, table.get(2, 1));
    }
  }

  @Test
  void bothTypesAreUpdatedInOneStep() {
    try (Scope scope = Scope.open();
        Param narrow = Param.of("narrow", Tensor.of(1f, 2f));
        Param wide = Param.of("wide", Tensor.of(1.0, 2.0, 3.0));
        Optimizer adam = Adam.of(0.1)) {
      adam.minimize(() -> narrow.sum().cast(DType.FLOAT64).add(wide.sum()), narrow, wide);
      assertEquals(0.9, narrow.get(0), 1e-5);
      assertEquals(2.9, wide.get(2), 1e-5);
    }
  }

  @Test
  void parameterWithoutGradientStays() {
    try (Param w = Param.of("w", 1f);
        Param unused = Param.of("unused", 5f);
        Optimizer adam = Adam.of(0.1)) {
      long before = unused.version();
      adam.minimize(() -> w.square(), w, unused);
      assertEquals(5, unused.item());
      assertEquals(before, unused.version());
      assertTrue(w.version() > 0);
    }
  }

  @Test
  void lossOfOtherParametersIsRefused() {
    try (Param w = Param.of("w", 1f);
        Param other = Param.of("other", 5f);
        Optimizer adam = Adam.of(0.1)) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> adam.minimize(() -> w.square(), other));
      assertEquals(
          "Adam: expected a loss that depends on the given parameters, given one that depends on none of [other]",
          e.getMessage());
      assertEquals(0, adam.step());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY, 1e31})
  void unusableRatesAreRefused(double rate) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Adam.of(rate));
    assertEquals("Adam: expected a learning rate from 0 to 1e30, given " + rate, e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Sgd.of(0.1).setLearningRate(rate));
    try (Param w = Param.of("w", 1f);
        Optimizer scheduled = Sgd.of(step -> rate)) {
      assertThrows(IllegalStateException.class, () -> scheduled.minimize(() -> w.square(), w));
      assertEquals(1, w.item());
    }
  }

  @Test
  void rateMayChangeBetweenStepsOptionsMayNot() {
    try (Param w = Param.of("w", 1, DType.FLOAT64);
        Sgd sgd = Sgd.of(0.5)) {
      sgd.minimize(() -> w.mul(1), w);
      sgd.setLearningRate(0.25);
      sgd.minimize(() -> w.mul(1), w);
      assertEquals(0.25, w.item(), 1e-15);
      sgd.setLearningRate(0);
      sgd.minimize(() -> w.mul(1), w);
      assertEquals(0.25, w.item(), 1e-15);
      assertThrows(IllegalStateException.class, () -> sgd.momentum(0.9));
    }
  }

  @Test
  void restoredStateContinuesExactly() {
    try (Scope scope = Scope.open();
        Param straight = Param.of("w", Tensor.of(1.0, -2.0));
        Param resumed = Param.of("w", Tensor.of(1.0, -2.0));
        Optimizer one = Adam.of(0.1).amsGrad(true);
        Optimizer two = Adam.of(0.1).amsGrad(true)) {
      for (int i = 0; i < 3; i++) {
        one.minimize(() -> straight.square().sum(), straight);
      }
      Map<String, Tensor> state = one.state(Map.of("layer.w", straight));
      assertEquals(4, state.size());
      resumed.assign(straight);
      two.load(Map.of("layer.w", resumed), state);
      for (int i = 0; i < 3; i++) {
        one.minimize(() -> straight.square().sum(), straight);
        two.minimize(() -> resumed.square().sum(), resumed);
      }
      assertEquals(6, two.step());
      assertEquals(straight.get(0), resumed.get(0));
      assertEquals(straight.get(1), resumed.get(1));
    }
  }

  @Test
  void wrongStateIsListedAndChangesNothing() {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", Tensor.of(1.0, -2.0));
        Optimizer adam = Adam.of(0.1)) {
      Map<String, Tensor> state =
          Map.of("step", Tensor.ofLongs(7, 0), "w.momentum", Tensor.of(new double[3], Shape.of(3)));
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> adam.load(Map.of("w", w), state));
      assertEquals(
          "Adam: cannot load this state\n  w.momentum: expected float64[2], given float64[3]\n  w.velocity: missing",
          e.getMessage());
      assertEquals(0, adam.step());
    }
  }

  @Test
  void wrongGradientsAreRefused() {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", Tensor.of(1.0, -2.0));
        Optimizer sgd = Sgd.of(0.1)) {
      Gradients other = new Gradients(List.of(w), List.of(new Gradient.Dense(Tensor.of(1.0, 2.0, 3.0))));
      ShapeException e = assertThrows(ShapeException.class, () -> sgd.apply(other));
      assertEquals("Sgd: expected a gradient of [2] for 'w', given [3]", e.getMessage());
      Tensor plain = Tensor.of(1.0);
      Gradients none = new Gradients(List.of(plain), List.of(new Gradient.Dense(plain)));
      assertThrows(IllegalArgumentException.class, () -> sgd.apply(none));
      sgd.apply(gradient(w, 1, 1));
      assertEquals(0.9, w.get(0), 1e-15);
    }
  }

  @Test
  void closeFreesTheSlots() {
    try (Param w = Param.of("w", 1f)) {
      Optimizer adam = Adam.of(0.1);
      adam.minimize(() -> w.square(), w);
      assertEquals(8, adam.bytes());
      adam.close();
      assertEquals(0, adam.bytes());
    }
  }

  @Test
  void accumulatedStepEqualsTheStepOfTheMeanGradient() {
    try (Scope scope = Scope.open();
        Param one = Param.of("w", Tensor.of(1.0, -2.0));
        Param two = Param.of("w", Tensor.of(1.0, -2.0));
        Optimizer whole = Adam.of(0.1).clipNorm(0.5);
        Optimizer parts = Adam.of(0.1).clipNorm(0.5).accumulate(2)) {
      whole.apply(gradient(one, 2, 4));
      parts.apply(gradient(two, 1, 8));
      assertEquals(1, two.get(0));
      assertEquals(0, parts.step());
      parts.apply(gradient(two, 3, 0));
      assertEquals(1, parts.step());
      assertEquals(one.get(0), two.get(0), 1e-15);
      assertEquals(one.get(1), two.get(1), 1e-15);
    }
  }

  @Test
  void stateSavedBetweenAccumulatedGradientsContinuesExactly() {
    try (Scope scope = Scope.open();
        Param straight = Param.of("w", Tensor.of(1.0, -2.0));
        Param resumed = Param.of("w", Tensor.of(1.0, -2.0));
        Optimizer one = Sgd.of(0.1).momentum(0.9).accumulate(2).average(0.9);
        Optimizer two = Sgd.of(0.1).momentum(0.9).accumulate(2).average(0.9)) {
      for (int i = 0; i < 3; i++) {
        one.minimize(() -> straight.square().sum(), straight);
      }
      resumed.assign(straight);
      two.load(Map.of("w", resumed), one.state());
      for (int i = 0; i < 3; i++) {
        one.minimize(() -> straight.square().sum(), straight);
        two.minimize(() -> resumed.square().sum(), resumed);
      }
      assertEquals(straight.get(0), resumed.get(0));
      one.assignAverages();
      two.assignAverages();
      assertEquals(straight.get(0), resumed.get(0));
    }
  }

  @Test
  void averageStartsAsACopyAndLagsBehind() {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", 1, DType.FLOAT64);
        Optimizer sgd = Sgd.of(1).average(0.5)) {
      sgd.apply(gradient(w, 1));
      sgd.apply(gradient(w, 1));
      assertEquals(-1, w.item());
      sgd.assignAverages();
      assertEquals(-0.5, w.item());
    }
  }

  @Test
  void twoParametersOfOneNameNeedPaths() {
    try (Param a = Param.of("w", 1f);
        Param b = Param.of("w", 2f);
        Optimizer adam = Adam.of(0.1)) {
      adam.minimize(() -> a.mul(b), a, b);
      assertThrows(IllegalStateException.class, adam::state);
      assertEquals(5, adam.state(Map.of("x", a, "y", b)).size());
    }
  }
}
