package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Difference of its two inputs, element by element: {@code y = a - b}.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Subtract.of().on(left, right);
 * }</pre>
 */
public final class Subtract extends MergeLayer {

  /** No options. */
  public record Config() {}

  private Subtract() {}

  /** The layer. */
  public static Subtract of() {
    return new Subtract();
  }

  static Subtract from(Config c) {
    return of();
  }

  @Override
  public Subtract name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    if (in.size() != 2) {
      throw new IllegalArgumentException(who() + ": expected 2 inputs, given " + in.size());
    }
    return super.build(in);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(in.get(0).sub(in.get(1)));
  }

  @Override
  public Config config() {
    return new Config();
  }
}
