package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Blocks of pixels gathered in channels, the inverse of {@link PixelShuffle}: {@code y[b, i, j,
 * c*f*f + u*f + v] = x[b, i*f+u, j*f+v, c]} with factor f.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]} with sides divisible by f,
 * output {@code [batch, height / f, width / f, channels * f * f]}.
 */
public final class PixelUnshuffle extends ShuffleLayer<PixelUnshuffle> {

  /** The options, as saved. */
  public record Config(long factor) {}

  private final long factor;

  private PixelUnshuffle(long factor) {
    super(factor);
    this.factor = factor;
  }

  /** The layer for a given factor, 1 or more. */
  public static PixelUnshuffle of(long factor) {
    return new PixelUnshuffle(factor);
  }

  static PixelUnshuffle from(Config c) {
    return of(c.factor);
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 2);
    if (in.dim(1) > 0 && in.dim(1) % factor != 0 || in.dim(2) > 0 && in.dim(2) % factor != 0) {
      throw new ShapeException(who() + ": expected a height and width divisible by " + factor + ", given " + in);
    }
    long h = in.dim(1) < 0 ? -1 : in.dim(1) / factor;
    long w = in.dim(2) < 0 ? -1 : in.dim(2) / factor;
    return Shape.of(in.dim(0), h, w, Math.multiplyExact(in.last(), Math.multiplyExact(factor, factor)));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    return x.reshape(x.dim(0), out.dim(1), factor, out.dim(2), factor, x.dim(3))
        .permute(0, 1, 3, 5, 2, 4)
        .reshape(out);
  }

  @Override
  PixelUnshuffle self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(factor);
  }
}
