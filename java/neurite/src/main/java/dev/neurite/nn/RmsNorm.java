package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Root mean square normalisation (Zhang and Sennrich 2019): {@code y = gamma * x / sqrt(mean(x^2) +
 * epsilon)}, the mean of each sample by itself over the given axes. {@link LayerNorm} without the
 * mean and without beta.
 *
 * <p><b>Shapes</b>: input and output {@code [batch, *, features]}; {@code gamma} has the lengths of
 * the normalised axes, in the input's order.
 *
 * <p>Defaults as in Keras: the last axis, epsilon 1e-6, gamma ones.
 */
public final class RmsNorm extends NormLayer<RmsNorm> {

  /** The options, as saved. */
  public record Config(
      List<Long> axis, double epsilon, boolean scale, Initializer gammaInitializer, Regularizer gammaRegularizer) {}

  private int[] axis = {-1};
  private NormAxes axes;

  private RmsNorm() {
    super(1e-6);
  }

  /** The layer, over the last axis. */
  public static RmsNorm of() {
    return new RmsNorm();
  }

  static RmsNorm from(Config c) {
    return of()
        .axis(NormOptions.axes(c.axis))
        .epsilon(c.epsilon)
        .scale(c.scale)
        .gammaInitializer(c.gammaInitializer)
        .gammaRegularizer(c.gammaRegularizer);
  }

  /** Sets the axes normalised over, negative ones from the end; any but the batch axis. */
  public RmsNorm axis(int... axes) {
    requireUnbuilt();
    axis = NormOptions.axes("RmsNorm", axes);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    NormAxes found = NormAxes.of(who(), axis, in);
    if (axes != null) {
      axes.require(who(), in);
    }
    axes = found;
    createGamma(axes.lengths());
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    axes.require(who(), x.shape());
    return axes.apply(x, gamma, null, epsilon, 0, false);
  }

  @Override
  RmsNorm self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(NormOptions.list(axis), epsilon, scale, gammaInitializer, gammaRegularizer);
  }
}
