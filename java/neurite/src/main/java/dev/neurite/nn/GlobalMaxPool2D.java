package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Largest value of each channel over the image; ties share the gradient.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch,
 * channels]}.
 */
public final class GlobalMaxPool2D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalMaxPool2D() {}

  /** The layer. */
  public static GlobalMaxPool2D of() {
    return new GlobalMaxPool2D();
  }

  static GlobalMaxPool2D from(Config c) {
    return of();
  }

  @Override
  public GlobalMaxPool2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() != 4 || in.dim(1) == 0 || in.dim(2) == 0) {
      throw new ShapeException(
          who() + ": expected [batch, height, width, channels] of at least 1 x 1, given " + in);
    }
    return Shape.of(in.dim(0), in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.max(1, 2);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
