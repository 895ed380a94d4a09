package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Mean of each channel over all positions.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, channels]}.
 */
public final class GlobalAvgPool1D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalAvgPool1D() {}

  /** The layer. */
  public static GlobalAvgPool1D of() {
    return new GlobalAvgPool1D();
  }

  static GlobalAvgPool1D from(Config c) {
    return of();
  }

  @Override
  public GlobalAvgPool1D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 1);
    return Shape.of(in.dim(0), in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return x.mean(1);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
