package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016): {@code y = gamma * (x - mean) / sqrt(variance +
 * epsilon) + beta}, with mean and variance of each sample by itself over the given axes, the same in
 * training and inference.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, features]}; {@code gamma} and {@code beta}
 * have the lengths of the normalised axes, in the input's order.
 *
 * <p>Defaults as in Keras: the last axis, epsilon 1e-3 (PyTorch: 1e-5), gamma ones, beta zeros,
 * variance with divisor n.
 *
 * <pre>{@code
 * LayerNorm.of().axis(-2, -1).epsilon(1e-5)
 * }</pre>
 */
public final class LayerNorm extends CenteredNormLayer<LayerNorm> {

  /** The options, as saved. */
  public record Config(
      List<Long> axis, double epsilon, double correction, boolean center, boolean scale, Initializer gammaInitializer,
      Initializer betaInitializer, Regularizer gammaRegularizer, Regularizer betaRegularizer) {}

  private int[] axis = {-1};
  private double correction;
  private NormAxes axes;

  private LayerNorm() {}

  /** The layer, over the last axis. */
  public static LayerNorm of() {
    return new LayerNorm();
  }

  static LayerNorm from(Config c) {
    return of()
        .axis(NormOptions.axes(c.axis))
        .epsilon(c.epsilon)
        .correction(c.correction)
        .center(c.center)
        .scale(c.scale)
        .gammaInitializer(c.gammaInitializer)
        .betaInitializer(c.betaInitializer)
        .gammaRegularizer(c.gammaRegularizer)
        .betaRegularizer(c.betaRegularizer);
  }

  /** Sets the axes normalised over, negative ones from the end; any but the batch axis. */
  public LayerNorm axis(int... axes) {
    requireUnbuilt();
    axis = NormOptions.axes("LayerNorm", axes);
    return this;
  }

  /** Sets what is taken off the number of values in the variance's divisor; default 0. */
  public LayerNorm correction(double correction) {
    requireUnbuilt();
    if (!(correction >= 0) || Double.isInfinite(correction)) {
      throw new IllegalArgumentException("LayerNorm: expected a correction of at least 0, given " + correction);
    }
    this.correction = correction;
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    NormAxes found = NormAxes.of(who(), axis, in);
    if (axes != null) {
      axes.require(who(), in);
    }
    axes = found;
    createGammaAndBeta(axes.lengths());
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    axes.require(who(), x.shape());
    return axes.apply(x, gamma, beta, epsilon, correction, true);
  }

  @Override
  LayerNorm self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(
        NormOptions.list(axis), epsilon, correction, center, scale, gammaInitializer, betaInitializer, gammaRegularizer,
        betaRegularizer);
  }
}
