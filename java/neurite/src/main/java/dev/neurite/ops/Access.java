package dev.neurite.ops;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Doors into package-private parts of {@code Tensor} for the ops and the tape, kept out of the public API. The tensor
 * package fills in the one instance when {@code Tensor} is initialised.
 */
public abstract class Access {

  private static Access instance;

  /** Called once by the tensor package. */
  public static void install(Access access) {
    instance = access;
  }

  /** The one instance. */
  public static Access tensors() {
    if (instance == null) {
      Tensor.touch();
    }
    return instance;
  }

  /** A new contiguous tensor with undefined contents. */
  public abstract Tensor create(Shape shape, DType dtype, String op);

  /** A view: same storage, other shape, strides (elements; null when contiguous) and offset. */
  public abstract Tensor view(Tensor of, Shape shape, long[] strides, long offset, String op);

  /** Strides in elements, never null. */
  public abstract long[] strides(Tensor t);

  /** Offset of the first element in the storage, in elements. */
  public abstract long offset(Tensor t);

  /** Number of the tensor on its tape, or -1. */
  public abstract int node(Tensor t, Object tape);

  /** Gives the tensor a number on a tape. */
  public abstract void setNode(Tensor t, Object tape, int node);

  /** Keeps the tensor alive beyond its scope until {@link #unpin}. */
  public abstract void pin(Tensor t);

  /** Undoes one {@link #pin}; frees the tensor when its scope is already closed. */
  public abstract void unpin(Tensor t);

  /** True when only pins keep the tensor alive: its scope is closed. */
  public abstract boolean isOrphan(Tensor t);

  /** A packed form of a parameter; see {@link Packed#of}. */
  public abstract Packed packed(Param p, Packing packing, Packed.When when);

  /** Moves a tensor into a scope (null: makes it loose). */
  public abstract void adopt(Tensor t, Scope scope);
}
