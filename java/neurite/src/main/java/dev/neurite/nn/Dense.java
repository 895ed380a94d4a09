package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.UnaryOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Fully connected layer: {@code y = activation(x * kernel + bias)}.
 *
 * <p><b>Shapes</b>: input {@code [*, in]}, output {@code [*, units]}; {@code kernel} [in, units],
 * {@code bias} [units].
 *
 * <p>Defaults as in Keras: linear, kernel Glorot uniform, bias zeros.
 *
 * <pre>{@code
 * Model.sequential(Input.of(784), Dense.of(128).activation(Activation.RELU), Dense.of(10));
 * }</pre>
 */
public final class Dense extends Layer {

  /** The options, as saved. */
  public record Config(
      long units, Activation activation, boolean bias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer, Regularizer biasRegularizer) {}

  private final long units;
  private Activation activation = Activation.LINEAR;
  private boolean useBias = true;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Regularizer kernelRegularizer;
  private Regularizer biasRegularizer;
  private Param kernel;
  private Param bias;

  private Dense(long units) {
    if (units < 1) {
      throw new IllegalArgumentException("Dense: expected at least one unit, given " + units);
    }
    this.units = units;
  }

  /** A layer with the given number of outputs. */
  public static Dense of(long units) {
    return new Dense(units);
  }

  static Dense from(Config c) {
    return of(c.units)
        .activation(c.activation)
        .bias(c.bias)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer)
        .kernelRegularizer(c.kernelRegularizer)
        .biasRegularizer(c.biasRegularizer);
  }

  /** Sets what is applied to the sums. */
  public Dense activation(Activation activation) {
    requireUnbuilt();
    this.activation = activation;
    return this;
  }

  /** Leaves the bias out (false). */
  public Dense bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return this;
  }

  /** Sets what draws the kernel. */
  public Dense kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the bias. */
  public Dense biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  /** Sets a penalty on the kernel; null for none. */
  public Dense kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on the bias; null (default) for none. */
  public Dense biasRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    biasRegularizer = regularizer;
    return this;
  }

  @Override
  public Dense name(String name) {
    super.name(name);
    return this;
  }

  /** The kernel [in, units]; null before the layer is built. */
  public Param kernel() {
    return kernel;
  }

  /** The bias [units]; null before the layer is built, or without bias. */
  public Param bias() {
    return bias;
  }

  @Override
  Activation outputActivation() {
    return activation;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() == 0 || in.last() < 0) {
      throw new ShapeException(who() + ": expected a last axis of known length, given " + in);
    }
    if (kernel != null && kernel.dim(0) != in.last()) {
      throw wrongLastAxis(in);
    }
    kernel = param("kernel", Shape.of(in.last(), units), kernelInitializer, kernelRegularizer);
    if (useBias) {
      bias = param("bias", Shape.of(units), biasInitializer, biasRegularizer);
    }
    return activation.build(in.with(-1, units));
  }

  private ShapeException wrongLastAxis(Shape given) {
    return new ShapeException(
        who() + ": expected last axis " + kernel.dim(0) + ", given " + given + "\n  kernel   " + kernel.shape()
            + ", built for input " + inputShapes().get(0));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (x.rank() == 0 || x.shape().last() != kernel.dim(0)) {
      throw wrongLastAxis(x.shape());
    }
    UnaryOp op = activation.plainOp();
    if (op != null && MatMul.fuses(op)) {
      return MatMul.dense(x, kernel, bias, op);
    }
    return activation.apply(MatMul.dense(x, kernel, bias, UnaryOp.IDENTITY));
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(in, 1) * in.last() * units;
  }

  @Override
  public Config config() {
    return new Config(
        units, activation, useBias, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer);
  }
}
