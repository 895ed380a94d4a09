package dev.neurite.nn;

import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Mean of its inputs, element by element: {@code y = (a + b + ...) / n}.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Average.of().on(left, right);
 * }</pre>
 */
public final class Average extends MergeLayer {

  /** No options. */
  public record Config() {}

  private Average() {}

  /** The layer. */
  public static Average of() {
    return new Average();
  }

  static Average from(Config c) {
    return of();
  }

  @Override
  public Average name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    return List.of(fold(in, Tensor::add).div(in.size()));
  }

  @Override
  public Config config() {
    return new Config();
  }
}
