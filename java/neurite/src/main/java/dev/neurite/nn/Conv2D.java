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
public final class Conv2D extends Layer {

  /** The options, as saved. */
  public record Config(
      long filters, long kernelHeight, long kernelWidth, long strideVertical, long strideHorizontal,
      long dilationVertical, long dilationHorizontal, int groups,
      Padding padding, Activation activation, boolean bias, Initializer kernelInitializer,
      Initializer biasInitializer, Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private final long filters;
  private Sliding sliding;
  private int groups = 1;
  private Activation activation = Activation.LINEAR;
  private boolean useBias = true;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Regularizer kernelRegularizer;
  private Regularizer biasRegularizer;
  private Param kernel;
  private Param bias;

  private Conv2D(long filters, long kernelH, long kernelW) {
    if (filters < 1) {
      throw new IllegalArgumentException("Conv2D: expected at least one filter, given " + filters);
    }
    this.filters = filters;
    sliding = Sliding.of(kernelH, kernelW);
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

  /** Sets the step in both directions; default 1. */
  public Conv2D stride(long stride) {
    return stride(stride, stride);
  }

  /** Sets the step down and across. */
  public Conv2D stride(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.stride(vertical, horizontal);
    return this;
  }

  /** Sets the distance between the kernel's cells; default 1 (no holes). */
  public Conv2D dilation(long dilation) {
    requireUnbuilt();
    sliding = sliding.dilation(dilation, dilation);
    return this;
  }

  /** Sets the distance between the kernel's cells, down and across. */
  public Conv2D dilation(long vertical, long horizontal) {
    requireUnbuilt();
    sliding = sliding.dilation(vertical, horizontal);
    return this;
  }

  /** Sets the padding; default {@link Padding#VALID}. */
  public Conv2D padding(Padding padding) {
    requireUnbuilt();
    sliding = sliding.padding(padding);
    return this;
  }

  /**
   * Splits the channels into groups that do not see each other; must divide both channel counts.
   * Default 1.
   */
  public Conv2D groups(int groups) {
    requireUnbuilt();
    if (groups < 1 || filters % groups != 0) {
      throw new IllegalArgumentException("Conv2D: expected groups that divide " + filters + ", given " + groups);
    }
    this.groups = groups;
    return this;
  }

  /** Sets what is applied to the sums. */
  public Conv2D activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return this;
  }

  /** Leaves the bias out (false). */
  public Conv2D bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return this;
  }

  /** Sets what draws the kernel. */
  public Conv2D kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the bias. */
  public Conv2D biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  /** Sets a penalty on the kernel; null for none. */
  public Conv2D kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on the bias; null (default) for none. */
  public Conv2D biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return this;
  }

  @Override
  public Conv2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  Activation outputActivation() {
    return activation;
  }

  @Override
  protected Shape build(Shape in) {
    Shape out = sliding.out(who(), in, filters);
    if (in.last() % groups != 0) {
      throw new ShapeException(who() + ": expected channels divisible by " + groups + " groups, given " + in);
    }
    if (kernel != null) {
      requireChannels(in);
    }
    Shape kernelShape = Shape.of(sliding.kernelH(), sliding.kernelW(), in.last() / groups, filters);
    kernel = param("kernel", kernelShape, kernelInitializer, kernelRegularizer);
    if (useBias) {
      bias = param("bias", Shape.of(filters), biasInitializer, biasRegularizer);
    }
    return activation.build(out);
  }

  private void requireChannels(Shape given) {
    if (given.rank() != 4 || given.last() != kernel.dim(2) * groups) {
      throw new ShapeException(
          who() + ": expected [batch, height, width, " + kernel.dim(2) * groups + "], given " + given
              + "\n  kernel   " + kernel.shape() + ", built for input " + inputShapes());
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    requireChannels(x.shape());
    UnaryOp op = activation.plainOp();
    if (op != null && MatMul.fuses(op)) {
      return Conv2d.apply(x, kernel, bias, sliding.window(x.shape()), groups, op);
    }
    return activation.apply(
        Conv2d.apply(x, kernel, bias, sliding.window(x.shape()), groups, UnaryOp.IDENTITY));
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 1) * filters * sliding.kernelH() * sliding.kernelW() * (in.last() / groups);
  }

  @Override
  public Config config() {
    return new Config(
        filters, sliding.kernelH(), sliding.kernelW(), sliding.strideH(), sliding.strideW(), sliding.dilationH(),
        sliding.dilationW(), groups, sliding.padding(), activation, useBias, kernelInitializer, biasInitializer,
        kernelRegularizer, biasRegularizer);
  }
}
