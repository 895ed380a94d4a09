package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What dropouts of whole channels share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class SpatialDropoutLayer<L extends Layer> extends Layer {

  final double rate;
  private final String[] places;

  SpatialDropoutLayer(double rate, String... places) {
    this.rate = DropoutRates.checked(typeName(), rate);
    this.places = places;
  }

  abstract L self();

  @Override
  public final L name(String name) {
    super.name(name);
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    if (in.rank() != places.length + 2) {
      throw new ShapeException(
          who() + ": expected [batch, " + String.join(", ", places) + ", channels], given " + in);
    }
    return in;
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    return DropoutRates.channels(x, rate, pass, path());
  }
}
