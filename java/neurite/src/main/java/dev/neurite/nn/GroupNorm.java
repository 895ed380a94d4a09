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
 * Group normalisation (Wu and He 2018): {@code y = gamma * (x - mean) / sqrt(variance + epsilon) +
 * beta}, with mean and variance of each sample and group of neighbouring channels, over all places
 * of the sample. The same in training and inference, for any batch size.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, channels]}, channels a multiple of the
 * groups; {@code gamma}, {@code beta} [channels].
 *
 * <p>Defaults as in Keras: 32 groups, epsilon 1e-3 (PyTorch: 1e-5), gamma ones, beta zeros. One group
 * takes all values of a sample together; -1 makes every channel a group, as {@link InstanceNorm}
 * does.
 */
public final class GroupNorm extends Layer {

  /** The options, as saved. */
  public record Config(
      long groups, double epsilon, boolean center, boolean scale, Initializer gammaInitializer,
      Initializer betaInitializer, Regularizer gammaRegularizer, Regularizer betaRegularizer) {}

  private final long groups;
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

  private GroupNorm(long groups) {
    if (groups < 1 && groups != -1) {
      throw new IllegalArgumentException(
          "GroupNorm: expected a number of groups from 1, or -1 for one per channel, given " + groups);
    }
    this.groups = groups;
  }

  /** The layer with 32 groups. */
  public static GroupNorm of() {
    return of(32);
  }

  /**
   * The layer.
   *
   * @param groups number of groups; -1 for one per channel
   */
  public static GroupNorm of(long groups) {
    return new GroupNorm(groups);
  }

  static GroupNorm from(Config c) {
    return of(c.groups)
        .epsilon(c.epsilon)
        .center(c.center)
        .scale(c.scale)
        .gammaInitializer(c.gammaInitializer)
        .betaInitializer(c.betaInitializer)
        .gammaRegularizer(c.gammaRegularizer)
        .betaRegularizer(c.betaRegularizer);
  }

  /** Sets what is added to the variance, above 0. */
  public GroupNorm epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon("GroupNorm", epsilon);
    return this;
  }

  /** Leaves beta out (false). */
  public GroupNorm center(boolean use) {
    requireUnbuilt();
    center = use;
    return this;
  }

  /** Leaves gamma out (false). */
  public GroupNorm scale(boolean use) {
    requireUnbuilt();
    scale = use;
    return this;
  }

  /** Sets what draws gamma; default ones. */
  public GroupNorm gammaInitializer(Initializer initializer) {
    requireUnbuilt();
    gammaInitializer = initializer;
    return this;
  }

  /** Sets what draws beta; default zeros. */
  public GroupNorm betaInitializer(Initializer initializer) {
    requireUnbuilt();
    betaInitializer = initializer;
    return this;
  }

  /** Sets a penalty on gamma; null (default) for none. */
  public GroupNorm gammaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    gammaRegularizer = regularizer;
    return this;
  }

  /** Sets a penalty on beta; null (default) for none. */
  public GroupNorm betaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    betaRegularizer = regularizer;
    return this;
  }

  @Override
  public GroupNorm name(String name) {
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
    if (in.rank() < 2 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, *, channels] with channels known, given " + in);
    }
    if (groups > 0 && in.last() % groups != 0) {
      throw new ShapeException(
          who() + ": expected channels that " + groups + " groups share evenly, given " + in);
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
    if (given.rank() < 2 || given.last() != channels) {
      throw new ShapeException(
          who() + ": expected last axis " + channels + ", given " + given + "\n  built for input " + inputShapes());
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    require(x.shape());
    long parts = groups < 0 ? channels : groups;
    return LayerNormOp.apply(x, gamma, beta, LayerNormOp.Plan.groups(x.shape(), parts, epsilon));
  }

  @Override
  public Config config() {
    return new Config(
        groups, epsilon, center, scale, gammaInitializer, betaInitializer, gammaRegularizer, betaRegularizer);
  }
}
