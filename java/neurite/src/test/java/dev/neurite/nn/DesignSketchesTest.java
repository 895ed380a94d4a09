package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The user code the design promises, as far as it concerns layers. */
class DesignSketchesTest {

  /** Euclidean distance of two encodings. */
  static final class L2Distance extends MultiLayer {
    static L2Distance of() {
      return new L2Distance();
    }

    @Override
    protected List<Shape> build(List<Shape> in) {
      return List.of(in.get(0).with(-1, 1));
    }

    @Override
    protected List<Tensor> forward(List<Tensor> in, Pass pass) {
      return List.of(in.get(0).sub(in.get(1)).square().sum(-1).sqrt().expandDims(-1));
    }
  }

  @Test
  void siameseNetworkInFunctionalStyle() {
    Model encoder =
        Model.sequential(
            Input.of(16, 16, 3), Conv2D.of(4, 3).stride(2).padding(Padding.SAME).activation(Activation.RELU),
            GlobalAvgPool2D.of());
    Input a = Input.of(16, 16, 3);
    Input b = Input.of(16, 16, 3);
    Node d = L2Distance.of().on(encoder.on(a), encoder.on(b));
    Model siamese = Model.of(List.of(a, b), Dense.of(1).activation(Activation.SIGMOID).on(d));

    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(Shape.of(2, 16, 16, 3));
      Tensor y = siamese.call(List.of(x, x), Pass.inference()).get(0);

      assertEquals(0.5, y.get(0, 0), 1e-6);
      assertEquals(4, siamese.params().size());
    }
  }

  @Test
  void parametersAreTrainedByHand() {
    Param w = Param.of("w", 0f);
    for (int i = 0; i < 100; i++) {
      try (Tape tape = Tape.open()) {
        Tensor loss = w.square().sub(w.mul(20)).add(25);
        Tensor g = tape.gradients(loss, List.of(w)).of(w);
        w.assign(w.sub(g.mul(0.1)));
      }
    }
    assertEquals(10, w.item(), 1e-4);
  }

  @Test
  void gradientsFlowThroughAModelUnderATape() {
    Model model = Model.sequential(Input.of(4), Dense.of(8).activation(Activation.RELU), Dropout.of(0.2), Dense.of(1));
    Tensor x = Tensor.ones(Shape.of(3, 4), dev.neurite.tensor.DType.FLOAT32);
    double before = 0;
    double after = 0;
    for (int i = 0; i < 50; i++) {
      try (Tape tape = Tape.open()) {
        Tensor loss = model.call(x, Pass.training(7)).sub(3).square().mean();
        before = i == 0 ? loss.item() : before;
        after = loss.item();
        var gradients = tape.gradients(loss, model.trainableParams());
        model.trainableParams().forEach(p -> p.assign(p.sub(gradients.of(p).mul(0.02))));
      }
    }
    assertTrue(after < before / 10, before + " -> " + after);
  }
}
