package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What convolutions with one kernel for all channels of a group share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class PlainConvLayer<L extends ConvolutionLayer<L>> extends ConvolutionLayer<L> {

  final long filters;
  int groups = 1;
  private Param kernel;

  PlainConvLayer(long filters, long... kernel) {
    super(kernel);
    this.filters = checkedFilters(typeName(), filters);
  }

  /**
   * Splits the channels into groups that do not see each other; must divide both channel counts.
   * Default 1.
   */
  public final L groups(int groups) {
    requireUnbuilt();
    if (groups < 1 || filters % groups != 0) {
      throw new IllegalArgumentException(
          typeName() + ": expected groups that divide " + filters + ", given " + groups);
    }
    this.groups = groups;
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    Shape out = sliding.out(who(), in, filters);
    if (in.last() % groups != 0) {
      throw new ShapeException(who() + ": expected channels divisible by " + groups + " groups, given " + in);
    }
    requireChannels(in, kernel, kernel == null ? 0 : kernel.dim(-2) * groups);
    kernel = param("kernel", kernelShape(in.last() / groups, filters), kernelInitializer, kernelRegularizer);
    createBias(filters);
    return activation.build(out);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), kernel, kernel.dim(-2) * groups);
    return convolve(x, kernel, groups);
  }

  @Override
  protected final long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * filters * sliding.cells() * (in.last() / groups);
  }
}
