package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the normalisation layers do beyond the contract of all layers. */
class NormBehaviourTest {

  private static Tensor normal(long... dims) {
    return Initializers.normal(0.5, 2).create(Shape.of(dims), DType.FLOAT64, RandomStream.of(3, "x"));
  }

  @Test
  void oneGroupIsLayerNormOfTheSampleAndAGroupPerChannelIsInstanceNorm() {
    try (Scope scope = Scope.open()) {
      Tensor x = normal(3, 4, 5, 6);

      assertArrayEquals(
          LayerNorm.of().axis(1, 2, 3).scale(false).center(false).call(x).toDoubles(),
          GroupNorm.of(1).call(x).toDoubles(), 1e-12);
      assertArrayEquals(InstanceNorm.of().call(x).toDoubles(), GroupNorm.of(-1).call(x).toDoubles());
      assertArrayEquals(InstanceNorm.of().call(x).toDoubles(), GroupNorm.of(6).call(x).toDoubles());
    }
  }

  @Test
  void aLayerNormOverAnInnerAxisIsThatOfTheTransposedInput() {
    try (Scope scope = Scope.open()) {
      Tensor x = normal(2, 5, 3);

      assertArrayEquals(
          LayerNorm.of().call(x.permute(0, 2, 1)).permute(0, 2, 1).toDoubles(),
          LayerNorm.of().axis(1).call(x).toDoubles(), 1e-12);
    }
  }

  @Test
  void gammaAndBetaOfSeveralAxesFollowTheInputsOrder() {
    try (Scope scope = Scope.open()) {
      Tensor x = normal(2, 3, 2, 4);
      LayerNorm layer = LayerNorm.of().axis(-1, 1);
      layer.call(x);
      assertEquals(Shape.of(3, 4), layer.gamma().shape());
      layer.gamma().assign(normal(3, 4));
      layer.beta().assign(normal(3, 4).neg());
      Tensor hat = LayerNorm.of().axis(1, 3).scale(false).center(false).call(x);

      assertArrayEquals(
          hat.mul(layer.gamma().expandDims(1)).add(layer.beta().expandDims(1)).toDoubles(), layer.call(x).toDoubles(),
          1e-12);
    }
  }

  @Test
  void zerosStayZerosWithFiniteGradients() {
    for (double order : new double[] {0.5, 1, 2, 3.5, Double.POSITIVE_INFINITY}) {
      try (Tape tape = Tape.open()) {
        Tensor x = Tensor.of(new double[][] {{0, 0, 0}, {3, 0, 4}});
        tape.watch(x);
        Tensor y = UnitNormalization.of().order(order).call(x);
        double[] values = y.toDoubles();
        double[] gradient = tape.gradients(y.mul(y).sum(), List.of(x)).of(x).toDoubles();

        assertArrayEquals(new double[] {0, 0, 0}, new double[] {values[0], values[1], values[2]});
        for (double g : gradient) {
          assertTrue(order < 1 || Double.isFinite(g), "order " + order + ": " + g);
        }
        if (order == 2) {
          assertArrayEquals(new double[] {0.6, 0, 0.8}, new double[] {values[3], values[4], values[5]}, 1e-12);
        }
      }
    }
  }

  @Test
  void hugeValuesDoNotOverflowTheLength() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[][] {{3e30f, 4e30f}});

      assertArrayEquals(new double[] {0.6, 0.8}, UnitNormalization.of().call(x).toDoubles(), 1e-6);
      assertArrayEquals(new double[] {3 / 7.0, 4 / 7.0}, UnitNormalization.of().order(1).call(x).toDoubles(), 1e-6);
    }
  }

  @Test
  void spectralNormKeepsTheLargestSingularValueAtOneWhileTraining() {
    Neurite.seed(9);
    try (Scope scope = Scope.open()) {
      Dense inner = Dense.of(4).bias(false);
      Model model = Model.sequential(Input.of(6).dtype(DType.FLOAT64), SpectralNorm.of(inner).iterations(3));
      Tensor x = normal(8, 6);
      Sgd sgd = Sgd.of(0.5);
      for (int i = 0; i < 20; i++) {
        sgd.minimize(() -> model.call(x, Pass.training(1)).square().mean().neg(), inner.kernel());
        assertEquals(1, largest(inner.kernel()), i < 5 ? 0.2 : 0.05, "step " + i);
      }
      double[] before = model.call(x).toDoubles();
      assertArrayEquals(before, model.call(x, Pass.training(1)).toDoubles());
      model.close();
    }
  }

  /** By many power iterations from a vector of ones. */
  private static double largest(Tensor kernel) {
    Tensor ones = Tensor.ones(Shape.of(kernel.shape().last()), DType.FLOAT64);
    return SpectralNorm.normalize(kernel, ones, 200).sigma().item();
  }

  @Test
  void spectralNormWrapsTablesAndRefusesLayersWithoutAKernel() {
    try (Scope scope = Scope.open()) {
      Embedding table = Embedding.of(5, 3);
      SpectralNorm layer = SpectralNorm.of(table);
      assertSame(table, layer.layer());
      assertEquals(Shape.of(2, 3), layer.call(Tensor.ofLongs(1, 4)).shape());
      String message = assertThrows(
          IllegalArgumentException.class, () -> SpectralNorm.of(Dropout.of(0.1)).call(normal(2, 3))).getMessage();
      assertTrue(message.contains("expected a layer with a kernel or embeddings, given Dropout"), message);
      assertThrows(ShapeException.class, () -> SpectralNorm.normalize(normal(2, 3), normal(2), 1));
      assertThrows(IllegalArgumentException.class, () -> SpectralNorm.normalize(normal(2, 3), normal(3), 0));
    }
  }

  @Test
  void optionsThatMeanNothingAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> LayerNorm.of().epsilon(0));
    assertThrows(IllegalArgumentException.class, () -> LayerNorm.of().axis());
    assertThrows(IllegalArgumentException.class, () -> LayerNorm.of().correction(-1));
    assertThrows(IllegalArgumentException.class, () -> GroupNorm.of(0));
    assertThrows(IllegalArgumentException.class, () -> LocalResponseNorm.of(0));
    assertThrows(IllegalArgumentException.class, () -> UnitNormalization.of().order(0));
    assertThrows(IllegalArgumentException.class, () -> SpectralNorm.of(Dense.of(1)).iterations(0));
    try (Scope scope = Scope.open()) {
      assertThrows(ShapeException.class, () -> LayerNorm.of().axis(0).call(normal(2, 3)));
      assertThrows(ShapeException.class, () -> LayerNorm.of().axis(1, -1).call(normal(2, 3)));
      LayerNorm layer = LayerNorm.of();
      layer.call(normal(2, 3));
      String message = assertThrows(ShapeException.class, () -> layer.call(normal(2, 4))).getMessage();
      assertTrue(message.contains("LayerNorm 'layer_norm"), message);
      assertTrue(message.contains("of lengths [3] where it normalises, given [2, 4]"), message);
    }
  }
}
