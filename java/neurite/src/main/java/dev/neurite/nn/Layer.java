package dev.neurite.nn;

import dev.neurite.error.NeuriteException;
import dev.neurite.ops.Current;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * A block with one tensor in and one out: nearly all of them. A layer of one's own implements two
 * methods:
 *
 * <pre>{@code
 * public final class Scale extends Layer {
 *   private Param factor;
 *
 *   @Override protected Shape build(Shape in) {                     // parameters, and the output shape
 *     factor = param("factor", Shape.of(in.last()), Initializers.ones());
 *     return in;
 *   }
 *
 *   @Override protected Tensor forward(Tensor x, Pass pass) {
 *     return x.mul(factor);
 *   }
 * }
 * }</pre>
 *
 * <p>Every call runs in a {@link Scope} of its own: what {@code forward} makes is freed when it
 * returns, except the result, captured tensors, and what a tape still needs.
 */
public abstract non-sealed class Layer extends Block {

  /** For subclasses. */
  protected Layer() {}

  /**
   * Creates parameters and parts, and returns the output shape. Called once; called again, to
   * check, when the layer is used for an input of another shape: {@code param} and {@code child}
   * then return what is there. It must not depend on anything but the options and the input shape.
   *
   * @param in input shape, -1 for the batch axis
   * @return output shape, -1 for the batch axis
   * @throws dev.neurite.error.ShapeException for a shape the layer cannot take
   */
  protected abstract Shape build(Shape in);

  /** Computes the output. It must not change the layer: threads may share it. */
  protected abstract Tensor forward(Tensor x, Pass pass);

  /**
   * Multiply-adds of one sample besides those of the parts; 0 unless overridden. Shown by {@link
   * Model#summary()}.
   */
  protected long multiplyAdds(Shape in, Shape out) {
    return 0;
  }

  /** The output for inference. */
  public final Tensor call(Tensor x) {
    return call(x, Pass.inference());
  }

  /**
   * The output. A layer that belongs to no model is built at its first call.
   *
   * @param x input, batch axis first
   * @param pass training or inference
   * @throws NeuriteException with the layer path on its message
   */
  public final Tensor call(Tensor x, Pass pass) {
    if (!isBuilt()) {
      buildBare(List.of(x));
    }
    return inContext(() -> forward(x, pass), pass);
  }

  /** The result of code that runs as this layer: in a scope of its own, with its path on messages. */
  final Tensor inContext(Supplier<Tensor> code, Pass pass) {
    Current current = Current.get();
    String outer = current.layer;
    current.layer = path();
    try (Scope scope = Scope.open()) {
      Tensor y = code.get();
      pass.finished(this, y);
      pass.keepCaptured(scope);
      return scope.keep(y);
    } catch (NeuriteException e) {
      e.leaving(name());
      throw e;
    } finally {
      current.layer = outer;
    }
  }

  /**
   * This layer applied to a node of a functional model; used on several nodes it shares its
   * weights.
   */
  public final Node on(Node input) {
    return new Node(this, List.of(input), 0);
  }

  @Override
  final List<Shape> buildShapes(List<Shape> in) {
    requireInputs(in.size());
    return List.of(build(in.get(0)));
  }

  @Override
  final List<Tensor> run(List<Tensor> in, Pass pass) {
    requireInputs(in.size());
    return List.of(call(in.get(0), pass));
  }

  private void requireInputs(int given) {
    if (given != 1) {
      throw new IllegalArgumentException(who() + ": expected one input, given " + given);
    }
  }

  @Override
  final long multiplyAdds(List<Shape> in, List<Shape> out) {
    return multiplyAdds(in.get(0), out.get(0)) + partsMultiplyAdds();
  }
}
