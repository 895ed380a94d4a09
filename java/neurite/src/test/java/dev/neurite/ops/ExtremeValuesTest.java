package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Empty axes, and values at the ends of the range. */
class ExtremeValuesTest {

  private static final float INFINITE = Float.POSITIVE_INFINITY;

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  // ---- empty axes

  @Test
  void theSumOfNothingIsZeroAndItsMeanIsNotANumber() {
    Tensor none = Tensor.zeros(Shape.of(0, 3));

    assertArrayEquals(new float[3], none.sum(0).toFloats());
    assertArrayEquals(new float[] {Float.NaN, Float.NaN, Float.NaN}, none.mean(0).toFloats());
    assertArrayEquals(new float[] {Float.NaN, Float.NaN, Float.NaN}, none.variance(0).toFloats());
    assertEquals(Shape.of(0), none.sum(1).shape());
    assertEquals(Shape.of(0), none.max(1).shape());
    assertEquals(0, none.sum().item());
  }

  @Test
  void theLargestOfNothingIsRefused() {
    Tensor none = Tensor.zeros(Shape.of(0, 3));

    assertEquals(
        "MAX: expected at least one element to reduce, given float32[0, 3]",
        assertThrows(ShapeException.class, () -> none.max(0)).getMessage());
    assertEquals(
        "argmax: expected at least one element along axis 0, given float32[0, 3]",
        assertThrows(ShapeException.class, () -> none.argmax(0)).getMessage());
  }

  @Test
  void productsAndSoftmaxOfEmptyTensorsAreEmptyOrZero() {
    Tensor noColumns = Tensor.zeros(Shape.of(2, 0));

    assertArrayEquals(new float[6], noColumns.matmul(Tensor.zeros(Shape.of(0, 3))).toFloats());
    assertEquals(Shape.of(0, 3), Tensor.zeros(Shape.of(0, 2)).matmul(Tensor.zeros(Shape.of(2, 3))).shape());
    assertEquals(Shape.of(2, 0), noColumns.softmax(1).shape());
    assertEquals(Shape.of(2, 0), noColumns.add(Tensor.zeros(Shape.of(1, 0))).shape());
  }

  @Test
  void aScalarHasNoAxisToReduceAlong() {
    Tensor scalar = Tensor.scalar(3);

    assertEquals(3, scalar.sum().item());
    assertEquals(3, scalar.max().item());
    assertThrows(ShapeException.class, () -> scalar.sum(0));
    assertThrows(ShapeException.class, () -> scalar.softmax(0));
  }

  // ---- far out

  private static void lossAndSlopes(Loss loss, Tensor y, Tensor logits, double expected, float... slopes) {
    try (Tape tape = Tape.open()) {
      tape.watch(logits);
      Tensor value = loss.apply(y, logits);
      assertEquals(expected, value.item());
      assertArrayEquals(slopes, tape.gradients(value, List.of(logits)).of(logits).toFloats());
    }
  }

  @Test
  void logitsOfTenThousandGiveFiniteLossesAndSlopes() {
    lossAndSlopes(
        Losses.softmaxCrossEntropy(), Tensor.ofLongs(1), Tensor.of(new float[][] {{1e4f, -1e4f}}), 20_000, 1, -1);
    lossAndSlopes(
        Losses.softmaxCrossEntropy(), Tensor.ofLongs(0), Tensor.of(new float[][] {{1e4f, -1e4f}}), 0, 0, 0);
    lossAndSlopes(
        Losses.sigmoidCrossEntropy(), Tensor.of(1f, 0f), Tensor.of(-1e4f, 1e4f), 10_000, -0.5f, 0.5f);
  }

  @Test
  void softmaxOfInfinitiesIsOneHotAndOfNothingButThemNotANumber() {
    Tensor x = Tensor.of(new float[][] {{-INFINITE, 0}, {-INFINITE, -INFINITE}, {1e38f, -1e38f}});

    assertArrayEquals(new float[] {0, 1, Float.NaN, Float.NaN, 1, 0}, x.softmax(1).toFloats());
    Tensor infinite = Tensor.of(new float[][] {{INFINITE, 0}});
    assertTrue(Double.isNaN(Losses.softmaxCrossEntropy().apply(Tensor.ofLongs(1), infinite).item()));
  }

  @Test
  void denormalsAndSignedZerosSurvive() {
    float tiny = Float.MIN_VALUE * 8;
    Tensor x = Tensor.of(tiny, -0f, 0f);

    assertArrayEquals(new float[] {tiny * 2, -0f, 0f}, x.mul(2).toFloats());
    assertArrayEquals(new float[] {-tiny, 0f, -0f}, x.neg().toFloats());
    assertEquals(Float.NEGATIVE_INFINITY, Tensor.scalar(1).div(Tensor.scalar(-0f)).item());
  }
}
