package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Largest value of each channel over all positions; ties share the gradient.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * channels]}.
 */
public final class GlobalMaxPool3D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalMaxPool3D() {}

  /** The layer. */
  public static GlobalMaxPool3D of() {
    return new GlobalMaxPool3D();
  }

  static GlobalMaxPool3D from(Config c) {
    return of();
  }

  @Override
  public GlobalMaxPool3D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 3);
    return Shape.of(in.dim(0), in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.max(1, 2, 3);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
