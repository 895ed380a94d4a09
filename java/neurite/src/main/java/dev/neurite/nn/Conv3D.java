package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import java.util.List;

/**
 * 3-D convolution: {@code y[b,z,i,j,o] = activation(sum over u,v,w,c of x[b, z*s+u*d-p, i*s+v*d-p,
 * j*s+w*d-p, c] * kernel[u,v,w,c,o] + bias[o])} (a cross-correlation, as everywhere in deep
 * learning).
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, in]}, output {@code [batch, outD,
 * outH, outW, filters]}; {@code kernel} [kernelD, kernelH, kernelW, in / groups, filters], {@code
 * bias} [filters]. On each axis {@code VALID} gives {@code floor((n - dilation * (kernel - 1) - 1)
 * / stride) + 1}, {@code SAME} {@code ceil(n / stride)}.
 *
 * <p>Defaults as in Keras: stride 1, no padding, linear, kernel Glorot uniform, bias zeros.
 *
 * <pre>{@code
 * Conv3D.of(16, 3).stride(1, 2, 2).padding(Padding.SAME)
 * }</pre>
 */
public final class Conv3D extends PlainConvLayer<Conv3D> {

  /** The options, as saved. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, int groups, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private Conv3D(long filters, long... kernel) {
    super(filters, kernel);
  }

  /** A layer with cubic kernels. */
  public static Conv3D of(long filters, long kernel) {
    return of(filters, kernel, kernel, kernel);
  }

  /** A layer with kernels of the given depth, height and width. */
  public static Conv3D of(long filters, long kernelDepth, long kernelHeight, long kernelWidth) {
    return new Conv3D(filters, kernelDepth, kernelHeight, kernelWidth);
  }

  static Conv3D from(Config c) {
    return new Conv3D(c.filters, longs(c.kernel))
        .stride(longs(c.strides))
        .dilation(longs(c.dilations))
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
  Conv3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), groups, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
