package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import java.util.List;

/** The contract for the layers every network starts with. */
class BasicLayersTest extends LayerContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        layer("dropout", () -> Dropout.of(0.3), Shape.of(4, 5)).output(4, 5).parameters(0).multiplyAdds(0).random(),
        layer("dense", () -> Dense.of(3).activation(Activation.TANH), Shape.of(4, 5)).output(4, 3).parameters(18)
            .multiplyAdds(15),
        layer("conv", () -> Conv2D.of(3, 5), Shape.of(2, 6, 6, 2)).output(2, 2, 2, 3).parameters(153)
            .multiplyAdds(600).refuses(Shape.of(2, 4, 4, 1), "4"),
        layer("embedding", () -> Embedding.of(7, 3).dtype(DType.FLOAT64), Shape.of(2, 4)).output(2, 4, 3)
            .parameters(21).ids(7),
        layer(
                "normalization", () -> Normalization.of(new double[] {1, 2}, new double[] {0.5, 4}), Shape.of(3, 2))
            .output(3, 2).parameters(4).multiplyAdds(2).refuses(Shape.of(3, 4), "2"),
        layer("rescaling", () -> Rescaling.of(0.5, -1), Shape.of(3, 2)).output(3, 2).parameters(0).multiplyAdds(2),
        layer("flatten", Flatten::of, Shape.of(2, 3, 4)).output(2, 12).parameters(0).multiplyAdds(0),
        layer("reshape", () -> Reshape.of(-1, 2), Shape.of(2, 3, 4)).output(2, 6, 2).parameters(0)
            .refuses(Shape.of(2, 3), "3"),
        layer("concat", Concat::of, Shape.of(2, 3), Shape.of(2, 5)).output(2, 8).parameters(0),
        layer("add", Add::of, Shape.of(2, 3), Shape.of(2, 3)).output(2, 3).parameters(0));
  }
}
