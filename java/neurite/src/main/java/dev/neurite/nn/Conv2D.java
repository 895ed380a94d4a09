package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;

/**
 * 2-D convolution: {@code y[b,i,j,o] = activation(sum over u,v,c of x[b, i*s+u*d-p, j*s+v*d-p, c] *
 * kernel[u,v,c,o] + bias[o])} (a cross-correlation, as everywhere in deep learning).
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, in]}, output {@code [batch, outH, outW,
 * filters]}; {@code kernel} [kernelH, kernelW, in / groups, filters], {@code bias} [filters].
 * {@code VALID}: {@code outH = floor((height - dilation * (kernelH - 1) - 1) / stride) + 1}; {@code
 * SAME}: {@code ceil(height / stride)}.
 *
 * <p>Defaults as in Keras: stride 1, no padding, linear, kernel Glorot uniform, bias zeros.
 *
 * <pre>{@code
 * Conv2D.of(64, 3).stride(2).padding(Padding.SAME).activation(Activation.RELU)
 * }</pre>
 */
public final class Conv2D extends PlainConvLayer<Conv2D> {

  /** The options, as saved. */
  public record Config(
      long filters, long kernelHeight, long kernelWidth, long strideVertical, long strideHorizontal,
      long dilationVertical, long dilationHorizontal, int groups,
      Padding padding, Activation activation, boolean bias, Initializer kernelInitializer,
      Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private Conv2D(long filters, long kernelH, long kernelW) {
    super(filters, kernelH, kernelW);
  }

  /** A layer with square kernels. */
  public static Conv2D of(long filters, long kernel) {
    return of(filters, kernel, kernel);
  }

  /** A layer with kernels of the given height and width. */
  public static Conv2D of(long filters, long kernelHeight, long kernelWidth) {
    return new Conv2D(filters, kernelHeight, kernelWidth);
  }

  static Conv2D from(Config c) {
    return of(c.filters, c.kernelHeight, c.kernelWidth)
        .stride(c.strideVertical, c.strideHorizontal)
        .dilation(c.dilationVertical, c.dilationHorizontal)
        .groups(c.groups)
        .padding(c.padding)
        .activation(c.activation)
        .bias(c.bias)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer)
        .kernelRegularizer(c.kernelRegularizer)
        .biasRegularizer(c.biasRegularizer);
  }

  @Override
  Conv2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel().get(0), sliding.kernel().get(1), sliding.strides().get(0),
        sliding.strides().get(1),
        sliding.dilations().get(0), sliding.dilations().get(1), groups, sliding.padding(),
        activation, useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
