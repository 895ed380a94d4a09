package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
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
public final class RmsNorm extends Layer {

  /** The options, as saved. */
  public record Config(
      List<Long> axis, double epsilon, boolean scale, Initializer gammaInitializer, Regularizer gammaRegularizer) {}

  private int[] axis = {-1};
  private double epsilon = 1e-6;
  private boolean scale = true;
  private Initializer gammaInitializer = Initializers.ones();
  private Regularizer gammaRegularizer;
  private NormAxes axes;
  private Param gamma;

  private RmsNorm() {}

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

  /** Sets what is added to the mean of squares, above 0. */
  public RmsNorm epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon("RmsNorm", epsilon);
    return this;
  }

  /** Leaves gamma out (false). */
  public RmsNorm scale(boolean use) {
    requireUnbuilt();
    scale = use;
    return this;
  }

  /** Sets what draws gamma; default ones. */
  public RmsNorm gammaInitializer(Initializer initializer) {
    requireUnbuilt();
    gammaInitializer = initializer;
    return this;
  }

  /** Sets a penalty on gamma; null (default) for none. */
  public RmsNorm gammaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    gammaRegularizer = regularizer;
    return this;
  }

  @Override
  public RmsNorm name(String name) {
    super.name(name);
    return this;
  }

  /** The scale; null before the layer is built, or without scale. */
  public Param gamma() {
    return gamma;
  }

  @Override
  protected Shape build(Shape in) {
    NormAxes found = NormAxes.of(who(), axis, in);
    if (axes != null) {
      axes.require(who(), in);
    }
    axes = found;
    if (scale) {
      gamma = param("gamma", axes.lengths(), gammaInitializer, gammaRegularizer);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    axes.require(who(), x.shape());
    return axes.apply(x, gamma, null, epsilon, 0, false);
  }

  @Override
  public Config config() {
    return new Config(NormOptions.list(axis), epsilon, scale, gammaInitializer, gammaRegularizer);
  }
}
