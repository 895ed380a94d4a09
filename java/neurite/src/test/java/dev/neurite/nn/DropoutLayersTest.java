package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Layers that drop or add noise. */
class DropoutLayersTest extends LayerContract {

  private static final int N = 200_000;

  @Override
  protected List<Case> cases() {
    return List.of(
        layer("spatial 1d", () -> SpatialDropout1D.of(0.4), Shape.of(2, 3, 4)).output(2, 3, 4).random()
            .refuses(Shape.of(2, 3), "[batch, time, channels]"),
        layer("spatial 2d", () -> SpatialDropout2D.of(0.4), Shape.of(2, 3, 2, 4)).output(2, 3, 2, 4).random()
            .refuses(Shape.of(2, 3), "[batch, height, width, channels]"),
        layer("spatial 3d", () -> SpatialDropout3D.of(0.4), Shape.of(2, 3, 2, 2, 4)).output(2, 3, 2, 2, 4).random()
            .refuses(Shape.of(2, 3), "[batch, depth, height, width, channels]"),
        layer("alpha", () -> AlphaDropout.of(0.3), Shape.of(2, 3)).output(2, 3).random(),
        layer("gaussian dropout", () -> GaussianDropout.of(0.3), Shape.of(2, 3)).output(2, 3).random(),
        layer("gaussian noise", () -> GaussianNoise.of(0.3), Shape.of(2, 3)).output(2, 3).random());
  }

  private static double[] moments(Layer layer, Tensor x) {
    Tensor y = layer.call(x, Pass.training(5));
    double mean = y.mean().item();
    return new double[] {mean, Math.sqrt(y.sub(mean).square().mean().item())};
  }

  @Test
  void noiseHasTheStatedMeanAndDeviation() {
    try (Scope scope = Scope.open()) {
      Tensor ones = Tensor.ones(Shape.of(N), DType.FLOAT32);
      assertArrayEquals(new double[] {1, Math.sqrt(0.3 / 0.7)}, moments(GaussianDropout.of(0.3), ones), 0.01);
      assertArrayEquals(new double[] {1, 0.25}, moments(GaussianNoise.of(0.25), ones), 0.01);
    }
  }

  @Test
  void alphaDropoutKeepsMeanZeroAndVarianceOne() {
    try (Scope scope = Scope.open()) {
      Tensor normal = dev.neurite.ops.RandomOp.normal(
          Shape.of(N), DType.FLOAT32, 0, 1, dev.neurite.tensor.RandomStream.of(1, "x"));
      assertArrayEquals(new double[] {0, 1}, moments(AlphaDropout.of(0.3), normal), 0.01);
    }
  }

  @Test
  void spatialDropoutDropsWholeChannelsPerSample() {
    try (Scope scope = Scope.open()) {
      Tensor y = SpatialDropout2D.of(0.5).call(Tensor.ones(Shape.of(40, 3, 3, 20), DType.FLOAT32), Pass.training(2));
      Tensor perChannel = y.sum(1, 2); // 0 or 9 * 2
      double dropped = perChannel.eq(Tensor.scalar(0, DType.FLOAT32)).cast(DType.FLOAT32).sum().item();
      double kept = perChannel.eq(Tensor.scalar(18, DType.FLOAT32)).cast(DType.FLOAT32).sum().item();
      assertEquals(800, dropped + kept);
      assertEquals(400, dropped, 60);
    }
  }

  @Test
  void theIdentityForInferenceAndNoiseAgainInAMonteCarloPass() {
    for (Supplier<Layer> make : List.<Supplier<Layer>>of(
        () -> Dropout.of(0.5), () -> AlphaDropout.of(0.5), () -> GaussianDropout.of(0.5), () -> GaussianNoise.of(0.5),
        () -> SpatialDropout1D.of(0.5))) {
      try (Scope scope = Scope.open()) {
        Layer layer = make.get();
        Tensor x = Tensor.ones(Shape.of(4, 5, 6), DType.FLOAT32);
        assertArrayEquals(x.toFloats(), layer.call(x).toFloats());
        float[] once = layer.call(x, Pass.monteCarlo(3)).toFloats();
        assertArrayEquals(once, layer.call(x, Pass.monteCarlo(3)).toFloats(), "the same seed");
        Tensor other = layer.call(x, Pass.monteCarlo(4));
        assertTrue(other.sub(Tensor.of(once, x.shape())).abs().max().item() > 0, layer.typeName());
      }
    }
  }

  @Test
  void wrongRatesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> SpatialDropout1D.of(1));
    assertThrows(IllegalArgumentException.class, () -> AlphaDropout.of(-0.1));
    assertThrows(IllegalArgumentException.class, () -> GaussianDropout.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> GaussianNoise.of(-1));
  }

  @Test
  void bagsSumAverageAndTakeTheLargest() {
    try (Scope scope = Scope.open()) {
      Tensor ids = Tensor.of(new long[] {1, 2, 0}, Shape.of(3));
      Tensor offsets = Tensor.of(new long[] {0, 2, 2}, Shape.of(3));
      double[][] want = {{4, -1}, {2, -0.5}, {3, 0}};
      int i = 0;
      for (EmbeddingBag.Mode mode : EmbeddingBag.Mode.values()) {
        EmbeddingBag bag = EmbeddingBag.of(3, 2).mode(mode).dtype(DType.FLOAT64);
        bag.call(List.of(ids, offsets));
        bag.embeddings().assign(Tensor.of(new double[] {7, 8, 1, 0, 3, -1}, Shape.of(3, 2), DType.FLOAT64));
        double[] y = bag.call(List.of(ids, offsets)).get(0).toDoubles();
        assertArrayEquals(new double[] {want[i][0], want[i][1], 0, 0, 7, 8}, y, 0, mode.name());
        dev.neurite.autograd.GradCheck.Report report = dev.neurite.autograd.GradCheck.check(
            () -> bag.call(List.of(ids, offsets)).get(0).square().sum(), bag.params());
        assertTrue(report.passes(1e-6), report.toString());
        i++;
      }
      EmbeddingBag bag = EmbeddingBag.of(3, 2);
      assertThrows(
          IllegalArgumentException.class,
          () -> bag.call(List.of(ids, Tensor.of(new long[] {0, 4}, Shape.of(2)))));
    }
  }
}
