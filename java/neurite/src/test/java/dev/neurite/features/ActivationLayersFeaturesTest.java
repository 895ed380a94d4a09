package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.io.HalfFloat;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Maxout;
import dev.neurite.nn.Model;
import dev.neurite.nn.PRelu;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows of sections C and D about activations that are layers: maxout, softmax, PReLU. */
class ActivationLayersFeaturesTest {

  @Test
  void C32_twoLinearPiecesReproduceReluAndLeakyReluAtTwiceTheParameters() {
    Neurite.seed(6);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(-3, 0.1, 60, DType.FLOAT32).sin().mul(3).reshape(15, 4);
      for (double slope : new double[] {0, 0.01}) {
        Dense dense = Dense.of(3).activation(Activation.leakyRelu(slope));
        Tensor want = dense.call(x);
        Maxout maxout = Maxout.of(3);
        maxout.call(x);
        // piece 0 of each unit is the sum itself, piece 1 is slope times it
        maxout.kernel().assign(pieces(dense.kernel(), slope));
        maxout.bias().assign(pieces(dense.bias(), slope));
        assertArrayEquals(want.toFloats(), maxout.call(x).toFloats(), 1e-6f);
        assertEquals(
            2 * (dense.kernel().size() + dense.bias().size()), maxout.kernel().size() + maxout.bias().size());
      }
    }
    Model plain = Model.sequential(Input.of(7), Dense.of(5));
    Model doubled = Model.sequential(Input.of(7), Maxout.of(5));
    assertEquals(2 * plain.parameterCount(), doubled.parameterCount());
    plain.close();
    doubled.close();
  }

  /** The last axis with every value followed by slope times it. */
  private static Tensor pieces(Tensor w, double slope) {
    return Tensor.stack(w.rank(), List.of(w, w.mul(slope))).reshape(w.shape().with(-1, 2 * w.shape().last()));
  }

  @Test
  void C33_softmaxIsStableForLargeLogits() {
    softmax();
  }

  @Test
  void D18_softmaxAsActivation() {
    softmax();
    Tensor x = Tensor.of(new double[] {5, 2, -1, 3}, Shape.of(1, 4));
    Model model = Model.sequential(Input.of(4).dtype(DType.FLOAT64), Activation.SOFTMAX);
    assertArrayEquals(Activation.SOFTMAX.apply(x).toDoubles(), model.call(x).toDoubles());
    model.close();
    Param p = Param.of("x", Tensor.of(new double[] {5, 2, -1, 3}, Shape.of(1, 4)));
    GradCheck.Report report =
        GradCheck.check(() -> Activation.SOFTMAX.apply(p).mul(Tensor.of(1.0, -2.0, 3.0, 0.5)).sum(), List.of(p));
    assertTrue(report.passes(1e-6), report.toString());
    float[] half = {HalfFloat.round(0.1f), HalfFloat.round(-1.7f), HalfFloat.round(2.3f)};
    double[] y = Activation.SOFTMAX.apply(Tensor.of(half)).toDoubles();
    double sum = Math.exp(half[0]) + Math.exp(half[1]) + Math.exp(half[2]);
    for (int i = 0; i < 3; i++) {
      double want = HalfFloat.round((float) (Math.exp(half[i]) / sum));
      assertEquals(want, HalfFloat.round((float) y[i]), 0x1p-10 * want);
      Tensor brief = Tensor.of(half).cast(DType.BFLOAT16).cast(DType.FLOAT32);
      double[] b = brief.toDoubles();
      double all = Math.exp(b[0]) + Math.exp(b[1]) + Math.exp(b[2]);
      assertEquals(Math.exp(b[i]) / all, Activation.SOFTMAX.apply(brief).toDoubles()[i], 0x1p-7);
    }
  }

  private static void softmax() {
    for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Tensor y = Activation.SOFTMAX.apply(Tensor.of(new double[] {5, 2, -1, 3}, Shape.of(4), type));
      assertArrayEquals(new double[] {.8420, .0419, .0021, .1140}, y.toDoubles(), 5e-5);
      Tensor large = Tensor.of(new double[] {1e4, 1e4, -1e4, 1e4 - 1, 1e4, -1e4}, Shape.of(2, 3), type);
      double[] p = Activation.SOFTMAX.apply(large).toDoubles();
      assertArrayEquals(new double[] {.5, .5, 0, .2689414, .7310586, 0}, p, 1e-6);
      double[] log = Activation.LOG_SOFTMAX.apply(large).toDoubles();
      assertEquals(-2e4 - Math.log(2), log[2], 2e-3);
      double[] nan = Activation.SOFTMAX.apply(
          Tensor.of(new double[] {1, Double.NaN}, Shape.of(2), type)).toDoubles();
      assertTrue(Double.isNaN(nan[0]) && Double.isNaN(nan[1]));
    }
    try (Tape tape = Tape.open()) {
      Tensor x = Tensor.of(1e4, -1e4, 0);
      tape.watch(x);
      Tensor g = tape.gradients(Activation.SOFTMAX.apply(x).select(0, 0), List.of(x)).of(x);
      assertArrayEquals(new double[] {0, 0, 0}, g.toDoubles(), 1e-300);
    }
  }

  @Test
  void C34_preluSlopeIsTrainedOnALeakyTarget() {
    prelu();
  }

  @Test
  void D8_parametricRelu() {
    prelu();
    Tensor quarter = Tensor.scalar(0.25, DType.FLOAT64);
    assertArrayEquals(
        new double[] {-.5, -.25, -.125, 0, .5, 1, 2},
        Activation.prelu(Tensor.of(ActivationRow.N14), quarter).toDoubles());
    assertArrayEquals(new double[] {-2500, 1e4}, Activation.prelu(Tensor.of(-1e4, 1e4), quarter).toDoubles());
    assertTrue(Double.isNaN(Activation.prelu(Tensor.of(Double.NaN, 1), quarter).get(0)));
    float half = HalfFloat.round(-1.3f);
    assertEquals(
        HalfFloat.round(half / 4),
        HalfFloat.round((float) Activation.prelu(Tensor.of(half), Tensor.scalar(0.25f)).get(0)));
    Tensor brief = Tensor.of(-1.3f).cast(DType.BFLOAT16).cast(DType.FLOAT32);
    assertEquals(
        brief.get(0) / 4,
        Activation.prelu(brief, Tensor.scalar(0.25f)).cast(DType.BFLOAT16).cast(DType.FLOAT32).get(0));
  }

  private static void prelu() {
    Param slope = Param.of("slope", Tensor.of(0.25, 0.1));
    Param x = Param.of("x", Tensor.of(new double[] {-2, 1, 0.5, -0.3, -1, -4}, Shape.of(3, 2)));
    GradCheck.Report report = GradCheck.check(() -> Activation.prelu(x, slope).square().sum(), List.of(slope, x));
    assertTrue(report.passes(1e-6), report.toString());
    try (Scope scope = Scope.open()) {
      Tensor in = Tensor.range(-2, 0.1, 40, DType.FLOAT32).reshape(40, 1);
      Tensor target = Activation.leakyRelu(0.05).apply(in);
      PRelu layer = PRelu.of();
      layer.call(in);
      assertEquals(0.25, layer.alpha().item(), 1e-7);
      Sgd sgd = Sgd.of(0.3);
      for (int i = 0; i < 60; i++) {
        sgd.minimize(() -> layer.call(in).sub(target).square().mean(), layer.alpha());
      }
      assertEquals(0.05, layer.alpha().item(), 1e-3);
    }
  }
}
