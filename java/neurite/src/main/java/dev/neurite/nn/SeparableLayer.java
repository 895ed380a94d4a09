package dev.neurite.nn;

import dev.neurite.ops.MatMul;
import dev.neurite.ops.UnaryOp;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;

/**
 * What convolutions in a depthwise and a pointwise part share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class SeparableLayer<L extends ConvolutionLayer<L>> extends ConvolutionLayer<L> {

  final long filters;
  int multiplier = 1;
  private Param depthwise;
  private Param pointwise;

  SeparableLayer(long filters, long... kernel) {
    super(kernel);
    this.filters = checkedFilters(typeName(), filters);
  }

  /** Sets how many channels the depthwise part makes of each; default 1. */
  public final L multiplier(int multiplier) {
    requireUnbuilt();
    if (multiplier < 1) {
      throw new IllegalArgumentException(typeName() + ": expected a multiplier of 1 or more, given " + multiplier);
    }
    this.multiplier = multiplier;
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    Shape out = sliding.out(who(), in, filters);
    requireChannels(in, depthwise, depthwise == null ? 0 : depthwise.dim(-2));
    long middle = Math.multiplyExact(in.last(), multiplier);
    depthwise =
        param("depthwise_kernel", kernelShape(in.last(), multiplier), kernelInitializer, kernelRegularizer);
    pointwise =
        param("pointwise_kernel", pointwiseShape(middle), kernelInitializer, kernelRegularizer);
    createBias(filters);
    return activation.build(out);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), depthwise, depthwise.dim(-2));
    long middle = pointwise.dim(-2);
    Tensor mixed =
        convolve(x, depthwise.reshape(kernelShape(1, middle)), null, Math.toIntExact(x.dim(-1)), UnaryOp.IDENTITY);
    return activation.apply(MatMul.dense(mixed, pointwise.reshape(middle, filters), bias, UnaryOp.IDENTITY));
  }

  @Override
  protected final long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * in.last() * multiplier * (sliding.cells() + filters);
  }

  /** A kernel of one cell. */
  private Shape pointwiseShape(long middle) {
    long[] dims = new long[sliding.axes() + 2];
    Arrays.fill(dims, 1);
    dims[dims.length - 2] = middle;
    dims[dims.length - 1] = filters;
    return Shape.of(dims);
  }
}
