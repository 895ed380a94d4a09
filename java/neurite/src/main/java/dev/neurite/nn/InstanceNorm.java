package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.ops.LayerNormOp;
import dev.neurite.regularizer.Regularizer;
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
public final class InstanceNorm extends CenteredNormLayer<InstanceNorm> {

  /** The options, as saved. */
  public record Config(
      double epsilon, boolean center, boolean scale, Initializer gammaInitializer, Initializer betaInitializer,
      Regularizer gammaRegularizer, Regularizer betaRegularizer) {}

  private long channels = -1;

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

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 3 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, places..., channels] with channels known, given " + in);
    }
    if (channels >= 0) {
      require(in);
    }
    channels = in.last();
    createGammaAndBeta(Shape.of(channels));
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
  InstanceNorm self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        epsilon, center, scale, gammaInitializer, betaInitializer, gammaRegularizer, betaRegularizer);
  }
}
