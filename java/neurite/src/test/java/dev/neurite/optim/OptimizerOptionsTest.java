package dev.neurite.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.regularizer.Constraints;
import dev.neurite.regularizer.ProximalL1;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Options that act around one step, all at once: sums of gradients, clipping, factors, projections, averages. */
class OptimizerOptionsTest {

  private static final int ROWS = 12;
  private static final int WIDTH = 5;

  private static Gradients gradients(Param a, double ga, Param b, double gb) {
    return new Gradients(
        List.of(a, b),
        List.of(
            new Gradient.Dense(Tensor.scalar(ga, DType.FLOAT64)),
            new Gradient.Dense(Tensor.scalar(gb, DType.FLOAT64))));
  }

  @Test
  void allOptionsTogetherGiveTheStepsWorkedByHand() {
    try (Scope scope = Scope.open();
        Param a = Param.of("a", 1, DType.FLOAT64);
        Param b = Param.of("b", 2, DType.FLOAT64);
        Optimizer sgd = Sgd.of(0.5).weightDecay(0.1).globalClipNorm(5).accumulate(2).average(0.75)) {
      a.learningRateFactor(0.1);
      b.afterStep((w, rate) -> w.clamp(0.5, Double.POSITIVE_INFINITY));

      sgd.apply(gradients(a, 2, b, 10));
      assertEquals(0, sgd.step());
      sgd.apply(gradients(a, 10, b, 6)); // means 6 and 8, norm 10, halved to 3 and 4
      double first = 1 - 0.05 * 0.1 - 0.05 * 3; // rate 0.5 * 0.1, decoupled decay with that rate
      assertEquals(first, a.item(), 1e-15);
      assertEquals(0.5, b.item()); // 2 - 0.1 - 2 = -0.1, projected

      sgd.apply(gradients(a, 1, b, 0));
      sgd.apply(gradients(a, 1, b, 0)); // norm 1: nothing to clip
      double second = first * (1 - 0.05 * 0.1) - 0.05;
      assertEquals(second, a.item(), 1e-15);
      assertEquals(0.5, b.item());
      assertEquals(2, sgd.step());

      sgd.assignAverages(); // of the values after the projection
      assertEquals(0.75 * first + 0.25 * second, a.item(), 1e-15);
      assertEquals(0.5, b.item());
    }
  }

  /** A factor of zero leaves the values alone, but its gradient counts in the global norm. */
  @Test
  void aFactorOfZeroLeavesTheValues() {
    try (Scope scope = Scope.open();
        Param a = Param.of("a", 1, DType.FLOAT64);
        Param b = Param.of("b", 2, DType.FLOAT64);
        Optimizer adamW = AdamW.of(0.5).weightDecay(0.1)) {
      a.learningRateFactor(0);
      adamW.apply(gradients(a, 2, b, 2));
      assertEquals(1, a.item());
      assertTrue(b.item() < 2);
    }
    try (Scope scope = Scope.open();
        Param a = Param.of("a", 1, DType.FLOAT64);
        Param b = Param.of("b", 2, DType.FLOAT64);
        Optimizer sgd = Sgd.of(1).globalClipNorm(1)) {
      a.learningRateFactor(0);
      sgd.apply(gradients(a, 3, b, 4));
      assertEquals(1, a.item());
      assertEquals(2 - 0.8, b.item(), 1e-15);
    }
  }

  /** As in Keras: the average of what rests goes on towards it, in a resumed optimiser too. */
  @Test
  void averagesMoveOnAtStepsWithoutAGradient() {
    try (Scope scope = Scope.open();
        Param a = Param.of("a", 1, DType.FLOAT64);
        Param b = Param.of("b", 2, DType.FLOAT64);
        Param c = Param.of("c", 5, DType.FLOAT64);
        Optimizer sgd = Sgd.of(1).average(0.5);
        Optimizer resumed = Sgd.of(1).average(0.5)) {
      sgd.apply(gradients(a, 1, b, 0));
      sgd.apply(gradients(a, 1, b, 0)); // a is -1, its average -0.5
      resumed.load(Map.of("a", a, "b", b), sgd.state());
      for (Optimizer each : List.of(resumed, sgd)) {
        double before = a.item();
        each.apply(gradients(b, 0, c, 0));
        each.assignAverages();
        assertEquals(-0.75, a.item());
        a.assign(Tensor.scalar(before, DType.FLOAT64));
      }
      assertEquals(5, c.item());
    }
  }

  @Test
  void aProximalStepUsesTheRateWithTheParametersFactor() {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", Tensor.of(0.5, -0.02, 2.0));
        Optimizer sgd = Sgd.of(0.5)) {
      w.learningRateFactor(0.5);
      w.afterStep(ProximalL1.of(0.4)::afterStep);
      Tensor none = Tensor.zeros(w.shape(), DType.FLOAT64);
      sgd.apply(new Gradients(List.of(w), List.of(new Gradient.Dense(none))));
      assertArrayEquals(new double[] {0.4, 0, 1.9}, w.toDoubles(), 1e-15); // shrunk by 0.5 * 0.5 * 0.4
    }
  }

  static Stream<Supplier<Optimizer>> rules() {
    return Stream.of(
        () -> Sgd.of(0.3).globalClipNorm(0.2).average(0.8),
        () -> Sgd.of(0.3).globalClipNorm(0.2).accumulate(2).average(0.8, 2),
        () -> Adagrad.of(0.3).clipNorm(0.4).average(0.5),
        () -> Adagrad.of(0.3).globalClipNorm(0.4).accumulate(3),
        () -> Adam.of(0.1).globalClipNorm(0.2).accumulate(2).average(0.9),
        () -> Lamb.of(0.1).globalClipNorm(0.2).average(0.9));
  }

  /** Gradients of looked-up rows and whole gradients give one result, beside a parameter of another factor. */
  @ParameterizedTest
  @MethodSource("rules")
  void rowsOfATableCombineWithEveryOption(Supplier<Optimizer> rule) {
    Tensor start = Tensor.range(-1, 0.07, ROWS * WIDTH, DType.FLOAT64).reshape(ROWS, WIDTH);
    try (Scope scope = Scope.open();
        Optimizer a = rule.get();
        Optimizer b = rule.get()) {
      Param[] rows = params(start);
      Param[] whole = params(start);
      for (int i = 0; i < 6; i++) {
        int step = i;
        a.minimize(() -> loss(rows[0], rows[1], step), rows);
        b.minimize(() -> loss(whole[0].mul(1), whole[1], step), whole);
      }
      assertArrayEquals(whole[0].toDoubles(), rows[0].toDoubles(), 1e-12);
      assertArrayEquals(whole[1].toDoubles(), rows[1].toDoubles(), 1e-12);
      double largest = rows[0].square().sum(1).sqrt().max().item();
      assertTrue(largest <= 1.2 + 1e-6, () -> "the constraint holds: " + largest);
      Map<String, Tensor> state = a.state();
      b.state().forEach(
          (name, value) -> assertArrayEquals(value.toDoubles(), state.get(name).toDoubles(), 1e-12, name));
      a.assignAverages();
      b.assignAverages();
      assertArrayEquals(whole[0].toDoubles(), rows[0].toDoubles(), 1e-12);
    }
  }

  private static Param[] params(Tensor start) {
    Param table = Param.of("table", start);
    table.learningRateFactor(0.25);
    table.afterStep((w, rate) -> new Constraints.MaxNorm(1.2, List.of(1L)).project(w));
    return new Param[] {table, Param.of("head", start.select(0, 3))};
  }

  private static Tensor loss(Tensor table, Tensor head, int step) {
    Tensor seen = table.gather(Tensor.ofLongs(2, 7, 2, step));
    return seen.mul(head).sum(1).exp().sum();
  }
}
