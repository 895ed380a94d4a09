package dev.neurite.nn;

import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Smallest of its inputs, element by element: {@code y = min(a, b, ...)}.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Minimum.of().on(left, right);
 * }</pre>
 */
public final class Minimum extends MergeLayer {

  /** No options. */
  public record Config() {}

  private Minimum() {}

  /** The layer. */
  public static Minimum of() {
    return new Minimum();
  }

  static Minimum from(Config c) {
    return of();
  }

  @Override
  public Minimum name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(fold(in, Tensor::minimum));
  }

  @Override
  public Config config() {
    return new Config();
  }
}
