package dev.neurite.nn;

import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Largest of its inputs, element by element: {@code y = max(a, b, ...)}.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Maximum.of().on(left, right);
 * }</pre>
 */
public final class Maximum extends MergeLayer {

  /** No options. */
  public record Config() {}

  private Maximum() {}

  /** The layer. */
  public static Maximum of() {
    return new Maximum();
  }

  static Maximum from(Config c) {
    return of();
  }

  @Override
  public Maximum name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(fold(in, Tensor::maximum));
  }

  @Override
  public Config config() {
    return new Config();
  }
}
