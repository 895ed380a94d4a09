package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Products with parameters by bfloat16 parts; only levels with tiles have them. */
class SplitWeightsTest {

  private static Param weights(long rows, long columns) {
    float[] values = new float[(int) (rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i * 0.7);
    }
    return Param.of("w", Tensor.of(values).reshape(rows, columns));
  }

  private static Tensor rows(long rows, long columns) {
    float[] values = new float[(int) (rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.cos(i * 0.3);
    }
    return Tensor.of(values).reshape(rows, columns);
  }

  private static void needsTiles() {
    Assumptions.assumeTrue(Neurite.isa().startsWith("amx"), "level " + Neurite.isa() + " has no tiles");
  }

  @Test
  void everyCallOnTheSameValuesGivesTheSameBitsAndNewValuesAreSeen() {
    needsTiles();
    try (Scope scope = Scope.open();
        Param w = weights(96, 130)) {
      Tensor x = rows(32, 96);
      float[] first = x.matmul(w).toFloats();
      assertEquals(Float32MatmulPrecision.HIGHEST.describe(), Float32MatmulPrecision.lastUsed());
      assertArrayEquals(first, x.matmul(w).toFloats()); // split now
      assertArrayEquals(first, x.matmul(w).toFloats()); // kept
      float[] ieee = Float32MatmulPrecision.IEEE.run(() -> x.matmul(w).toFloats());
      assertArrayEquals(ieee, first, 1e-4f);
      float[] high = Float32MatmulPrecision.HIGH.run(() -> x.matmul(w).toFloats());
      assertArrayEquals(ieee, high, 1e-3f);
      w.assign(w.mul(2));
      float[] doubled = x.matmul(w).toFloats();
      for (int i = 0; i < first.length; i++) {
        assertEquals(2 * first[i], doubled[i], 0); // powers of two pass through the parts unchanged
      }
    }
  }

  @Test
  void aParameterIsSplitFromItsSecondUseOn() {
    needsTiles();
    try (Param w = weights(64, 64)) {
      assertNull(SplitPacking.of(w, false, 6));
      try (Packed split = SplitPacking.of(w, false, 6)) {
        assertNotNull(split);
      }
      assertNull(SplitPacking.of(w, true, 6));
      assertNull(SplitPacking.of(w, false, 3));
    }
  }

  @Test
  void extremeValuesInTheWeightsGoThroughFloat32() {
    needsTiles();
    try (Scope scope = Scope.open();
        Param w = weights(96, 130)) {
      Tensor x = rows(32, 96);
      w.assign(w.mul(1e-37f));
      for (int i = 0; i < 3; i++) {
        float[] got = x.matmul(w).toFloats();
        assertTrue(Float32MatmulPrecision.lastUsed().contains("ends of float32's range"));
        assertArrayEquals(Float32MatmulPrecision.IEEE.run(() -> x.matmul(w).toFloats()), got);
      }
    }
  }

  @Test
  void backwardOfADenseLayerFollowsTheForwardsMode() {
    needsTiles();
    try (Scope scope = Scope.open();
        Param w = weights(80, 70)) {
      Tensor x = rows(64, 80);
      try (Tape tape = Tape.open()) {
        Tensor y = Float32MatmulPrecision.IEEE.run(() -> MatMul.dense(x, w, null, UnaryOp.IDENTITY));
        float[] exact = tape.gradients(y.sum(), List.of(w)).of(w).toFloats();
        assertEquals("float32 FMA on " + Neurite.isa(), Float32MatmulPrecision.lastUsed());
        assertEquals(80 * 70, exact.length);
      }
    }
  }
}
