package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The same elements in another shape, batch axis untouched.
 *
 * <p><b>Shapes</b>: input {@code [batch, *]}, output {@code [batch, sample...]} with as many
 * elements; one length of {@code sample} may be -1 (found out).
 */
public final class Reshape extends Layer {

  /** The options, as saved. */
  public record Config(List<Long> sample) {}

  private final long[] sample;

  private Reshape(long[] sample) {
    if (Arrays.stream(sample).filter(d -> d == -1).count() > 1) {
      throw new IllegalArgumentException("Reshape: expected at most one -1, given " + Arrays.toString(sample));
    }
    this.sample = sample.clone();
  }

  /**
   * To samples of the given shape.
   *
   * @param sample axis lengths without the batch axis
   */
  public static Reshape of(long... sample) {
    return new Reshape(sample);
  }

  static Reshape from(Config c) {
    return of(c.sample.stream().mapToLong(Long::longValue).toArray());
  }

  @Override
  public Reshape name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return input;
  }

  @Override
  protected Shape build(Shape in) {
    Shape to = Shape.of(sample);
    if (in.rank() == 0) {
      throw new ShapeException(who() + ": expected a batch axis, given " + in);
    }
    Shape from = in.slice(1, in.rank());
    if (from.isFree()) {
      return to.prepend(in.dim(0));
    }
    if (to.isFree()) {
      long known = Arrays.stream(sample).filter(d -> d != -1).reduce(1, (a, b) -> a * b);
      if (known > 0 && from.size() % known == 0) {
        long[] dims = Arrays.stream(sample).map(d -> d == -1 ? from.size() / known : d).toArray();
        to = Shape.of(dims);
      }
    }
    if (to.size() != from.size()) {
      throw new ShapeException(
          who() + ": expected " + from.size() + " elements per sample (input " + in + "), given "
              + Arrays.toString(sample));
    }
    return to.prepend(in.dim(0));
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return x.reshape(build(x.shape()));
  }

  @Override
  public Config config() {
    return new Config(Arrays.stream(sample).boxed().toList());
  }
}
