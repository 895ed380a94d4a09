package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.Conv2d;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.UnaryOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

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
 * Model.sequential(Input.of(32, 32, 8), DepthwiseConv2D.of(3).padding(Padding.SAME), Conv2D.of(16, 1));
 * }</pre>
 */
public final class DepthwiseConv2D extends Layer {

  /** The options, as saved. */
  public record Config(
      long kernelHeight, long kernelWidth, long strideVertical, long strideHorizontal, long dilationVertical,
      long dilationHorizontal, int multiplier,
      Padding padding, Activation activation, boolean bias, Initializer kernelInitializer,
      Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private Sliding sliding;
  private int multiplier = 1;
  private Activation activation = Activation.LINEAR;
  private boolean useBias = true;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Regularizer kernelRegularizer;
  private Regularizer biasRegularizer;
  private Param kernel;
  private Param bias;

  private DepthwiseConv2D(long kernelH, long kernelW) {
    sliding = Sliding.of(kernelH, kernelW);
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

  /** Sets the step in both directions; default 1. */
  public DepthwiseConv2D stride(long stride) {
    return stride(stride, stride);
  }

  /** Sets the step down and across. */
  public DepthwiseConv2D stride(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.stride(vertical, horizontal);
    return this;
  }

  /** Sets the distance between the kernel's cells; default 1 (no holes). */
  public DepthwiseConv2D dilation(long dilation) {
    requireUnbuilt();
    sliding = sliding.dilation(dilation, dilation);
    return this;
  }

  /** Sets the distance between the kernel's cells, down and across. */
  public DepthwiseConv2D dilation(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.dilation(vertical, horizontal);
    return this;
  }

  /** Sets the padding; default {@link Padding#VALID}. */
  public DepthwiseConv2D padding(Padding padding) {
    requireUnbuilt();
    sliding = sliding.padding(padding);
    return this;
  }

  /** Sets how many outputs each channel has; default 1. */
  public DepthwiseConv2D multiplier(int multiplier) {
    requireUnbuilt();
    if (multiplier < 1) {
      throw new IllegalArgumentException("DepthwiseConv2D: expected a multiplier of 1 or more, given " + multiplier);
    }
    this.multiplier = multiplier;
    return this;
  }

  /** Sets what is applied to the sums. */
  public DepthwiseConv2D activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return this;
  }

  /** Leaves the bias out (false). */
  public DepthwiseConv2D bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return this;
  }

  /** Sets what draws the kernel. */
  public DepthwiseConv2D kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the bias. */
  public DepthwiseConv2D biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  /** Sets a penalty on the kernel; null for none. */
  public DepthwiseConv2D kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on the bias; null (default) for none. */
  public DepthwiseConv2D biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return this;
  }

  @Override
  public DepthwiseConv2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  Activation outputActivation() {
    return activation;
  }

  @Override
  protected Shape build(Shape in) {
    Shape out = sliding.out(who(), in, Math.multiplyExact(in.rank() == 4 ? in.last() : 0, multiplier));
    if (kernel != null) {
      requireChannels(in);
    }
    Shape kernelShape = Shape.of(sliding.kernelH(), sliding.kernelW(), in.last(), multiplier);
    kernel = param("kernel", kernelShape, kernelInitializer, kernelRegularizer);
    if (useBias) {
      bias = param("bias", Shape.of(in.last() * multiplier), biasInitializer, biasRegularizer);
    }
    return activation.build(out);
  }

  private void requireChannels(Shape given) {
    if (given.rank() != 4 || given.last() != kernel.dim(2)) {
      throw new ShapeException(
          who() + ": expected [batch, height, width, " + kernel.dim(2) + "], given " + given + "\n  kernel   "
              + kernel.shape() + ", built for input " + inputShapes());
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape());
    int channels = Math.toIntExact(kernel.dim(2));
    Tensor grouped = kernel.reshape(sliding.kernelH(), sliding.kernelW(), 1, (long) channels * multiplier);
    UnaryOp op = activation.plainOp();
    if (op != null && MatMul.fuses(op)) {
      return Conv2d.apply(x, grouped, bias, sliding.window(x.shape()), channels, op);
    }
    return activation.apply(
        Conv2d.apply(x, grouped, bias, sliding.window(x.shape()), channels, UnaryOp.IDENTITY));
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * sliding.kernelH() * sliding.kernelW() * in.last() * multiplier;
  }

  @Override
  public Config config() {
    return new Config(
        sliding.kernelH(), sliding.kernelW(), sliding.strideH(), sliding.strideW(), sliding.dilationH(),
        sliding.dilationW(), multiplier, sliding.padding(), activation, useBias, kernelInitializer, biasInitializer,
        kernelRegularizer, biasRegularizer);
  }
}
