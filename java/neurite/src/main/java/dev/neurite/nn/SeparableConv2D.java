package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import java.util.List;

/**
 * Depthwise 2-D convolution followed by one of size 1 that mixes the channels: {@code y =
 * activation(conv(depthwise(x, depthwise_kernel), pointwise_kernel) + bias)}. It needs {@code
 * kernel * in + in * filters} weights instead of {@code kernel * in * filters}.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, in]}, output {@code [batch, outH, outW,
 * filters]}; {@code depthwise_kernel} [kernelH, kernelW, in, multiplier], {@code pointwise_kernel}
 * [1, 1, in * multiplier, filters], {@code bias} [filters].
 *
 * <p>Defaults as in Keras: multiplier 1, stride 1, no padding, linear, kernels Glorot uniform, bias
 * zeros. The kernel's initialiser and regulariser are used for both kernels.
 */
public final class SeparableConv2D extends SeparableLayer<SeparableConv2D> {

  /** The options, as saved. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, int multiplier, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private SeparableConv2D(long filters, long... kernel) {
    super(filters, kernel);
  }

  /** A layer with square kernels. */
  public static SeparableConv2D of(long filters, long kernel) {
    return of(filters, kernel, kernel);
  }

  /** A layer with kernels of the given height and width. */
  public static SeparableConv2D of(long filters, long kernelHeight, long kernelWidth) {
    return new SeparableConv2D(filters, kernelHeight, kernelWidth);
  }

  static SeparableConv2D from(Config c) {
    return new SeparableConv2D(c.filters, longs(c.kernel))
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
  SeparableConv2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), multiplier, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
