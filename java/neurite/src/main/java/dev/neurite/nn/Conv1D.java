package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
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
public final class Conv1D extends ConvolutionLayer<Conv1D> {

  /** The options, as saved. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, int groups, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private final long filters;
  private int groups = 1;
  private Param kernel;

  private Conv1D(long filters, long... kernel) {
    super(kernel);
    this.filters = checkedFilters("Conv1D", filters);
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

  /**
   * Splits the channels into groups that do not see each other; must divide both channel counts.
   * Default 1.
   */
  public Conv1D groups(int groups) {
    requireUnbuilt();
    if (groups < 1 || filters % groups != 0) {
      throw new IllegalArgumentException("Conv1D: expected groups that divide " + filters + ", given " + groups);
    }
    this.groups = groups;
    return this;
  }

  @Override
  Conv1D self() {
    return this;
  }

  @Override
  protected Shape build(Shape in) {
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
  protected Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), kernel, kernel.dim(-2) * groups);
    return convolve(x, kernel, groups);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * filters * sliding.cells() * (in.last() / groups);
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), groups, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
