package dev.neurite.nn;

import dev.neurite.error.NeuriteException;
import dev.neurite.ops.Current;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * A block with several tensors in or out: {@link Add}, {@link Concat}, distances of two encodings.
 * Otherwise as {@link Layer}.
 */
public abstract non-sealed class MultiLayer extends Block {

  /** For subclasses. */
  protected MultiLayer() {}

  /**
   * Creates parameters and parts, and returns the output shapes; see {@link Layer#build}.
   *
   * @param in input shapes, -1 for the batch axis
   */
  protected abstract List<Shape> build(List<Shape> in);

  /** Computes the outputs. It must not change the layer: threads may share it. */
  protected abstract List<Tensor> forward(List<Tensor> in, Pass pass);

  /** Multiply-adds of one sample besides those of the parts; 0 unless overridden. */
  protected long ownMultiplyAdds(List<Shape> in, List<Shape> out) {
    return 0;
  }

  /** The outputs for inference. */
  public final List<Tensor> call(List<Tensor> in) {
    return call(in, Pass.inference());
  }

  /** The outputs. A layer that belongs to no model is built at its first call. */
  public final List<Tensor> call(List<Tensor> in, Pass pass) {
    return guarded(in, pass, () -> forward(in, pass));
  }

  /** Runs code of this layer in a scope of its own, with the layer's name on exceptions. */
  final List<Tensor> guarded(List<Tensor> in, Pass pass, Supplier<List<Tensor>> code) {
    if (!isBuilt()) {
      buildBare(in);
    }
    Current current = Current.get();
    String outer = current.layer;
    current.layer = path();
    try (Scope scope = Scope.open()) {
      List<Tensor> out = List.copyOf(code.get());
      pass.finished(this, out.get(0));
      pass.keepCaptured(scope);
      out.forEach(scope::keep);
      return out;
    } catch (NeuriteException e) {
      e.leaving(name());
      throw e;
    } finally {
      current.layer = outer;
    }
  }

  /**
   * This layer applied to nodes of a functional model; its (first) output. Layers with several use
   * {@link #onAll}.
   */
  public final Node on(Node... inputs) {
    return new Node(this, List.of(inputs), 0);
  }

  /** This layer applied to nodes of a functional model, with its number of outputs. */
  public final List<Node> onAll(int outputs, Node... inputs) {
    return Node.outputs(this, List.of(inputs), outputs);
  }

  /** To be called by {@code build}: refuses fewer inputs than needed. */
  protected final void requireInputs(int given, int least) {
    if (given < least) {
      throw new IllegalArgumentException(who() + ": expected at least " + least + " inputs, given " + given);
    }
  }

  @Override
  final List<Shape> buildShapes(List<Shape> in) {
    return build(in);
  }

  @Override
  final List<Tensor> run(List<Tensor> in, Pass pass) {
    return call(in, pass);
  }

  @Override
  final long multiplyAdds(List<Shape> in, List<Shape> out) {
    return ownMultiplyAdds(in, out) + partsMultiplyAdds();
  }
}
