package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import java.util.List;

/**
 * 1-D convolution of every channel by itself: {@code y[b,t,c*m+k] = activation(sum over u of x[b,
 * t*s+u*d-p, c] * kernel[u,c,k] + bias[c*m+k])} with m the multiplier.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, in]}, output {@code [batch, outLength, in *
 * multiplier]}; {@code kernel} [kernel, in, multiplier], {@code bias} [in * multiplier].
 *
 * <p>Defaults as in Keras: multiplier 1, stride 1, no padding, linear, kernel Glorot uniform, bias
 * zeros.
 */
public final class DepthwiseConv1D extends DepthwiseLayer<DepthwiseConv1D> {

  /** The options, as saved. */
  public record Config(
      List<Long> kernel, List<Long> strides, List<Long> dilations, int multiplier, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private DepthwiseConv1D(long... kernel) {
    super(kernel);
  }

  /** A layer with kernels of the given length. */
  public static DepthwiseConv1D of(long kernel) {
    return new DepthwiseConv1D(kernel);
  }

  static DepthwiseConv1D from(Config c) {
    return new DepthwiseConv1D(longs(c.kernel))
        .stride(longs(c.strides))
        .dilation(longs(c.dilations))
        .multiplier(c.multiplier)
        .padding(c.padding)
        .activation(c.activation)
        .bias(c.bias)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer)
        .kernelRegularizer(c.kernelRegularizer)
        .biasRegularizer(c.biasRegularizer);
  }

  @Override
  DepthwiseConv1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernel(), sliding.strides(), sliding.dilations(), multiplier, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
