package dev.neurite.nn;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A function of this program as a layer: {@code y = function(x)}, without parameters. The function sees the whole
 * batch and may be called with any batch; threads may call it together.
 *
 * <p><b>Shapes</b>: any; the output's shape is found by calling the function on zeros of two sizes.
 *
 * <p>A model with such a layer cannot be saved with its structure, as a file cannot hold a function; {@code
 * saveWeights} works, and a layer class of one's own can be registered.
 *
 * <pre>{@code
 * Node y = Lambda.of(x -> x.mul(2).sub(1)).on(pixels);
 * }</pre>
 */
public final class Lambda extends Layer {

  private final UnaryOperator<Tensor> function;
  private DType result; // null before the first build

  private Lambda(UnaryOperator<Tensor> function) {
    this.function = Objects.requireNonNull(function, "function");
  }

  /** The layer. */
  public static Lambda of(UnaryOperator<Tensor> function) {
    return new Lambda(function);
  }

  @Override
  public Lambda name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return result == null ? input : result;
  }

  @Override
  protected Shape build(Shape in) {
    Shape one = tried(in, 1);
    Shape two = tried(in, 2);
    if (one.rank() != two.rank()) {
      throw new ShapeException(
          who() + ": expected a function whose result has the same number of axes for every batch, given " + one
              + " and " + two);
    }
    Shape out = one;
    for (int i = 0; i < one.rank(); i++) {
      out = one.dim(i) == two.dim(i) ? out : out.with(i, -1);
    }
    return out;
  }

  private Shape tried(Shape in, long free) {
    Shape whole = in;
    for (int i = 0; i < in.rank(); i++) {
      whole = in.dim(i) < 0 ? whole.with(i, free) : whole;
    }
    Shape given = whole;
    try (Scope scope = Scope.open()) {
      Tensor y = Tape.noGrad(() -> function.apply(Tensor.zeros(given, dtype())));
      result = y.dtype();
      return y.shape();
    }
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return function.apply(x);
  }

  @Override
  public Record config() {
    throw new IllegalStateException(
        who() + ": a model with a Lambda cannot be saved with its structure, as a file cannot hold a function"
            + "\n  use saveWeights, or write a layer class and register it with Layers.register");
  }
}
