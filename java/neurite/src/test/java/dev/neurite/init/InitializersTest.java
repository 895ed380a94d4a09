package dev.neurite.init;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.ShapeException;
import dev.neurite.init.VarianceScaling.Distribution;
import dev.neurite.init.VarianceScaling.Mode;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InitializersTest {

  private static final Shape LARGE = Shape.of(640, 320);

  private static double[] draw(Initializer initializer, Shape shape) {
    try (Scope scope = Scope.open()) {
      return initializer.create(shape, DType.FLOAT64, RandomStream.of(1, "test")).toDoubles();
    }
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static void check(Initializer initializer, double expectedDeviation, double bound) {
    double[] values = draw(initializer, LARGE);
    assertEquals(expectedDeviation, deviation(values), 0.01 * expectedDeviation);
    assertEquals(0, Arrays.stream(values).average().orElseThrow(), 0.01 * expectedDeviation);
    assertTrue(largest(values) <= bound, largest(values) + " > " + bound);
  }

  @Test
  void fansCountTheReceptiveField() {
    assertEquals(new Fans(64, 32), Fans.of(Shape.of(64, 32)));
    assertEquals(new Fans(3 * 3 * 16, 3 * 3 * 32), Fans.of(Shape.of(3, 3, 16, 32)));
    assertEquals(new Fans(5, 5), Fans.of(Shape.of(5)));
    assertEquals(new Fans(1, 1), Fans.of(Shape.scalar()));
  }

  @Test
  void uniformFamiliesHaveTheirLimitAndSpread() {
    double glorot = Math.sqrt(6.0 / 960);
    check(Initializers.glorotUniform(), glorot / Math.sqrt(3), glorot);
    check(Initializers.heUniform(), Math.sqrt(2.0 / 640), Math.sqrt(6.0 / 640));
    check(Initializers.lecunUniform(), Math.sqrt(1.0 / 640), Math.sqrt(3.0 / 640));
  }

  @Test
  void normalFamiliesAreTruncatedAndWidened() {
    double he = Math.sqrt(2.0 / 640);
    check(Initializers.glorotNormal(), Math.sqrt(2.0 / 960), 2 * Math.sqrt(2.0 / 960) / 0.87962566);
    check(Initializers.heNormal(), he, 2 * he / 0.87962566);
    check(Initializers.lecunNormal(), Math.sqrt(1.0 / 640), 2 * Math.sqrt(1.0 / 640) / 0.87962566);
  }

  @Test
  void untruncatedNormalReachesBeyondTheCut() {
    double he = Math.sqrt(2.0 / 640);
    check(Initializers.heNormal().truncated(false), he, 10 * he);
    assertTrue(largest(draw(Initializers.heNormal().truncated(false), LARGE)) > 3 * he);
    assertEquals(Initializers.heUniform(), Initializers.heUniform().truncated(false));
    assertEquals(Initializers.heNormal(), Initializers.heNormal().truncated(false).truncated(true));
  }

  @Test
  void plainNormalAndUniformTakeTheirParameters() {
    double[] normal = draw(Initializers.normal(3, 0.5), LARGE);
    assertEquals(3, Arrays.stream(normal).average().orElseThrow(), 0.01);
    assertEquals(0.5, deviation(normal), 0.01);
    double[] truncated = draw(Initializers.truncatedNormal(0, 1), LARGE);
    assertEquals(0.87962566, deviation(truncated), 0.01);
    assertTrue(largest(truncated) <= 2);
    double[] uniform = draw(Initializers.uniform(-1, 3), LARGE);
    assertEquals(1, Arrays.stream(uniform).average().orElseThrow(), 0.02);
    assertEquals(4 / Math.sqrt(12), deviation(uniform), 0.02);
  }

  @Test
  void constantsAndIdentity() {
    assertArrayEquals(new double[] {0, 0}, draw(Initializers.zeros(), Shape.of(2)));
    assertArrayEquals(new double[] {1, 1}, draw(Initializers.ones(), Shape.of(2)));
    assertArrayEquals(new double[] {-2}, draw(Initializers.constant(-2), Shape.scalar()));
    assertArrayEquals(new double[] {3, 0, 0, 0, 3, 0}, draw(Initializers.identity(3), Shape.of(2, 3)));
    assertThrows(ShapeException.class, () -> draw(Initializers.identity(1), Shape.of(2)));
  }

  @Test
  void orthogonalColumnsOrRows() {
    for (Shape shape : new Shape[] {Shape.of(7, 4), Shape.of(4, 7), Shape.of(5, 5), Shape.of(2, 3, 4)}) {
      try (Scope scope = Scope.open()) {
        Tensor w = Tensor.of(draw(Initializers.orthogonal(2), shape), shape).reshape(-1, shape.last());
        Tensor gram = w.dim(0) >= w.dim(1) ? w.transpose().matmul(w) : w.matmul(w.transpose());
        double[] expected = draw(Initializers.identity(4), gram.shape());
        assertArrayEquals(expected, gram.toDoubles(), 1e-12);
      }
    }
  }

  @Test
  void theStreamDecidesWhatIsDrawn() {
    try (Scope scope = Scope.open()) {
      Initializer init = Initializers.glorotUniform();
      Shape shape = Shape.of(3, 3);
      float[] a = init.create(shape, DType.FLOAT32, RandomStream.of(1, "a")).toFloats();
      assertArrayEquals(a, init.create(shape, DType.FLOAT32, RandomStream.of(1, "a")).toFloats());
      assertNotEquals(a[0], init.create(shape, DType.FLOAT32, RandomStream.of(1, "b")).toFloats()[0]);
      assertNotEquals(a[0], init.create(shape, DType.FLOAT32, RandomStream.of(2, "a")).toFloats()[0]);
    }
  }

  @Test
  void wrongParametersAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Initializers.varianceScaling(0, Mode.FAN_IN, Distribution.NORMAL));
    assertThrows(IllegalArgumentException.class, () -> Initializers.uniform(1, 0));
    assertThrows(IllegalArgumentException.class, () -> Initializers.normal(0, -1));
  }
}
