package dev.neurite.nn;

import dev.neurite.tensor.DType;

/**
 * What layers that only move values share: one number that says how, 1 or more, and any dtype.
 *
 * @param <L> the layer's own type
 */
abstract class ShuffleLayer<L extends Layer> extends Layer {

  ShuffleLayer(long number) {
    PoolingLayer.checkedSize(typeName(), number);
  }

  abstract L self();

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  @Override
  final DType parameterType(DType input) {
    return input;
  }
}
