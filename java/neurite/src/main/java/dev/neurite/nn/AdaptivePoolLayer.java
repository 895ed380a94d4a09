package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What poolings to a given size share, on one to three axes: fewer than three are a volume with axes of length 1.
 *
 * @param <L> the layer's own type
 */
abstract class AdaptivePoolLayer<L extends Layer> extends Layer {

  /** Pools a volume. */
  interface Pooling {
    Tensor apply(Tensor x, long depth, long height, long width);
  }

  final List<Long> size;
  private final Pooling pooling;

  AdaptivePoolLayer(Pooling pooling, long... size) {
    this.size = PoolingLayer.checkedSize(typeName(), size);
    this.pooling = pooling;
  }

  abstract L self();

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    Sliding.requireInput(who(), in, size.size());
    long[] dims = in.dims();
    IntStream.range(0, size.size()).forEach(i -> dims[i + 1] = size.get(i));
    return Shape.of(dims);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    Tensor volume = x;
    for (int axis = size.size(); axis < 3; axis++) {
      volume = volume.expandDims(1);
    }
    int axes = size.size();
    Tensor y = pooling.apply(
        volume, axes < 3 ? 1 : size.get(0), axes < 2 ? 1 : size.get(axes - 2), size.get(axes - 1));
    return axes == 3 ? y : y.reshape(out);
  }
}
