package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What layers that put zeros around share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class ZeroPaddingLayer<L extends Layer> extends BorderLayer<L> {

  ZeroPaddingLayer(long... widths) {
    super(widths);
  }

  @Override
  protected final Shape build(Shape in) {
    return resized(in, 1);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.pad(side(0), side(1), 0);
  }
}
