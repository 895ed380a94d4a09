package dev.neurite.nn;

import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Product of its inputs, element by element: {@code y = a * b * ...}.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Multiply.of().on(left, right);
 * }</pre>
 */
public final class Multiply extends MergeLayer {

  /** No options. */
  public record Config() {}

  private Multiply() {}

  /** The layer. */
  public static Multiply of() {
    return new Multiply();
  }

  static Multiply from(Config c) {
    return of();
  }

  @Override
  public Multiply name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(fold(in, Tensor::mul));
  }

  @Override
  public Config config() {
    return new Config();
  }
}
