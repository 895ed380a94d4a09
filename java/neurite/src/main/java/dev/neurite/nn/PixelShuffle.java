package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Channels spread over blocks of pixels: {@code y[b, i*f+u, j*f+v, c] = x[b, i, j, c*f*f + u*f +
 * v]} with factor f (sub-pixel convolution; ONNX {@code DepthToSpace} in mode CRD, PyTorch's {@code
 * PixelShuffle}).
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels * f * f]}, output {@code [batch,
 * height * f, width * f, channels]}.
 */
public final class PixelShuffle extends ShuffleLayer<PixelShuffle> {

  /** The options, as saved. */
  public record Config(long factor) {}

  private final long factor;

  private PixelShuffle(long factor) {
    super(factor);
    this.factor = factor;
  }

  /** The layer for a given factor, 1 or more. */
  public static PixelShuffle of(long factor) {
    return new PixelShuffle(factor);
  }

  static PixelShuffle from(Config c) {
    return of(c.factor);
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 2);
    long block = Math.multiplyExact(factor, factor);
    if (in.last() % block != 0) {
      throw new ShapeException(who() + ": expected channels divisible by " + block + ", given " + in);
    }
    long h = in.dim(1) < 0 ? -1 : Math.multiplyExact(in.dim(1), factor);
    long w = in.dim(2) < 0 ? -1 : Math.multiplyExact(in.dim(2), factor);
    return Shape.of(in.dim(0), h, w, in.last() / block);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Shape out = build(x.shape());
    return x.reshape(x.dim(0), x.dim(1), x.dim(2), out.last(), factor, factor)
        .permute(0, 1, 4, 2, 5, 3)
        .reshape(out);
  }

  @Override
  PixelShuffle self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(factor);
  }
}
