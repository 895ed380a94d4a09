package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.UnaryOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
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
public final class SeparableConv2D extends ConvolutionLayer<SeparableConv2D> {

  /** The options, as saved. */
  public record Config(
      long filters, List<Long> kernel, List<Long> strides, List<Long> dilations, int multiplier, Padding padding,
      Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private final long filters;
  private int multiplier = 1;
  private Param depthwise;
  private Param pointwise;

  private SeparableConv2D(long filters, long... kernel) {
    super(kernel);
    this.filters = checkedFilters("SeparableConv2D", filters);
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

  /** Sets how many channels the depthwise part makes of each; default 1. */
  public SeparableConv2D multiplier(int multiplier) {
    requireUnbuilt();
    if (multiplier < 1) {
      throw new IllegalArgumentException("SeparableConv2D: expected a multiplier of 1 or more, given " + multiplier);
    }
    this.multiplier = multiplier;
    return this;
  }

  @Override
  SeparableConv2D self() {
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Shape out = sliding.out(who(), in, filters);
    requireChannels(in, depthwise, depthwise == null ? 0 : depthwise.dim(-2));
    long middle = Math.multiplyExact(in.last(), multiplier);
    depthwise =
        param("depthwise_kernel", kernelShape(in.last(), multiplier), kernelInitializer, kernelRegularizer);
    pointwise =
        param("pointwise_kernel", Shape.of(1, 1, middle, filters), kernelInitializer, kernelRegularizer);
    createBias(filters);
    return activation.build(out);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape(), depthwise, depthwise.dim(-2));
    long middle = pointwise.dim(-2);
    Tensor mixed =
        convolve(x, depthwise.reshape(kernelShape(1, middle)), null, Math.toIntExact(x.dim(-1)), UnaryOp.IDENTITY);
    return activation.apply(MatMul.dense(mixed, pointwise.reshape(middle, filters), bias, UnaryOp.IDENTITY));
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * in.last() * multiplier * (sliding.cells() + filters);
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernel(), sliding.strides(), sliding.dilations(), multiplier, sliding.padding(), activation,
        useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
