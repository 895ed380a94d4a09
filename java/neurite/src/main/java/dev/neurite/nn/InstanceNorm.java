package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.LayerNormOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Instance normalisation (Ulyanov, Vedaldi and Lempitsky 2016): {@code y = gamma * (x - mean) /
 * sqrt(variance + epsilon) + beta}, with mean and variance of each sample and channel over its
 * places. The same in training and inference; used in style transfer and picture-to-picture networks.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, places..., channels]} with at least one axis of
 * places; {@code gamma}, {@code beta} [channels].
 *
 * <p>Defaults: epsilon 1e-3 (PyTorch: 1e-5), gamma ones, beta zeros; {@code scale(false)} and {@code
 * center(false)} give PyTorch's default.
 */
public final class InstanceNorm extends Layer {

  /** The options, as saved. */
  public record Config(
      double epsilon, boolean center, boolean scale, Initializer gammaInitializer, Initializer betaInitializer,
      Regularizer gammaRegularizer, Regularizer betaRegularizer) {}

  private double epsilon = 1e-3;
  private boolean center = true;
  private boolean scale = true;
  private Initializer gammaInitializer = Initializers.ones();
  private Initializer betaInitializer = Initializers.zeros();
  private Regularizer gammaRegularizer;
  private Regularizer betaRegularizer;
  private long channels = -1;
  private Param gamma;
  private Param beta;

  private InstanceNorm() {}

  /** The layer. */
  public static InstanceNorm of() {
    return new InstanceNorm();
  }

  static InstanceNorm from(Config c) {
    return of()
        .epsilon(c.epsilon)
        .center(c.center)
        .scale(c.scale)
        .gammaInitializer(c.gammaInitializer)
        .betaInitializer(c.betaInitializer)
        .gammaRegularizer(c.gammaRegularizer)
        .betaRegularizer(c.betaRegularizer);
  }

  /** Sets what is added to the variance, above 0. */
  public InstanceNorm epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon("InstanceNorm", epsilon);
    return this;
  }

  /** Leaves beta out (false). */
  public InstanceNorm center(boolean use) {
    requireUnbuilt();
    center = use;
    return this;
  }

  /** Leaves gamma out (false). */
  public InstanceNorm scale(boolean use) {
    requireUnbuilt();
    scale = use;
    return this;
  }

  /** Sets what draws gamma; default ones. */
  public InstanceNorm gammaInitializer(Initializer initializer) {
    requireUnbuilt();
    gammaInitializer = initializer;
    return this;
  }

  /** Sets what draws beta; default zeros. */
  public InstanceNorm betaInitializer(Initializer initializer) {
    requireUnbuilt();
    betaInitializer = initializer;
    return this;
  }

  /** Sets a penalty on gamma; null (default) for none. */
  public InstanceNorm gammaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    gammaRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on beta; null (default) for none. */
  public InstanceNorm betaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    betaRegularizer = regularizer;
    return this;
  }

  @Override
  public InstanceNorm name(String name) {
    super.name(name);
    return this;
  }

  /** The scale; null before the layer is built, or without scale. */
  public Param gamma() {
    return gamma;
  }

  /** The offset; null before the layer is built, or without center. */
  public Param beta() {
    return beta;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, places..., channels] with channels known, given " + in);
    }
    if (channels >= 0) {
      require(in);
    }
    channels = in.last();
    if (scale) {
      gamma = param("gamma", Shape.of(channels), gammaInitializer, gammaRegularizer);
    }
    if (center) {
      beta = param("beta", Shape.of(channels), betaInitializer, betaRegularizer);
    }
    return in;
  }

  private void require(Shape given) {
    if (given.rank() < 3 || given.last() != channels) {
      throw new ShapeException(
          who() + ": expected [batch, places..., " + channels + "], given " + given + "\n  built for input "
              + inputShapes());
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    require(x.shape());
    return LayerNormOp.apply(x, gamma, beta, LayerNormOp.Plan.groups(x.shape(), channels, epsilon));
  }

  @Override
  public Config config() {
    return new Config(
        epsilon, center, scale, gammaInitializer, betaInitializer, gammaRegularizer, betaRegularizer);
  }
}
