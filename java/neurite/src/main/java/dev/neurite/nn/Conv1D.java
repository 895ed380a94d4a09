package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import java.util.List;

/**
 * 1-D convolution: {@code y[b,t,o] = activation(sum over u,c of x[b, t*s+u*d-p, c] * kernel[u,c,o]
 * + bias[o])} (a cross-correlation, as everywhere in deep learning).
 *
 * <p><b>Shapes</b>: input {@code [batch, length, in]}, output {@code [batch, outLength, filters]};
 * {@code kernel} [kernel, in / groups, filters], {@code bias} [filters]. On each axis {@code VALID}
 * gives {@code floor((n - dilation * (kernel - 1) - 1) / stride) + 1}, {@code SAME} {@code ceil(n /
 * stride)}; {@code CAUSAL} the input's length with stride 1.
 *
 * <p>Defaults as in Keras: stride 1, no padding, linear, kernel Glorot uniform, bias zeros.
 *
 * <pre>{@code
 * Conv1D.of(32, 2).dilation(4).padding(Padding.CAUSAL).activation(Activation.RELU)
 * }</pre>
 */
public final class Conv1D extends PlainConvLayer<Conv1D> {

  /** The options, as saved. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, int groups, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private Conv1D(long filters, long... kernel) {
    super(filters, kernel);
  }

  /** A layer with kernels of the given length. */
  public static Conv1D of(long filters, long kernel) {
    return new Conv1D(filters, kernel);
  }

  static Conv1D from(Config c) {
    return new Conv1D(c.filters, longs(c.kernel))
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
  Conv1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), groups, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
