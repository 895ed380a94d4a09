package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.text.CtcDecoder;
import dev.neurite.train.Fit;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CtcLossTest {

  private static Tensor logits(long batch, long time, long classes) {
    return Tensor.range(0, 0.7, batch * time * classes, DType.FLOAT64).sin().mul(2).reshape(batch, time, classes);
  }

  private static Tensor matrix(long[][] rows) {
    return Tensor.of(
        Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray(),
        Shape.of(rows.length, rows[0].length));
  }

  @Test
  void paddedAndPackedLabelsEqualExplicitLengths() {
    try (Scope scope = Scope.open()) {
      Tensor x = logits(3, 6, 4);
      Tensor targets = matrix(new long[][] {{1, 2, 3}, {2, 2, 0}, {3, 0, 0}});
      Tensor counts = Tensor.ofLongs(3, 2, 1);
      Tensor all = Tensor.ofLongs(6, 6, 6);
      Tensor some = Tensor.ofLongs(6, 5, 2);
      CtcLoss loss = Losses.ctc().reduction(Reduction.NONE);

      double[] whole = loss.apply(targets, x, all, counts).toDoubles();
      double[] shorter = loss.apply(targets, x, some, counts).toDoubles();

      assertArrayEquals(whole, loss.apply(targets, x).toDoubles());
      assertArrayEquals(
          whole, loss.apply(matrix(new long[][] {{1, 2, 3}, {2, 2, -1}, {3, -1, -1}}), x).toDoubles());
      assertArrayEquals(shorter, loss.packed(true).apply(CtcLoss.pack(targets, some, counts), x).toDoubles());
      assertArrayEquals(whole, loss.apply(targets.cast(DType.INT32), x).toDoubles());
      assertTrue(shorter[1] != whole[1] && shorter[2] != whole[2] && shorter[0] == whole[0]);
    }
  }

  @Test
  void logProbabilitiesGiveTheSameLossAsLogits() {
    try (Scope scope = Scope.open()) {
      Tensor x = logits(2, 5, 3);
      Tensor y = matrix(new long[][] {{1, 2}, {1, 1}});

      assertEquals(Losses.ctc().apply(y, x).item(), Losses.ctc().apply(y, x.logSoftmax(-1)).item(), 1e-12);
    }
  }

  @Test
  void reductionsAverageOverTheBatchOrOverLabels() {
    try (Scope scope = Scope.open()) {
      Tensor x = logits(2, 6, 4);
      Tensor y = matrix(new long[][] {{1, 2, 3}, {2, 0, 0}});
      double[] each = Losses.ctc().reduction(Reduction.NONE).apply(y, x).toDoubles();

      assertEquals((each[0] + each[1]) / 2, Losses.ctc().apply(y, x).item(), 1e-12);
      assertEquals(each[0] + each[1], Losses.ctc().reduction(Reduction.SUM).apply(y, x).item(), 1e-12);
      assertEquals((each[0] / 3 + each[1]) / 2, Losses.ctc().perLabel(true).apply(y, x).item(), 1e-12);
      assertEquals(
          (each[0] * 3 + each[1]) / 2, Losses.ctc().apply(y, x, Tensor.of(new double[] {3, 1})).item(), 1e-12);
    }
  }

  @Test
  void targetsTooLongEmptyAndRepeatedHaveFiniteGradients() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = logits(4, 3, 4);
      tape.watch(x);
      Tensor targets = matrix(new long[][] {{1, 2, 3, 1}, {0, 0, 0, 0}, {2, 2, 0, 0}, {1, 1, 1, 0}});
      Tensor loss = Losses.ctc().reduction(Reduction.NONE).apply(
          targets, x, Tensor.ofLongs(3, 3, 3, 3), Tensor.ofLongs(4, 0, 2, 3));
      double[] values = loss.toDoubles();
      double[] gradient = tape.gradients(loss.sum(), List.of(x)).of(x).toDoubles();

      assertEquals(Double.POSITIVE_INFINITY, values[0]); // four labels in three steps
      double[] blanks = x.logSoftmax(-1).select(0, 1).select(1, 0).toDoubles();
      assertEquals(-blanks[0] - blanks[1] - blanks[2], values[1], 1e-12); // all steps blank
      double repeat = x.logSoftmax(-1).get(2, 0, 2) + x.logSoftmax(-1).get(2, 1, 0) + x.logSoftmax(-1).get(2, 2, 2);
      assertEquals(-repeat, values[2], 1e-12); // the one alignment 2 - 2
      assertEquals(Double.POSITIVE_INFINITY, values[3]); // three repeats need five steps
      for (int i = 0; i < gradient.length; i++) {
        assertTrue(Double.isFinite(gradient[i]), "at " + i);
        assertEquals(i / 12 == 1 || i / 12 == 2, gradient[i] != 0, "at " + i);
      }
    }
  }

  @Test
  void zeroInfinityMakesImpossibleTargetsCountNothing() {
    try (Scope scope = Scope.open()) {
      Tensor x = logits(2, 2, 3);
      Tensor y = matrix(new long[][] {{1, 1}, {1, 2}});
      double[] plain = Losses.ctc().reduction(Reduction.NONE).apply(y, x).toDoubles();
      double[] zeroed = Losses.ctc().zeroInfinity(true).reduction(Reduction.NONE).apply(y, x).toDoubles();

      assertArrayEquals(new double[] {Double.POSITIVE_INFINITY, plain[1]}, plain);
      assertArrayEquals(new double[] {0, plain[1]}, zeroed);
      assertEquals(plain[1] / 2, Losses.ctc().zeroInfinity(true).apply(y, x).item(), 1e-12);
    }
  }

  @Test
  void anEmptyBatchAndNoStepsAreDefined() {
    try (Scope scope = Scope.open()) {
      Tensor none = Tensor.zeros(Shape.of(0, 2), DType.INT64);
      assertThrows(ShapeException.class, () -> Losses.ctc().apply(none, Tensor.zeros(Shape.of(0, 3, 4))));
      assertArrayEquals(
          new double[] {0, Double.POSITIVE_INFINITY},
          Losses.ctc().reduction(Reduction.NONE).apply(matrix(new long[][] {{0}, {1}}), Tensor.zeros(Shape.of(2, 0, 3)))
              .toDoubles());
    }
  }

  private static void refused(Class<? extends Exception> type, String line, Executable run) {
    assertEquals(line, assertThrows(type, run).getMessage().split("\n")[0]);
  }

  @Test
  void wrongLabelsAndLengthsAreNamed() {
    try (Scope scope = Scope.open()) {
      Tensor x = logits(2, 3, 4);
      CtcLoss loss = Losses.ctc();
      refused(
          IllegalArgumentException.class,
          "ctc: expected labels in [0, 4) other than the blank 0, given 4 at [1, 0]",
          () -> loss.apply(matrix(new long[][] {{1, 2}, {4, 0}}), x));
      refused(
          IllegalArgumentException.class,
          "ctc: expected padding (0 or -1) behind the labels only, given 0 before 2 at [0, 1]",
          () -> loss.apply(matrix(new long[][] {{0, 2}, {1, 0}}), x));
      refused(
          IllegalArgumentException.class, "ctc: expected target lengths in [0, 2], given 3 at index 1",
          () -> loss.apply(matrix(new long[][] {{1, 2}, {1, 2}}), x, Tensor.ofLongs(3, 3), Tensor.ofLongs(2, 3)));
      refused(
          IllegalArgumentException.class, "ctc: expected input lengths in [0, 3], given 4 at index 0",
          () -> loss.packed(true).apply(matrix(new long[][] {{4, 1, 1}, {3, 1, 1}}), x));
      refused(
          ShapeException.class, "ctc: expected packed labels [batch, 2 + labels], given [2, 1]",
          () -> loss.packed(true).apply(matrix(new long[][] {{1}, {1}}), x));
      refused(
          ShapeException.class,
          "ctc: expected labels [batch, labels] and predictions [batch, time, classes], given [2] and [2, 3, 4]",
          () -> loss.apply(Tensor.ofLongs(1, 2), x));
      assertThrows(DTypeException.class, () -> loss.apply(Tensor.zeros(Shape.of(2, 2)), x));
      assertThrows(ShapeException.class, () -> CtcLoss.pack(Tensor.ofLongs(1), Tensor.ofLongs(1), Tensor.ofLongs(1)));
      refused(
          IllegalArgumentException.class, "ctc: expected a blank of 0 or more, given -1", () -> loss.blank(-1));
    }
  }

  @Test
  void secondOrderIsRefusedByName() {
    try (Tape tape = Tape.persistent();
        Param x = Param.of("x", logits(1, 3, 3))) {
      Tensor loss = Losses.ctc().apply(matrix(new long[][] {{1}}), x);
      Exception e = assertThrows(
          UnsupportedOperationException.class, () -> tape.gradients(loss, List.of(x), true));
      assertTrue(e.getMessage().contains("'ctc'"), e.getMessage());
    }
  }

  /** Sequences whose steps show one of two symbols for a while; the network learns to write them once each. */
  @Test
  void aModelLearnsToReadSequencesInFit() {
    Neurite.seed(3);
    try (Scope scope = Scope.open();
        Model model = Model.sequential(
            Input.of(8, 3), Dense.of(16).activation(Activation.TANH), Dense.of(3))) {
      int n = 32;
      double[] x = new double[n * 8 * 3];
      long[] y = new long[n * 3];
      RandomStream random = RandomStream.of(5, "sequences");
      double[] draws = Initializers.uniform(0, 1).create(Shape.of(n * 3), DType.FLOAT64, random).toDoubles();
      for (int b = 0; b < n; b++) {
        for (int i = 0; i < 3; i++) {
          int symbol = draws[b * 3 + i] < 0.5 ? 1 : 2;
          y[b * 3 + i] = symbol;
          for (int t = 3 * i; t < Math.min(3 * i + 2, 8); t++) {
            x[(b * 8 + t) * 3 + symbol] = 1;
          }
        }
      }
      Tensor inputs = Tensor.of(x, Shape.of(n, 8, 3), DType.FLOAT32);
      Tensor labels = Tensor.of(y, Shape.of(n, 3));
      long[] steps = new long[n];
      long[] counts = new long[n];
      Arrays.fill(steps, 8);
      Arrays.fill(counts, 3);
      model.compile(Adam.of(0.05), Losses.ctc().packed(true));

      model.fit(
          inputs, CtcLoss.pack(labels, Tensor.ofLongs(steps), Tensor.ofLongs(counts)), Fit.epochs(60).batch(16));

      List<CtcDecoder.Path> read = CtcDecoder.of().greedy(model.call(inputs), null);
      for (int b = 0; b < n; b++) {
        assertArrayEquals(Arrays.copyOfRange(y, b * 3, b * 3 + 3), read.get(b).labels(), "sequence " + b);
      }
    }
  }
}
