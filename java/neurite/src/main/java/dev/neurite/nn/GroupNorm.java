package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.ops.LayerNormOp;
import dev.neurite.regularizer.Regularizer;
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
public final class GroupNorm extends CenteredNormLayer<GroupNorm> {

  /** The options, as saved. */
  public record Config(
      long groups, double epsilon, boolean center, boolean scale, Initializer gammaInitializer,
      Initializer betaInitializer, Regularizer gammaRegularizer, Regularizer betaRegularizer) {}

  private final long groups;
  private long channels = -1;

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
    createGammaAndBeta(Shape.of(channels));
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
  GroupNorm self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        groups, epsilon, center, scale, gammaInitializer, betaInitializer, gammaRegularizer, betaRegularizer);
  }
}
