package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * What a model is fed: the shape of one sample (the batch axis comes in front by itself) and its
 * type.
 *
 * <p><b>Shapes</b>: {@code Input.of(28, 28, 1)} takes tensors {@code [batch, 28, 28, 1]}; -1 leaves
 * an axis free. Defaults: float32, name {@code input}.
 */
public final class Input extends Node {

  private final Shape shape;
  private DType dtype = DType.FLOAT32;
  private String name;
  private boolean fixed;

  private Input(Shape shape) {
    super(null, List.of(), 0);
    this.shape = shape;
  }

  /**
   * An input whose samples have the given axis lengths; none for one number per sample.
   *
   * @param sample axis lengths without the batch axis
   */
  public static Input of(long... sample) {
    return new Input(Shape.of(sample).prepend(-1));
  }

  /**
   * Sets the type of the values; parameters of the layers behind it take it when it is floating.
   */
  public Input dtype(DType dtype) {
    requireFree();
    this.dtype = dtype;
    return this;
  }

  /** Names the input. */
  public Input name(String name) {
    requireFree();
    this.name = Block.checkedName(name);
    return this;
  }

  private void requireFree() {
    if (fixed) {
      throw new IllegalStateException("Input '" + name + "': options are fixed once a model uses it");
    }
  }

  void fix(String defaultName) {
    if (name == null) {
      name = defaultName;
    }
    fixed = true;
  }

  /** Shape with the free batch axis in front. */
  public Shape shape() {
    return shape;
  }

  /** Type of the values. */
  public DType dtype() {
    return dtype;
  }

  /** The name; null until given or used in a model. */
  public String name() {
    return name;
  }

  /** True when a tensor fits. */
  boolean accepts(Tensor x) {
    return x.dtype() == dtype && shape.matches(x.shape());
  }
}
