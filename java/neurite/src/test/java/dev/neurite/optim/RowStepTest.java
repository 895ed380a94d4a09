package dev.neurite.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Embedding;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that visit only the rows of a table that were looked up, against steps with the whole gradient. */
class RowStepTest {

  private static final int ROWS = 12;
  private static final int WIDTH = 5;

  private static Tensor start() {
    return Tensor.range(-1, 0.07, ROWS * WIDTH, DType.FLOAT64).reshape(ROWS, WIDTH);
  }

  static Stream<Supplier<Optimizer>> exact() {
    return Stream.of(
        () -> Sgd.of(0.3),
        () -> Sgd.of(0.3).clipNorm(0.2),
        () -> Sgd.of(0.3).globalClipNorm(0.2),
        () -> Sgd.of(0.3).clipValue(0.05),
        () -> Sgd.of(0.3).weightDecay(0.1),
        () -> Sgd.of(0.3).momentum(0.9),
        () -> Sgd.of(0.3).accumulate(2),
        () -> Adagrad.of(0.3),
        () -> Adagrad.of(0.3).initialAccumulator(0).epsilon(1e-10).epsilonInside(false).rateDecay(0.1),
        () -> Adam.of(0.1),
        () -> RmsProp.of(0.1));
  }

  /** Two lookups, a row that occurs twice in one and in both. */
  private static Tensor loss(Tensor table, int step) {
    Tensor first = table.gather(Tensor.ofLongs(2, 7, 2)).square().sum();
    return first.add(table.gather(Tensor.ofLongs(step, 7)).mul(3).exp().sum());
  }

  @ParameterizedTest
  @MethodSource("exact")
  void equalsTheStepWithTheWholeGradient(Supplier<Optimizer> rule) {
    try (Scope scope = Scope.open();
        Param rows = Param.of("table", start());
        Param whole = Param.of("table", start());
        Optimizer a = rule.get();
        Optimizer b = rule.get()) {
      for (int i = 0; i < 6; i++) {
        int step = i;
        a.minimize(() -> loss(rows, step), rows);
        b.minimize(() -> loss(whole.mul(1), step), whole);
      }
      assertArrayEquals(whole.toDoubles(), rows.toDoubles(), 1e-13);
    }
  }

  @Test
  void lazyAdamLeavesOtherRowsAndTheirMeansAlone() {
    try (Scope scope = Scope.open();
        Param rows = Param.of("table", start());
        Param whole = Param.of("table", start());
        Optimizer lazy = Adam.of(0.1).lazyRows(true);
        Optimizer exact = Adam.of(0.1)) {
      lazy.minimize(() -> loss(rows, 0), rows);
      exact.minimize(() -> loss(whole, 0), whole);
      assertArrayEquals(whole.toDoubles(), rows.toDoubles(), 1e-13); // the first steps are the same
      double[] before = rows.select(0, 7).toDoubles();
      lazy.minimize(() -> rows.gather(Tensor.ofLongs(3)).sum(), rows);
      exact.minimize(() -> whole.gather(Tensor.ofLongs(3)).sum(), whole);
      assertArrayEquals(before, rows.select(0, 7).toDoubles());
      assertFalse(Arrays.equals(before, whole.select(0, 7).toDoubles()));
    }
  }

  @Test
  void severalLookupsAndAPaddingRowStayRows() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open();
        Model model =
            Model.sequential(
                Input.of(3).dtype(DType.INT64), Embedding.of(1000, 4).paddingIndex(0), Flatten.of(), Dense.of(1))) {
      Param table = model.trainableParams().get(0);
      Tensor out = model.call(Tensor.of(new long[] {5, 0, 7}, Shape.of(1, 3)), Pass.training(1));
      Tensor again = model.call(Tensor.of(new long[] {0, 9, 5}, Shape.of(1, 3)), Pass.training(1));
      Gradients g = tape.gradients(out.add(again).sum(), List.of(table));
      Gradient.Rows rows = assertInstanceOf(Gradient.Rows.class, g.find(table));
      long[] ids = rows.indices().toLongs();
      Arrays.sort(ids);
      assertArrayEquals(new long[] {5, 5, 7, 9}, ids);
      assertEquals(0, rows.dense().select(0, 0).abs().sum().item());
    }
  }

  @Test
  void onlyPaddingGivesNoRowsAndTheStepDoesNothing() {
    try (Scope scope = Scope.open();
        Param table = Param.of("table", start());
        Optimizer sgd = Sgd.of(1)) {
      Tensor none = Tensor.zeros(Shape.of(0, WIDTH), DType.FLOAT64);
      Gradient.Rows empty = new Gradient.Rows(Tensor.ofLongs(), none, ROWS);
      sgd.apply(new Gradients(List.of(table), List.of(empty)));
      assertArrayEquals(start().toDoubles(), table.toDoubles());
      assertEquals(1, sgd.step());
    }
  }

  @Test
  void rowsThatDoNotFitAreRefused() {
    try (Scope scope = Scope.open();
        Param table = Param.of("table", start());
        Optimizer sgd = Sgd.of(1)) {
      Tensor id = Tensor.ofLongs(1);
      Gradient narrow = new Gradient.Rows(id, Tensor.zeros(Shape.of(1, 2), DType.FLOAT64), ROWS);
      ShapeException e =
          assertThrows(
              ShapeException.class, () -> sgd.apply(new Gradients(List.of(table), List.of(narrow))));
      assertEquals(
          "Sgd: expected rows of a gradient of [12, 5] for 'table', given [1, 2] of 12 rows", e.getMessage());
      Gradient single = new Gradient.Rows(id, Tensor.zeros(Shape.of(1, WIDTH)), ROWS);
      assertThrows(DTypeException.class, () -> sgd.apply(new Gradients(List.of(table), List.of(single))));
      assertArrayEquals(start().toDoubles(), table.toDoubles());
    }
  }
}
