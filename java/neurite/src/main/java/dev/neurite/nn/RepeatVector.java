package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Repeats a vector as steps of a sequence: {@code y[b, t, :] = x[b, :]}.
 *
 * <p><b>Shapes</b>: input {@code [batch, features]}, output {@code [batch, n, features]}.
 *
 * <pre>{@code
 * Node decoderInput = RepeatVector.of(20).on(code);
 * }</pre>
 */
public final class RepeatVector extends Layer {

  /** The options, as saved. */
  public record Config(long n) {}

  private final long n;

  private RepeatVector(long n) {
    if (n < 1) {
      throw new IllegalArgumentException("RepeatVector: expected 1 or more steps, given " + n);
    }
    this.n = n;
  }

  /** The layer, for that many steps. */
  public static RepeatVector of(long n) {
    return new RepeatVector(n);
  }

  static RepeatVector from(Config c) {
    return of(c.n);
  }

  @Override
  public RepeatVector name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() != 2) {
      throw new ShapeException(who() + ": expected [batch, features], given " + in);
    }
    return Shape.of(in.dim(0), n, in.dim(1));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return x.expandDims(1).broadcastTo(build(x.shape()));
  }

  @Override
  public Config config() {
    return new Config(n);
  }
}
