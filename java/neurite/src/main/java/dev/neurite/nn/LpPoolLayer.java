package dev.neurite.nn;

import dev.neurite.ops.Pool2d;
import dev.neurite.ops.Pool3d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What power means by a sliding window share, on one to three axes.
 *
 * @param <L> the layer's own type
 */
abstract class LpPoolLayer<L extends PoolingLayer<L>> extends PoolingLayer<L> {

  final double p;

  LpPoolLayer(double p, long... window) {
    super(window);
    if (!(p > 0) || Double.isInfinite(p)) {
      throw new IllegalArgumentException(typeName() + ": expected a finite power above 0, given " + p);
    }
    this.p = p;
  }

  @Override
  final Tensor pool(Tensor x) {
    return root(mean(x.pow(p), x.shape()).mul(sliding.cells()));
  }

  private Tensor mean(Tensor power, Shape in) {
    return switch (sliding.axes()) {
      case 1 -> Pool2d.average(power.expandDims(1), sliding.window(in), true, sliding.ceil()).squeeze(1);
      case 2 -> Pool2d.average(power, sliding.window(in), true, sliding.ceil());
      default -> Pool3d.average(power, sliding.window3d(in), true, sliding.ceil());
    };
  }

  /** {@code sum^(1/p)}, with gradient 0 where the sum is 0. */
  private Tensor root(Tensor sum) {
    Tensor zero = sum.eq(0);
    Tensor one = Tensor.ones(Shape.scalar(), sum.dtype());
    return zero.where(sum.mul(0), zero.where(one, sum).pow(1 / p));
  }

  @Override
  protected final long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 0) * sliding.cells();
  }
}
