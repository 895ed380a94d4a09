package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.ops.BatchNormOp;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Batch normalisation over all axes but the last (Ioffe and Szegedy 2015): {@code y = gamma * (x -
 * mean) / sqrt(variance + epsilon) + beta}.
 *
 * <p>While training with the statistics of the batch, which also move the averages: {@code moving =
 * momentum * moving + (1 - momentum) * batch}. For inference, and when frozen, with the moving
 * averages. In training an output depends on the other samples of the batch, the more the smaller the
 * batch: a noise that regularises a little, and that is gone for inference.
 *
 * <p>The layer before it may have {@code bias(false)}: the mean that is taken off holds the bias.
 * {@link #fold} makes a model for inference without the normalisations.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, channels]}; {@code gamma}, {@code beta},
 * {@code moving_mean}, {@code moving_variance} [channels]. Rows, sequences, pictures and volumes alike.
 *
 * <p>Defaults as in Keras: momentum 0.99 (weight of the OLD value), epsilon 1e-3, biased running
 * variance; short runs settle sooner with momentum 0.9.
 */
public final class BatchNorm extends CenteredNormLayer<BatchNorm> {

  private static final System.Logger LOG = System.getLogger("neurite.nn");
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /** The options, as saved. */
  public record Config(
      double momentum, double epsilon, boolean center, boolean scale, boolean unbiased, boolean cumulative,
      Initializer gammaInitializer, Initializer betaInitializer, Regularizer gammaRegularizer,
      Regularizer betaRegularizer) {}

  private double momentum = 0.99;
  private boolean unbiased;
  private boolean cumulative;
  private Param movingMean;
  private Param movingVariance;
  private Param batches;

  private BatchNorm() {}

  /** The layer. */
  public static BatchNorm of() {
    return new BatchNorm();
  }

  static BatchNorm from(Config c) {
    return of()
        .momentum(c.momentum)
        .epsilon(c.epsilon)
        .center(c.center)
        .scale(c.scale)
        .unbiased(c.unbiased)
        .cumulative(c.cumulative)
        .gammaInitializer(c.gammaInitializer)
        .betaInitializer(c.betaInitializer)
        .gammaRegularizer(c.gammaRegularizer)
        .betaRegularizer(c.betaRegularizer);
  }

  /** Sets the weight of the old moving average, in [0, 1]. */
  public BatchNorm momentum(double momentum) {
    requireUnbuilt();
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new IllegalArgumentException("BatchNorm: expected a momentum in [0, 1], given " + momentum);
    }
    this.momentum = momentum;
    return this;
  }

  /** Averages the variance with divisor n - 1 (PyTorch) instead of n (default). */
  public BatchNorm unbiased(boolean on) {
    requireUnbuilt();
    unbiased = on;
    return this;
  }

  /**
   * Gives all batches the same weight in the averages (PyTorch's momentum None) instead of a momentum; their number is
   * then kept as the buffer {@code batches}.
   */
  public BatchNorm cumulative(boolean on) {
    requireUnbuilt();
    cumulative = on;
    return this;
  }

  /** The average of the batches' means [channels]; null before the layer is built. */
  public Param movingMean() {
    return movingMean;
  }

  /** The average of the batches' variances [channels]; null before the layer is built. */
  public Param movingVariance() {
    return movingVariance;
  }

  /** What is added to the variance. */
  public double epsilon() {
    return epsilon;
  }

  /**
   * A copy of a model for inference in which every batch normalisation that directly follows a layer of weighted sums
   * is folded into it: {@code kernel * s} and {@code (bias - mean) * s + beta}, {@code s = gamma / sqrt(variance +
   * epsilon)} with the moving averages. The outputs are equal but for rounding; the given model is not changed.
   *
   * <p>Folded are {@code Dense}, {@code Conv1D}, {@code Conv2D}, {@code Conv3D} and {@code DepthwiseConv2D} without
   * activation that nothing else reads, in nested models too; everything else stays as it is.
   *
   * @throws IllegalStateException when the model has a layer that cannot be saved with its structure
   */
  public static Model fold(Model model) {
    return BatchNormFolding.fold(model);
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2 || in.last() < 1) {
      throw new ShapeException(who() + ": expected [batch, *, channels] with known channels, given " + in);
    }
    if (movingMean != null) {
      requireChannels(in);
    }
    Shape channels = Shape.of(in.last());
    createGammaAndBeta(channels);
    movingMean = buffer("moving_mean", channels, Initializers.zeros());
    movingVariance = buffer("moving_variance", channels, Initializers.ones());
    if (cumulative) {
      batches = buffer("batches", Shape.scalar(), Initializers.zeros());
    }
    return in;
  }

  private void requireChannels(Shape given) {
    if (given.rank() < 2 || given.last() != movingMean.dim(0)) {
      throw new ShapeException(
          who() + ": expected last axis " + movingMean.dim(0) + ", given " + given + "\n  built for input "
              + inputShapes());
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return normalised(x, null, false, pass);
  }

  /** What this layer, an addition of the residual (null: none) and a ReLU give one after another, in one kernel. */
  Tensor callWithRelu(Tensor x, Tensor residualOrNull, Pass pass) {
    return inContext(() -> normalised(x, residualOrNull, true, pass), pass);
  }

  private Tensor normalised(Tensor x, Tensor residual, boolean relu, Pass pass) {
    requireChannels(x.shape());
    if (!pass.isTraining() || !trainable() || x.size() == 0) {
      return BatchNormOp.infer(x, gamma, beta, movingMean, movingVariance, epsilon, residual, relu);
    }
    long rows = x.size() / x.shape().last();
    if (rows == 1 && WARNED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING, "{0}: a batch with one value per channel has variance 0; its output is beta",
          who());
    }
    BatchNormOp.Result result = BatchNormOp.train(x, gamma, beta, epsilon, residual, relu);
    double varianceScale = unbiased && rows > 1 ? rows / (rows - 1.0) : 1;
    BatchNormOp.update(movingMean, movingVariance, result.mean(), result.variance(), oldWeight(), varianceScale);
    return result.y();
  }

  /** The weight of the moving averages beside this batch; counts the batch. */
  private double oldWeight() {
    if (!cumulative) {
      return momentum;
    }
    double seen = batches.item();
    batches.assign(Tensor.scalar(seen + 1, batches.dtype()));
    return seen / (seen + 1);
  }

  @Override
  BatchNorm self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        momentum, epsilon, center, scale, unbiased, cumulative, gammaInitializer, betaInitializer, gammaRegularizer,
        betaRegularizer);
  }
}
