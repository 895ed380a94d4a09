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
 * The largest of several linear functions for each unit: {@code y_j = max over p of (x w + b)_(j * pieces + p)}
 * (Goodfellow et al. 2013). Two pieces can be a ReLU, a leaky ReLU or an absolute value, at twice the parameters.
 *
 * <p><b>Shapes</b>: input {@code [batch, *, in]}, output {@code [batch, *, units]}; {@code kernel}
 * [in, units * pieces], {@code bias} [units * pieces], the pieces of a unit side by side.
 *
 * <p>Defaults: two pieces; kernel Glorot uniform, bias zeros, as in {@link Dense}.
 */
public final class Maxout extends Layer {

  /** The options, as saved. */
  public record Config(
      long units, long pieces, boolean useBias, Initializer kernelInitializer, Initializer biasInitializer,
      Regularizer kernelRegularizer) {}

  private final long units;
  private long pieces = 2;
  private boolean useBias = true;
  private Initializer kernelInitializer = Initializers.glorotUniform();
  private Initializer biasInitializer = Initializers.zeros();
  private Regularizer kernelRegularizer;
  private Param kernel;
  private Param bias;

  private Maxout(long units) {
    if (units < 1) {
      throw new IllegalArgumentException("Maxout: expected at least one unit, given " + units);
    }
    this.units = units;
  }

  /** A layer of the given width. */
  public static Maxout of(long units) {
    return new Maxout(units);
  }

  static Maxout from(Config c) {
    return of(c.units)
        .pieces(c.pieces)
        .bias(c.useBias)
        .kernelInitializer(c.kernelInitializer)
        .biasInitializer(c.biasInitializer)
        .kernelRegularizer(c.kernelRegularizer);
  }

  /** Sets how many linear functions each unit chooses from. */
  public Maxout pieces(long pieces) {
    requireUnbuilt();
    if (pieces < 1) {
      throw new IllegalArgumentException("Maxout: expected at least one piece, given " + pieces);
    }
    this.pieces = pieces;
    return this;
  }

  /** Leaves the bias out (false). */
  public Maxout bias(boolean use) {
    requireUnbuilt();
    useBias = use;
    return this;
  }

  /** Sets what draws the kernel. */
  public Maxout kernelInitializer(Initializer initializer) {
    requireUnbuilt();
    kernelInitializer = initializer;
    return this;
  }

  /** Sets what draws the bias. */
  public Maxout biasInitializer(Initializer initializer) {
    requireUnbuilt();
    biasInitializer = initializer;
    return this;
  }

  /** Sets a penalty on the kernel; null for none. */
  public Maxout kernelRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    kernelRegularizer = regularizer;
    return this;
  }

  @Override
  public Maxout name(String name) {
    super.name(name);
    return this;
  }

  /** The kernel [in, units * pieces]; null before the layer is built. */
  public Param kernel() {
    return kernel;
  }

  /** The bias [units * pieces]; null before the layer is built, or without bias. */
  public Param bias() {
    return bias;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() == 0 || in.last() < 0) {
      throw new ShapeException(who() + ": expected a last axis of known length, given " + in);
    }
    if (kernel != null && kernel.dim(0) != in.last()) {
      throw new ShapeException(who() + ": expected last axis " + kernel.dim(0) + ", given " + in);
    }
    kernel = param("kernel", Shape.of(in.last(), units * pieces), kernelInitializer, kernelRegularizer);
    if (useBias) {
      bias = param("bias", Shape.of(units * pieces), biasInitializer);
    }
    return in.with(-1, units);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Tensor sums = MatMul.dense(x, kernel, bias, UnaryOp.IDENTITY);
    return sums.reshape(x.shape().with(-1, units).append(pieces)).max(-1);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(in, 1) * in.last() * units * pieces;
  }

  @Override
  public Config config() {
    return new Config(units, pieces, useBias, kernelInitializer, biasInitializer, kernelRegularizer);
  }
}
