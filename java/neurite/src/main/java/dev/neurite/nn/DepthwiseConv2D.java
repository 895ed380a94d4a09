package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;

/**
 * 2-D convolution of every channel by itself: {@code y[b,i,j,c*m+k] = activation(sum over u,v of
 * x[b, i*s+u*d-p, j*s+v*d-p, c] * kernel[u,v,c,k] + bias[c*m+k])} with m the multiplier.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, in]}, output {@code [batch, outH, outW, in
 * * multiplier]}; {@code kernel} [kernelH, kernelW, in, multiplier], {@code bias} [in *
 * multiplier].
 *
 * <p>Defaults as in Keras: multiplier 1, stride 1, no padding, linear, kernel Glorot uniform, bias
 * zeros.
 *
 * <pre>{@code
 * Model.sequential(Input.of(32, 32, 8), DepthwiseConv2D.of(3).padding(Padding.SAME), Conv2D.of(16,
 * 1));
 * }</pre>
 */
public final class DepthwiseConv2D extends DepthwiseLayer<DepthwiseConv2D> {

  /** The options, as saved. */
  public record Config(
      long kernelHeight, long kernelWidth, long strideVertical, long strideHorizontal, long dilationVertical,
      long dilationHorizontal, int multiplier,
      Padding padding, Activation activation, boolean bias, Initializer kernelInitializer,
      Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private DepthwiseConv2D(long kernelH, long kernelW) {
    super(kernelH, kernelW);
  }

  /** A layer with square kernels. */
  public static DepthwiseConv2D of(long kernel) {
    return of(kernel, kernel);
  }

  /** A layer with kernels of the given height and width. */
  public static DepthwiseConv2D of(long kernelHeight, long kernelWidth) {
    return new DepthwiseConv2D(kernelHeight, kernelWidth);
  }

  static DepthwiseConv2D from(Config c) {
    return of(c.kernelHeight, c.kernelWidth)
        .stride(c.strideVertical, c.strideHorizontal)
        .dilation(c.dilationVertical, c.dilationHorizontal)
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
  DepthwiseConv2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernel().get(0), sliding.kernel().get(1), sliding.strides().get(0), sliding.strides().get(1),
        sliding.dilations().get(0), sliding.dilations().get(1), multiplier, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
