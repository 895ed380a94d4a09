package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Mean of each channel over all positions.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output {@code [batch,
 * channels]}.
 */
public final class GlobalAvgPool3D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalAvgPool3D() {}

  /** The layer. */
  public static GlobalAvgPool3D of() {
    return new GlobalAvgPool3D();
  }

  static GlobalAvgPool3D from(Config c) {
    return of();
  }

  @Override
  public GlobalAvgPool3D name(String name) {
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
    return x.mean(1, 2, 3);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
