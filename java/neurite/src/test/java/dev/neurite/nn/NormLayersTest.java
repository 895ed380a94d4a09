package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import java.util.List;

/** The contract for the normalisation layers. */
class NormLayersTest extends LayerContract {

  @Override
  protected List<Case> cases() {
    return List.of(
        layer("layer norm", LayerNorm::of, Shape.of(3, 4, 5)).output(3, 4, 5).parameters(10).multiplyAdds(0)
            .refuses(Shape.of(3), "expected axes after the batch axis of the input, given [-1] for [-1]"),
        layer("layer norm over two axes, corrected", () -> LayerNorm.of().axis(-1, 1).epsilon(1e-5).correction(1),
                Shape.of(3, 4, 5))
            .output(3, 4, 5).parameters(40),
        layer("layer norm over an inner axis", () -> LayerNorm.of().axis(1).center(false), Shape.of(2, 3, 2, 4))
            .output(2, 3, 2, 4).parameters(3).refuses(Shape.of(3, -1, 5), "expected axis 1 of known length"),
        layer("layer norm without parameters", () -> LayerNorm.of().center(false).scale(false), Shape.of(3, 5))
            .output(3, 5).parameters(0));
  }
}
