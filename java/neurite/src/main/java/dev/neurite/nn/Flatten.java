package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Merges all axes but the batch, last axis fastest. Images are channels last, so pixel (i, j) of
 * channel c becomes feature {@code (i * width + j) * channels + c}; weights of a dense layer behind a
 * channels-first flatten (PyTorch: {@code (c * height + i) * width + j}) need their rows reordered.
 *
 * <p><b>Shapes</b>: input {@code [batch, a, b, ...]}, output {@code [batch, a*b*...]}; {@code
 * [batch]} becomes {@code [batch, 1]}.
 */
public final class Flatten extends Layer {

  /** No options. */
  public record Config() {}

  private Flatten() {}

  /** The layer. */
  public static Flatten of() {
    return new Flatten();
  }

  static Flatten from(Config c) {
    return of();
  }

  @Override
  public Flatten name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() == 0) {
      throw new ShapeException(who() + ": expected a batch axis, given " + in);
    }
    Shape rest = in.slice(1, in.rank());
    if (rest.isFree()) {
      throw new ShapeException(who() + ": expected known lengths behind the batch axis, given " + in);
    }
    return Shape.of(in.dim(0), rest.size());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return x.reshape(x.dim(0), x.shape().slice(1, x.rank()).size());
  }

  @Override
  public Config config() {
    return new Config();
  }
}
