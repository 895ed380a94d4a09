package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Tape;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gradients of gradients, as gradient penalties need them, through the spatial layers. */
class SpatialSecondOrderTest {

  private static final double STEP = 1e-5;

  private static Tensor random(String name, Shape shape) {
    return RandomOp.normal(shape, DType.FLOAT64, 0, 1, RandomStream.of(9, name));
  }

  /** Gradient of a smooth function of the layer's output to its input. */
  private static Tensor gradient(Tape tape, Layer layer, Tensor x, boolean createGraph) {
    Tensor y = layer.call(x);
    return tape.gradients(y.square().mul(y).sum(), List.of(x), createGraph).of(x);
  }

  /** The penalty's gradients against differences of the penalty, along one random direction per tensor. */
  private static void check(Layer layer, long... dims) {
    Neurite.seed(2);
    try (Scope scope = Scope.open()) {
      Param x = Param.of("x", random("x", Shape.of(dims)).mul(0.5));
      layer.call(x);
      List<Param> all = new ArrayList<>(layer.params());
      all.add(x);
      double[] found = new double[all.size()];
      try (Tape tape = Tape.persistent()) {
        Tensor penalty = gradient(tape, layer, x, true).square().sum();
        var gradients = tape.gradients(penalty, all);
        for (int i = 0; i < found.length; i++) {
          found[i] = gradients.of(all.get(i)).mul(random("d" + i, all.get(i).shape())).sum().item();
        }
      }
      double[] numeric = new double[found.length];
      for (int i = 0; i < found.length; i++) {
        Param p = all.get(i);
        Tensor middle = p.add(0);
        Tensor d = random("d" + i, p.shape()).mul(STEP);
        p.assign(middle.add(d));
        double up = penalty(layer, x);
        p.assign(middle.sub(d));
        numeric[i] = (up - penalty(layer, x)) / (2 * STEP);
        p.assign(middle);
      }
      for (int i = 0; i < found.length; i++) {
        assertTrue(Math.abs(numeric[i]) > 1e-3, "a direction that matters");
        assertArrayEquals(
            new double[] {numeric[i]}, new double[] {found[i]}, 1e-6 * Math.abs(numeric[i]), all.get(i).name());
      }
    }
  }

  private static double penalty(Layer layer, Param x) {
    try (Tape tape = Tape.open()) {
      return gradient(tape, layer, x, false).square().sum().item();
    }
  }

  @Test
  void convolutionsOnAllNumbersOfAxes() {
    check(Conv1D.of(3, 3).dilation(2).padding(Padding.CAUSAL), 2, 7, 2);
    check(Conv3D.of(2, 2).stride(1, 2, 1).padding(Padding.SAME), 1, 3, 4, 3, 2);
    check(SeparableConv2D.of(3, 2), 1, 4, 4, 2);
  }

  @Test
  void transposedConvolutions() {
    check(Conv1DTranspose.of(2, 3).stride(2), 2, 4, 3);
    check(Conv2DTranspose.of(2, 3).stride(2).padding(Padding.SAME).activation(Activation.TANH), 1, 3, 3, 2);
    check(Conv3DTranspose.of(2, 2).stride(3).padding(Padding.of(0)).outputPadding(1), 1, 2, 2, 2, 2);
  }

  @Test
  void resizingAndBorders() {
    check(Resize2D.of(5, 7).interpolation(Interpolation.BICUBIC), 1, 3, 4, 2);
    check(UpSampling3D.of(2), 1, 2, 2, 3, 1);
    check(Pad2D.of(1).mode(PadMode.REFLECT), 1, 3, 3, 2);
    check(Unfold2D.of(2), 1, 3, 4, 2);
    check(PixelShuffle.of(2), 1, 2, 2, 4);
  }

  @Test
  void averages() {
    check(AvgPool1D.of(3).stride(2).padding(Padding.SAME), 2, 5, 2);
    check(AvgPool2D.of(2).padding(Padding.of(1)), 1, 4, 5, 2);
    check(AvgPool3D.of(2).stride(1), 1, 3, 2, 3, 2);
    check(AdaptiveAvgPool2D.of(2), 1, 3, 5, 2);
    check(GlobalAvgPool2D.of(), 2, 3, 3, 2);
  }

  @Test
  void normalisationsAndDense() {
    check(Dense.of(3).activation(Activation.SOFTPLUS), 4, 3);
    check(Dense.of(3).activation(Activation.SOFTMAX), 4, 3);
    check(LayerNorm.of(), 3, 5);
    check(RmsNorm.of(), 3, 5);
    check(GroupNorm.of(2), 2, 3, 3, 4);
    check(BatchNorm.of(), 4, 3);
  }

  @Test
  void largestValuesRefuseByName() {
    for (Layer layer : List.of(MaxPool3D.of(2), AdaptiveMaxPool3D.of(1))) {
      UnsupportedOperationException e =
          assertThrows(UnsupportedOperationException.class, () -> check(layer, 1, 2, 2, 2, 1));
      assertTrue(e.getMessage().contains("pool"), e.getMessage());
    }
  }
}
