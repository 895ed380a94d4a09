package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LossesTest {

  private static final double EXACT = 5e-7; // the worked examples print six digits

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static double value(Loss loss, double[] yTrue, double... yPred) {
    return loss.apply(Tensor.of(yTrue), Tensor.of(yPred)).item();
  }

  private static double[] of(double... values) {
    return values;
  }

  @Test
  void squaredAndAbsoluteErrorsOfTheWorkedExample() {
    assertEquals(0.0325, value(Losses.meanSquaredError(), of(6.3, 4.1, 3.5, 7.2), 6.1, 4.0, 3.7, 7.0), 1e-12);
    assertEquals(0.175, value(Losses.meanAbsoluteError(), of(6.3, 4.1, 3.5, 7.2), 6.1, 4.0, 3.7, 7.0), 1e-12);
  }

  @Test
  void absoluteErrorHasSlopeZeroAtZero() {
    try (Tape tape = Tape.open()) {
      Tensor p = Tensor.of(1.0, 2.0);
      tape.watch(p);
      Tensor loss = Losses.meanAbsoluteError().apply(Tensor.of(1.0, 1.0), p);
      double[] slope = tape.gradients(loss, List.of(p)).of(p).toDoubles();
      assertEquals(0, slope[0]);
      assertEquals(0.5, slope[1]);
    }
  }

  @Test
  void huberIsContinuousAtDelta() {
    Tensor none = Losses.huber(1).reduction(Reduction.NONE)
        .apply(Tensor.of(new double[3], Shape.of(3, 1)), Tensor.of(of(0.5, 1, 2), Shape.of(3, 1)));
    assertEquals(0.125, none.get(0), 1e-12);
    assertEquals(0.5, none.get(1), 1e-12);
    assertEquals(1.5, none.get(2), 1e-12);
  }

  @Test
  void crossEntropiesOfTheWorkedExamples() {
    assertEquals(0.287682, value(Losses.binaryCrossEntropy(), of(1), 0.75), EXACT);
    assertEquals(0.510826, value(Losses.categoricalCrossEntropy(), of(1, 0, 0), 0.6, 0.2, 0.2), EXACT);
    Tensor p = Tensor.of(new double[][] {{0.6, 0.2, 0.2}});
    assertEquals(0.510826, Losses.sparseCategoricalCrossEntropy().apply(Tensor.ofLongs(0), p).item(), EXACT);
  }

  @Test
  void binaryCrossEntropyStaysFiniteAtZeroAndOne() {
    assertEquals(-Math.log(1e-7), value(Losses.binaryCrossEntropy(), of(1), 0), 1e-6);
    assertEquals(-Math.log(1e-7), value(Losses.binaryCrossEntropy(), of(0), 1), 1e-6);
  }

  @Test
  void logitsAreExactFarOut() {
    for (double x : of(-1e4, -100, -20, 0, 20, 100, 1e4)) {
      double expected = Math.max(x, 0) - x + Math.log1p(Math.exp(-Math.abs(x)));
      assertEquals(expected, value(Losses.sigmoidCrossEntropy(), of(1), x), 1e-12 * Math.max(1, expected));
      float given = (float) Losses.sigmoidCrossEntropy().apply(Tensor.of(1f), Tensor.of((float) x)).item();
      assertEquals(expected, given, 1e-7 * Math.max(1, expected));
    }
  }

  @Test
  void sigmoidCrossEntropyHasSlopeMinusOneHalfAtZero() {
    try (Tape tape = Tape.open()) {
      Tensor x = Tensor.of(0.0);
      tape.watch(x);
      Tensor loss = Losses.sigmoidCrossEntropy().apply(Tensor.of(1.0), x);
      assertEquals(-0.5, tape.gradients(loss, List.of(x)).of(x).item(), 1e-15);
    }
  }

  @Test
  void softmaxCrossEntropyTakesClassNumbersAndOneHotRows() {
    Tensor logits = Tensor.of(new double[][] {{2, 1, 0.1}, {-1, 4, 0}});
    double first = Math.log(Math.exp(2) + Math.exp(1) + Math.exp(0.1)) - 2;
    double second = Math.log(Math.exp(-1) + Math.exp(4) + 1) - 0;
    double expected = (first + second) / 2;
    assertEquals(expected, Losses.softmaxCrossEntropy().apply(Tensor.ofLongs(0, 2), logits).item(), 1e-12);
    Tensor ints = Tensor.of(new int[] {0, 2}, Shape.of(2, 1));
    assertEquals(expected, Losses.softmaxCrossEntropy().apply(ints, logits).item(), 1e-12);
    Tensor hot = Tensor.of(new double[][] {{1, 0, 0}, {0, 0, 1}});
    assertEquals(expected, Losses.softmaxCrossEntropy().apply(hot, logits).item(), 1e-12);
    Tensor hotInts = Tensor.of(new long[] {1, 0, 0, 0, 0, 1}, Shape.of(2, 3));
    assertEquals(expected, Losses.softmaxCrossEntropy().apply(hotInts, logits).item(), 1e-12);
  }

  @Test
  void smoothingOfClassNumbersEqualsThatOfOneHotRows() {
    Tensor logits = Tensor.of(new double[][] {{2, 1, 0.1}, {-1, 4, 0}});
    SoftmaxLoss loss = Losses.softmaxCrossEntropy().labelSmoothing(0.1);
    Tensor hot = Tensor.of(new double[][] {{1, 0, 0}, {0, 0, 1}});
    assertEquals(loss.apply(hot, logits).item(), loss.apply(Tensor.ofLongs(0, 2), logits).item(), 1e-12);
  }

  @Test
  void ignoredClassesAreLeftOutOfTheDivisor() {
    Tensor logits = Tensor.of(new double[][] {{2, 1, 0.1}, {-1, 4, 0}, {5, 5, 5}});
    SoftmaxLoss loss = Losses.softmaxCrossEntropy().ignoreClass(-1);
    double whole = Losses.softmaxCrossEntropy().apply(Tensor.ofLongs(0, 2), logits.slice(0, 0, 2)).item();
    assertEquals(whole, loss.apply(Tensor.ofLongs(0, 2, -1), logits).item(), 1e-12);
    assertEquals(0, loss.apply(Tensor.ofLongs(-1, -1, -1), logits).item());
  }

  @Test
  void marginsAndDivergencesOfTheWorkedExamples() {
    assertEquals(0.7, value(Losses.hinge(), of(1), 0.3), 1e-12);
    assertEquals(0, value(Losses.perceptron(), of(1), 0.3), 1e-12);
    assertEquals(0.3, value(Losses.perceptron(), of(-1), 0.3), 1e-12);
    assertEquals(0.025267, value(Losses.klDivergence(), of(.5, .3, .2), .4, .4, .2), EXACT);
    assertEquals(-2.156185, value(Losses.poisson(), of(3, 5, 2, 7), 2.5, 5, 4, 8), EXACT);
  }

  @Test
  void reductionsAgree() {
    Tensor y = Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}});
    Tensor p = Tensor.of(new double[][] {{1.5, 2}, {3, 3}, {2, 6}});
    Tensor w = Tensor.of(1.0, 0.0, 2.0);
    ElementLoss loss = Losses.meanSquaredError();
    double[] each = loss.reduction(Reduction.NONE).apply(y, p).toDoubles();
    double sum = each[0] + 2 * each[2];
    assertEquals(sum, loss.reduction(Reduction.SUM).apply(y, p, w).item(), 1e-12);
    assertEquals(sum / 3, loss.apply(y, p, w).item(), 1e-12);
    assertEquals(sum / 3, loss.reduction(Reduction.WEIGHTED_MEAN).apply(y, p, w).item(), 1e-12);
    assertEquals((each[0] + each[1] + each[2]) / 3, loss.apply(y, p).item(), 1e-12);
    Tensor column = w.mul(2).reshape(3, 1);
    assertEquals(sum / 3, loss.reduction(Reduction.WEIGHTED_MEAN).apply(y, p, column).item(), 1e-12);
  }

  @Test
  void emptyBatchIsRefused() {
    Tensor empty = Tensor.of(new double[0], Shape.of(0, 3));
    for (Reduction r : Reduction.values()) {
      ShapeException e =
          assertThrows(ShapeException.class, () -> Losses.meanSquaredError().reduction(r).apply(empty, empty));
      assertEquals("meanSquaredError: expected at least one sample, given values of shape [0]", e.getMessage());
    }
  }

  @Test
  void vectorAndColumnAreTakenForEachOther() {
    Tensor column = Tensor.of(of(1, 2, 3), Shape.of(3, 1));
    assertEquals(1.0, Losses.meanSquaredError().apply(Tensor.of(2.0, 3.0, 4.0), column).item(), 1e-12);
  }

  @Test
  void otherShapesAreRefusedNamingTheLossAndBothShapes() {
    Tensor p = Tensor.of(new double[6], Shape.of(2, 3));
    ShapeException e =
        assertThrows(ShapeException.class, () -> Losses.meanSquaredError().apply(Tensor.of(1.0, 2.0, 3.0), p));
    assertEquals(
        "meanSquaredError: expected labels of the predictions' shape [2, 3], given [3]", e.getMessage());
    ShapeException s =
        assertThrows(ShapeException.class, () -> Losses.softmaxCrossEntropy().apply(Tensor.ofLongs(1, 2, 0), p));
    assertEquals(
        "softmaxCrossEntropy: expected labels of shape [2] for predictions of [2, 3], given [3]", s.getMessage());
  }

  @Test
  void floatClassNumbersAreRefused() {
    Tensor p = Tensor.of(new double[6], Shape.of(2, 3));
    DTypeException e =
        assertThrows(DTypeException.class, () -> Losses.softmaxCrossEntropy().apply(Tensor.of(1.0, 2.0), p));
    assertTrue(
        e.getMessage().startsWith("softmaxCrossEntropy: expected integer class labels, given float64[2]"),
        e.getMessage());
  }

  @Test
  void labelOutOfRangeIsNamedWithIndexAndRange() {
    Tensor p = Tensor.of(new double[][] {{.2, .3, .5}, {.2, .3, .5}});
    var probabilities = Losses.sparseCategoricalCrossEntropy();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> probabilities.apply(Tensor.ofLongs(1, 7), p));
    assertEquals(
        "sparseCategoricalCrossEntropy: expected labels in [0, 3), given 7 at index 1", e.getMessage());
    String fused =
        assertThrows(
                IllegalArgumentException.class, () -> Losses.softmaxCrossEntropy().apply(Tensor.ofLongs(1, -1), p))
            .getMessage();
    assertTrue(fused.contains("label -1") && fused.contains("row 1") && fused.contains("[0, 3)"), fused);
  }

  @Test
  void weightsOfAnotherShapeAreRefused() {
    Tensor p = Tensor.of(new double[6], Shape.of(2, 3));
    ShapeException e =
        assertThrows(ShapeException.class, () -> Losses.meanSquaredError().apply(p, p, Tensor.of(1.0, 1.0, 1.0)));
    assertEquals("meanSquaredError: expected sample weights of [2] or a beginning of it, given [3]", e.getMessage());
  }

  @Test
  void lambdaIsALossButRefusesWeights() {
    Loss lambda = (y, p) -> y.sub(p).abs().mean();
    Tensor p = Tensor.of(1.0, 2.0);
    assertEquals(1.5, lambda.apply(Tensor.of(0.0, 0.0), p).item());
    assertEquals(1.5, lambda.apply(Tensor.of(0.0, 0.0), p, null).item());
    assertThrows(UnsupportedOperationException.class, () -> lambda.apply(p, p, p));
    assertFalse(lambda.expectsLogits());
  }

  @Test
  void logitsLossesSaySo() {
    assertTrue(Losses.softmaxCrossEntropy().expectsLogits());
    assertTrue(Losses.sigmoidCrossEntropy().expectsLogits());
    assertTrue(Losses.categoricalCrossEntropy().fromLogits(true).expectsLogits());
    assertFalse(Losses.categoricalCrossEntropy().expectsLogits());
    assertFalse(Losses.meanSquaredError().expectsLogits());
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Losses.huber(0));
    assertThrows(IllegalArgumentException.class, () -> Losses.softmaxCrossEntropy().labelSmoothing(1.5));
    assertThrows(IllegalArgumentException.class, () -> Losses.binaryCrossEntropy().labelSmoothing(Double.NaN));
  }

  @Test
  void generalizedCrossEntropyLiesBetweenCrossEntropyAndAbsoluteError() {
    Tensor p = Tensor.of(new double[][] {{.64, .2, .16}, {.25, .5, .25}});
    Tensor labels = Tensor.ofLongs(0, 2);
    double[] half = Losses.categoricalGeneralizedCrossEntropy(.5).perSample(labels, p).toDoubles();
    assertArrayEquals(new double[] {(1 - .8) / .5, (1 - .5) / .5}, half, 1e-12);
    double[] absolute = Losses.categoricalGeneralizedCrossEntropy(1).perSample(labels, p).toDoubles();
    assertArrayEquals(new double[] {.36, .75}, absolute, 1e-12);
    double[] nearly = Losses.categoricalGeneralizedCrossEntropy(1e-6).perSample(labels, p).toDoubles();
    assertArrayEquals(new double[] {-Math.log(.64), -Math.log(.25)}, nearly, 1e-5);
    assertThrows(IllegalArgumentException.class, () -> Losses.categoricalGeneralizedCrossEntropy(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> Losses.categoricalGeneralizedCrossEntropy(.5).apply(Tensor.ofLongs(0, 3), p));
  }
}
