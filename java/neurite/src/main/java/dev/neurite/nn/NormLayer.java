package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;

/**
 * The options all normalisations have; each returns the layer itself.
 *
 * @param <L> the layer's own type
 */
abstract class NormLayer<L extends Layer> extends Layer {

  double epsilon;
  boolean scale = true;
  Initializer gammaInitializer = Initializers.ones();
  Regularizer gammaRegularizer;
  Param gamma;

  NormLayer(double epsilon) {
    this.epsilon = epsilon;
  }

  abstract L self();

  /** Sets what is added under the root, above 0. */
  public final L epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon(typeName(), epsilon);
    return self();
  }

  /** Leaves gamma out (false). */
  public final L scale(boolean use) {
    requireUnbuilt();
    scale = use;
    return self();
  }

  /** Sets what draws gamma; default ones. */
  public final L gammaInitializer(Initializer initializer) {
    requireUnbuilt();
    gammaInitializer = initializer;
    return self();
  }

  /** Sets a penalty on gamma; null (default) for none. */
  public final L gammaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    gammaRegularizer = regularizer;
    return self();
  }

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  /** The scale; null before the layer is built, or without scale. */
  public final Param gamma() {
    return gamma;
  }

  /** Creates gamma where one is wanted. */
  final void createGamma(Shape shape) {
    if (scale) {
      gamma = param("gamma", shape, gammaInitializer, gammaRegularizer);
    }
  }
}
