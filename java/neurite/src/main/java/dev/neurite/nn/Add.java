package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Sum of its inputs: the end of a residual connection.
 *
 * <p><b>Shapes</b>: inputs that broadcast, output the broadcast shape.
 *
 * <pre>{@code
 * Node y = Add.of().on(x, Conv2D.of(64, 3).padding(Padding.SAME).on(x));
 * }</pre>
 */
public final class Add extends MultiLayer {

  /** No options. */
  public record Config() {}

  private Add() {}

  /** The layer. */
  public static Add of() {
    return new Add();
  }

  static Add from(Config c) {
    return of();
  }

  @Override
  public Add name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected List<Shape> build(List<Shape> in) {
    requireInputs(in.size(), 1);
    Shape sum = in.get(0);
    for (Shape s : in) {
      sum = Shape.broadcast(who(), sum, s);
    }
    return List.of(sum);
  }

  @Override
  protected List<Tensor> forward(List<Tensor> in, Pass pass) {
    Tensor sum = in.get(0);
    for (Tensor t : in.subList(1, in.size())) {
      sum = sum.add(t);
    }
    return List.of(sum);
  }

  @Override
  public Config config() {
    return new Config();
  }
}
