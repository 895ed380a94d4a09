package dev.neurite.nn;

import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What convolutions of every channel by itself share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class DepthwiseLayer<L extends ConvolutionLayer<L>> extends ConvolutionLayer<L> {

  int multiplier = 1;
  private Param kernel;

  DepthwiseLayer(long... kernel) {
    super(kernel);
  }

  /** Sets how many outputs each channel has; default 1. */
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
    sliding.requireInput(who(), in);
    long channels = Math.multiplyExact(in.last(), multiplier);
    Shape out = sliding.out(who(), in, channels);
    requireChannels(in, kernel, kernel == null ? 0 : kernel.dim(-2));
    kernel = param("kernel", kernelShape(in.last(), multiplier), kernelInitializer, kernelRegularizer);
    createBias(channels);
    return activation.build(out);
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), kernel, kernel.dim(-2));
    int channels = Math.toIntExact(kernel.dim(-2));
    return convolve(x, kernel.reshape(kernelShape(1, (long) channels * multiplier)), channels);
  }

  @Override
  protected final long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * sliding.cells() * in.last() * multiplier;
  }
}
