package dev.neurite.nn;

import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;

/**
 * The options of normalisations that take the mean off, and so have an offset as well.
 *
 * @param <L> the layer's own type
 */
abstract class CenteredNormLayer<L extends Layer> extends NormLayer<L> {

  boolean center = true;
  Initializer betaInitializer = Initializers.zeros();
  Regularizer betaRegularizer;
  Param beta;

  CenteredNormLayer() {
    super(1e-3);
  }

  /** Leaves beta out (false). */
  public final L center(boolean use) {
    requireUnbuilt();
    center = use;
    return self();
  }

  /** Sets what draws beta; default zeros. */
  public final L betaInitializer(Initializer initializer) {
    requireUnbuilt();
    betaInitializer = initializer;
    return self();
  }

  /** Sets a penalty on beta; null (default) for none. */
  public final L betaRegularizer(Regularizer regularizer) {
    requireUnbuilt();
    betaRegularizer = regularizer;
    return self();
  }

  /** The offset; null before the layer is built, or without center. */
  public final Param beta() {
    return beta;
  }

  /** Creates gamma and beta where they are wanted. */
  final void createGammaAndBeta(Shape shape) {
    createGamma(shape);
    if (center) {
      beta = param("beta", shape, betaInitializer, betaRegularizer);
    }
  }
}
