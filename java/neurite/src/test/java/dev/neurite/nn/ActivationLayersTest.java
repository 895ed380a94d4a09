package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract for activations as layers, with and without parameters. */
class ActivationLayersTest extends LayerContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        layer("prelu", PRelu::of, Shape.of(4, 3, 2)).output(4, 3, 2).parameters(6).multiplyAdds(0)
            .refuses(Shape.of(2), "PRelu"),
        layer("prelu per channel", () -> PRelu.of().sharedAxes(1, 2), Shape.of(2, 3, 3, 4)).output(2, 3, 3, 4)
            .parameters(4),
        layer("rrelu", RRelu::of, Shape.of(4, 5)).output(4, 5).parameters(0).multiplyAdds(0).random(),
        layer("maxout", () -> Maxout.of(3).pieces(4), Shape.of(5, 2)).output(5, 3).parameters(36).multiplyAdds(24),
        layer("maxout without bias", () -> Maxout.of(3).bias(false), Shape.of(5, 6, 2)).output(5, 6, 3).parameters(12)
            .multiplyAdds(72),
        layer("sparsemax", () -> Activation.SPARSEMAX, Shape.of(4, 5)).output(4, 5).parameters(0),
        layer("gated along an axis", () -> Activation.glu(1), Shape.of(4, 6, 2)).output(4, 3, 2).parameters(0)
            .refuses(Shape.of(4, 5, 2), "axis 1"),
        layer("hardmax along an axis", () -> Activation.hardmax(1), Shape.of(4, 5, 2)).output(4, 5, 2),
        layer("swish", () -> Activation.swish(1.5), Shape.of(4, 5)).output(4, 5).parameters(0));
  }

  @Test
  void theWidthOfMaxoutMustNotChange() {
    Maxout layer = Maxout.of(2);
    layer.call(Tensor.zeros(Shape.of(1, 3)));
    assertThrows(RuntimeException.class, () -> layer.call(Tensor.zeros(Shape.of(1, 4))));
  }

  @Test
  void sparsemaxIsTheProjectionOntoTheSimplex() {
    Tensor x = Tensor.of(new double[] {0.1, 1.1, 0.2, 0.9, 5, -1, 0, 1e4}, Shape.of(2, 4));
    Tensor y = Activation.SPARSEMAX.apply(x);
    assertArrayEquals(new double[] {0, 0.6, 0, 0.4, 0, 0, 0, 1}, y.toDoubles(), 1e-12);
    Tensor columns = Activation.sparsemax(0).apply(x.transpose());
    assertArrayEquals(y.toDoubles(), columns.transpose().toDoubles());
    assertArrayEquals(new double[] {0.5, 0.5}, Activation.SPARSEMAX.apply(Tensor.of(3f, 3f)).toDoubles());
    double[] nan = Activation.SPARSEMAX.apply(Tensor.of(3, Double.NaN)).toDoubles();
    assertEquals(List.of(Double.NaN, Double.NaN), List.of(nan[0], nan[1]));
  }

  @Test
  void aNameAloneMeansTheDefaults() {
    assertEquals(Activation.ELU.config(), Activation.of("elu").config());
    assertEquals(Activation.HARD_SIGMOID.config(), Activation.of("hard_sigmoid").config());
    assertEquals(Activation.SOFTMAX.config(), Activation.of("softmax").config());
    assertEquals(Activation.elu(2).config(), Activation.of("elu", 2).config());
    assertThrows(IllegalArgumentException.class, () -> Activation.of("hard_sigmoid", 0.2));
    assertThrows(IllegalArgumentException.class, () -> Activation.of("threshold"));
  }
}
