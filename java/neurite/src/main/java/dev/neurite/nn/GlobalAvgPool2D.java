package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Mean of each channel over the image.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output {@code [batch,
 * channels]}.
 */
public final class GlobalAvgPool2D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalAvgPool2D() {}

  /** The layer. */
  public static GlobalAvgPool2D of() {
    return new GlobalAvgPool2D();
  }

  static GlobalAvgPool2D from(Config c) {
    return of();
  }

  @Override
  public GlobalAvgPool2D name(String name) {
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
    return x.mean(1, 2);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
