package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Largest value of each channel over all positions; ties share the gradient.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output {@code [batch, channels]}.
 */
public final class GlobalMaxPool1D extends Layer {

  /** No options. */
  public record Config() {}

  private GlobalMaxPool1D() {}

  /** The layer. */
  public static GlobalMaxPool1D of() {
    return new GlobalMaxPool1D();
  }

  static GlobalMaxPool1D from(Config c) {
    return of();
  }

  @Override
  public GlobalMaxPool1D name(String name) {
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
    return x.max(1);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
