package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Its inputs joined along an axis.
 *
 * <p><b>Shapes</b>: inputs equal but for that axis, output with the lengths added. Default: the
 * last axis (channels).
 *
 * <pre>{@code
 * Node y = Concat.of().on(left, right);
 * }</pre>
 */
public final class Concat extends MultiLayer {

  /** The options, as saved. */
  public record Config(int axis) {}

  private final int axis;

  private Concat(int axis) {
    if (axis == 0) {
      throw new IllegalArgumentException("Concat: expected an axis behind the batch axis, given 0");
    }
    this.axis = axis;
  }

  /** Joins along the last axis. */
  public static Concat of() {
    return of(-1);
  }

  /** Joins along an axis (0 is the batch; negative: from the end). */
  public static Concat of(int axis) {
    return new Concat(axis);
  }

  static Concat from(Config c) {
    return of(c.axis);
  }

  @Override
  public Concat name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    requireInputs(in.size(), 1);
    Shape first = in.get(0);
    int a = first.axis(axis);
    long length = 0;
    for (Shape s : in) {
      if (s.rank() != first.rank() || !s.with(a, 0).matches(first.with(a, 0))) {
        throw new ShapeException(
            who() + ": expected shapes equal but for axis " + axis + ", given " + first + " and " + s);
      }
      length = length < 0 || s.dim(a) < 0 ? -1 : length + s.dim(a);
    }
    return List.of(first.with(a, length));
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(Tensor.concat(axis, in));
  }

  @Override
  public Config config() {
    return new Config(axis);
  }
}
