package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.io.HalfFloat;
import dev.neurite.nn.Activation;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * What every row of section D asks for: values, derivative, what is left of it in 16 bits, extreme inputs and NaN.
 *
 * @param activation the function under test
 * @param f its definition
 * @param df its derivative; never asked at a kink
 */
record ActivationRow(Activation activation, DoubleUnaryOperator f, DoubleUnaryOperator df) {

  /** The inputs of table N14. */
  static final double[] N14 = {-2, -1, -0.5, 0, 0.5, 1, 2};

  private static final double PRINTED = 6e-7; // six decimals
  private static final double HALF = 0x1p-10;
  private static final double BFLOAT = 0x1p-7;
  private static final double SMALLEST_HALF = 0x1p-24;

  /** All of it. */
  void check(double[] table, double atMinus10000, double at10000) {
    values(table);
    derivative();
    sixteenBits();
    extremes(-1e4, atMinus10000);
    extremes(1e4, at10000);
    for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      assertTrue(Double.isNaN(at(Double.NaN, type)), activation + " of NaN");
    }
  }

  double at(double x, DType type) {
    return Scope.run(() -> activation.apply(Tensor.of(new double[] {x}, Shape.of(1), type)).toDoubles()[0]);
  }

  double[] slopes(double... xs) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(xs, Shape.of(xs.length), DType.FLOAT64);
      tape.watch(x);
      return tape.gradients(activation.apply(x).sum(), List.of(x)).of(x).toDoubles();
    }
  }

  private void values(double[] table) {
    for (int i = 0; i < N14.length; i++) {
      assertEquals(table[i], at(N14[i], DType.FLOAT64), PRINTED, activation + " at " + N14[i]);
      assertEquals(table[i], at(N14[i], DType.FLOAT32), PRINTED, activation + " at " + N14[i] + " in float32");
    }
    for (double x = -6; x < 6; x += 0.0937) {
      double want = f.applyAsDouble(x);
      assertEquals(want, at(x, DType.FLOAT64), 1e-13 * (1 + Math.abs(want)), activation + " at " + x);
    }
  }

  private void derivative() {
    double[] xs = {-5.3, -2.1, -0.7, -0.01, 0.013, 0.4, 1.7, 4.9};
    double[] found = slopes(xs);
    for (int i = 0; i < xs.length; i++) {
      double want = df.applyAsDouble(xs[i]);
      assertEquals(want, found[i], 1e-11 * (1 + Math.abs(want)), activation + "' at " + xs[i]);
      double numeric = (f.applyAsDouble(xs[i] + 1e-5) - f.applyAsDouble(xs[i] - 1e-5)) / 2e-5;
      assertEquals(numeric, found[i], 1e-8, activation + "' at " + xs[i] + " by differences");
    }
  }

  /** Inputs that binary16 and bfloat16 hold give the value that they hold. */
  private void sixteenBits() {
    for (double x = -7.9; x < 8; x += 0.171) {
      float half = HalfFloat.round((float) x);
      double want = HalfFloat.round((float) f.applyAsDouble(half));
      double got = HalfFloat.round((float) at(half, DType.FLOAT32));
      assertEquals(want, got, HALF * Math.abs(want) + SMALLEST_HALF, activation + " of binary16 " + half);
      double brief = bfloat(x);
      double wantBrief = bfloat(f.applyAsDouble(brief));
      assertEquals(
          wantBrief, bfloat(at(brief, DType.FLOAT32)), BFLOAT * Math.abs(wantBrief),
          activation + " of bfloat16 " + brief);
    }
  }

  private static double bfloat(double x) {
    return Scope.run(() -> Tensor.of(new double[] {x}, Shape.of(1), DType.FLOAT32).cast(DType.BFLOAT16)
        .cast(DType.FLOAT32).toDoubles()[0]);
  }

  private void extremes(double x, double want) {
    for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      assertEquals(want, at(x, type), 1e-6 * Math.abs(want), activation + " at " + x);
    }
    double[] slope = slopes(x);
    assertArrayEquals(new double[] {df.applyAsDouble(x)}, slope, 1e-9, activation + "' at " + x);
  }
}
