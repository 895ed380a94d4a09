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
            .output(3, 5).parameters(0),
        layer("RMS norm", RmsNorm::of, Shape.of(3, 4, 5)).output(3, 4, 5).parameters(5).multiplyAdds(0)
            .refuses(Shape.of(3), "expected axes after the batch axis"),
        layer("RMS norm over inner axes", () -> RmsNorm.of().axis(1, 2).epsilon(1e-3), Shape.of(2, 3, 2, 4))
            .output(2, 3, 2, 4).parameters(6),
        layer("group norm", () -> GroupNorm.of(2), Shape.of(2, 3, 2, 6)).output(2, 3, 2, 6).parameters(12)
            .multiplyAdds(0).refuses(Shape.of(2, 3, 2, 5), "expected channels that 2 groups share evenly"),
        layer("group norm, one group", () -> GroupNorm.of(1).epsilon(1e-5).center(false), Shape.of(2, 5, 4))
            .output(2, 5, 4).parameters(4),
        layer("group norm of rows, a channel each", () -> GroupNorm.of(-1), Shape.of(2, 4, 3)).output(2, 4, 3)
            .parameters(6),
        layer("group norm without places", () -> GroupNorm.of(2), Shape.of(3, 8)).output(3, 8).parameters(16),
        layer("instance norm", InstanceNorm::of, Shape.of(2, 3, 4, 3)).output(2, 3, 4, 3).parameters(6)
            .multiplyAdds(0).refuses(Shape.of(2, 3), "expected [batch, places..., channels]"),
        layer("instance norm bare", () -> InstanceNorm.of().scale(false).center(false), Shape.of(2, 5, 3))
            .output(2, 5, 3).parameters(0),
        layer("batch norm of rows", BatchNorm::of, Shape.of(5, 3)).output(5, 3).parameters(12).multiplyAdds(0)
            .refuses(Shape.of(5), "expected [batch, *, channels]"),
        layer("batch norm of sequences", () -> BatchNorm.of().unbiased(true), Shape.of(4, 3, 2)).output(4, 3, 2)
            .parameters(8),
        layer("batch norm of pictures, cumulative", () -> BatchNorm.of().cumulative(true), Shape.of(3, 2, 4, 2))
            .output(3, 2, 4, 2).parameters(9),
        layer("batch norm of volumes", () -> BatchNorm.of().center(false), Shape.of(2, 2, 3, 2, 2))
            .output(2, 2, 3, 2, 2).parameters(6),
        layer("local response norm", () -> LocalResponseNorm.of(3).alpha(0.3), Shape.of(2, 3, 2, 5))
            .output(2, 3, 2, 5).parameters(0).multiplyAdds(0).refuses(Shape.of(5), "expected [batch, *, channels]"),
        layer("local response norm, even and wide", () -> LocalResponseNorm.of(8).alpha(0.5).beta(0.5).k(2),
            Shape.of(2, 3)).output(2, 3).parameters(0),
        layer("unit length", UnitNormalization::of, Shape.of(3, 4)).output(3, 4).parameters(0).multiplyAdds(0)
            .refuses(Shape.of(3), "expected axes after the batch axis"),
        layer("unit sum", () -> UnitNormalization.of().order(1).axis(1, 2), Shape.of(3, 4, 2)).output(3, 4, 2),
        layer("unit length, order 3", () -> UnitNormalization.of().order(3), Shape.of(3, 4)).output(3, 4),
        layer("unit maximum", () -> UnitNormalization.of().order(Double.POSITIVE_INFINITY), Shape.of(3, 4))
            .output(3, 4),
        layer("spectral norm of dense", () -> SpectralNorm.of(Dense.of(3).name("inner")), Shape.of(4, 5)).output(4, 3)
            .parameters(21).multiplyAdds(15),
        layer("spectral norm of convolution", () -> SpectralNorm.of(Conv2D.of(3, 2).activation(Activation.TANH))
                .iterations(3), Shape.of(2, 4, 4, 2)).output(2, 3, 3, 3).parameters(30).multiplyAdds(216));
  }
}
