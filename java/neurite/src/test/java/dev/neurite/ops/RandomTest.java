package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RandomTest extends OpContract {

  private static final long SEED = 5;
  private static final long STREAM = 2;

  @Override
  String folder() {
    return "random";
  }

  @Override
  List<Case> cases() {
    return List.of(
        new Case(
                "uniform float32",
                t -> RandomOp.uniform(Shape.of(1001), DType.FLOAT32, 0, 1, RandomStream.of(SEED, STREAM, 4)),
                v -> uniform(1001))
            .noGradient());
  }

  private static double[] uniform(int n) {
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      y[i] = Philox.uniform(Philox.word(SEED, STREAM, 4, i));
    }
    return y;
  }

  @Test
  void aMillionNormalsHaveTheStatedMeanAndDeviation() {
    double[] x =
        Scope.run(() -> RandomOp.normal(
            Shape.of(1_000_000), DType.FLOAT32, 2, 3, RandomStream.of(1, "normals")).toDoubles());
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    assertEquals(2, mean, 0.02);
    assertEquals(9, variance, 0.09);
  }

  @Test
  void truncatedNormalsStayWithinTwoDeviations() {
    double[] x =
        Scope.run(() -> RandomOp.truncatedNormal(
            Shape.of(100_000), DType.FLOAT64, 0, 1, RandomStream.of(1, "truncated")).toDoubles());
    assertTrue(Arrays.stream(x).allMatch(v -> Math.abs(v) <= 2));
    double variance = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
    assertEquals(0.87962566 * 0.87962566, variance, 0.01);
  }

  @Test
  void aPermutationHoldsEachNumberOnce() {
    long[] p = Scope.run(() -> RandomOp.permutation(1000, RandomStream.of(3, "order")).toLongs());
    long[] sorted = p.clone();
    Arrays.sort(sorted);
    assertTrue(java.util.stream.IntStream.range(0, 1000).allMatch(i -> sorted[i] == i));
    assertTrue(java.util.stream.IntStream.range(0, 1000).filter(i -> p[i] == i).count() < 10);
  }

  @Test
  void streamsOfDifferentNamesDiffer() {
    long[] a = Scope.run(() -> RandomOp.integers(Shape.of(100), 0, 1_000_000, RandomStream.of(3, "a")).toLongs());
    long[] b = Scope.run(() -> RandomOp.integers(Shape.of(100), 0, 1_000_000, RandomStream.of(3, "b")).toLongs());
    assertTrue(Arrays.stream(a).allMatch(v -> v >= 0 && v < 1_000_000));
    assertTrue(!Arrays.equals(a, b));
  }
}
