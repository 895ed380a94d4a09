package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What layers that cut borders off share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class CroppingLayer<L extends Layer> extends BorderLayer<L> {

  CroppingLayer(long... widths) {
    super(widths);
  }

  @Override
  protected final Shape build(Shape in) {
    return resized(in, -1);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    Tensor y = x;
    for (int axis = 1; axis <= axes(); axis++) {
      y = y.slice(axis, side(0)[axis], x.dim(axis) - side(1)[axis]);
    }
    return y;
  }
}
