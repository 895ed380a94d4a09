package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.ops.Current;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A named tensor that training changes: the weights of a layer. It belongs to no scope; it is freed by {@link #close()}
 * (its model's close) or once unreachable. Only {@link #assign} and optimisers write to it.
 */
public final class Param extends Tensor {

  private static final VarHandle VERSION;

  static {
    try {
      VERSION = MethodHandles.lookup().findVarHandle(Param.class, "version", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private volatile boolean trainable = true;

  @SuppressWarnings("unused") // through VERSION
  private volatile long version;

  private volatile PackedForms forms;
  private volatile AfterStep afterStep;
  private volatile double learningRateFactor = 1;

  /** What happens to the values after each optimiser step: a projection (constraint) or a proximal step. */
  @FunctionalInterface
  public interface AfterStep {

    /**
     * The new values.
     *
     * @param values the parameter's values after the rule's update
     * @param learningRate the rate of the step, with the parameter's factor
     */
    Tensor apply(Tensor values, double learningRate);
  }

  private Param(String name, Storage storage, Shape shape, DType dtype) {
    super(storage, shape, dtype, null, 0, name, false);
    this.name = name;
  }

  /** A scalar float32 parameter. */
  public static Param of(String name, float value) {
    return of(name, value, DType.FLOAT32);
  }

  /** A scalar parameter of the given type. */
  public static Param of(String name, double value, DType dtype) {
    try (Scope scope = Scope.open()) {
      return of(name, Tensor.scalar(value, dtype));
    }
  }

  /** A parameter with a copy of the given values. */
  public static Param of(String name, Tensor values) {
    Storage s = Storage.allocate(values.device(), values.size() * values.dtype().bytes(), name);
    Param p = new Param(name, s, values.shape(), values.dtype());
    p.assign(values);
    return p;
  }

  /** Name or path, such as {@code encoder.kernel}. */
  public String name() {
    return name;
  }

  /** True when gradients are recorded for it (default). */
  public boolean trainable() {
    return trainable;
  }

  /** Freezes or unfreezes it. */
  public void trainable(boolean on) {
    trainable = on;
  }

  /** What optimisers do to the values after each step; null (default) for nothing. */
  public AfterStep afterStep() {
    return afterStep;
  }

  /** Sets what optimisers do to the values after each step; null for nothing. */
  public void afterStep(AfterStep what) {
    afterStep = what;
  }

  /** Factor of the optimiser's learning rate for this parameter; default 1. */
  public double learningRateFactor() {
    return learningRateFactor;
  }

  /**
   * Sets the factor of the learning rate; 0 leaves the values alone while gradients still flow.
   *
   * @throws IllegalArgumentException for a factor that is negative, NaN or infinite
   */
  public void learningRateFactor(double factor) {
    if (!(factor >= 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("Param '" + name + "': expected a factor of 0 or more, given " + factor);
    }
    learningRateFactor = factor;
  }

  /** Counts the changes of the values. */
  public long version() {
    return version;
  }

  /** To be called by whatever writes into the memory directly, such as an optimiser's native step. */
  public void changed() {
    VERSION.getAndAdd(this, 1L);
  }

  /** Packed forms of the values, for the kernels. */
  PackedForms forms() {
    PackedForms known = forms;
    return known != null ? known : firstForms();
  }

  private synchronized PackedForms firstForms() {
    if (forms == null) {
      PackedForms made = new PackedForms();
      Collector.CLEANER.register(this, made);
      forms = made;
    }
    return forms;
  }

  @Override
  public void close() {
    super.close();
    PackedForms known = forms;
    if (known != null && isClosed()) {
      known.run();
    }
  }

  /**
   * Copies values in.
   *
   * @throws ShapeException when the shapes differ
   * @throws DTypeException when the element types differ
   */
  public void assign(Tensor values) {
    if (!values.shape().equals(shape())) {
      throw new ShapeException("Param '" + name + "': expected " + shape() + ", given " + values.shape());
    }
    if (values.dtype() != dtype()) {
      throw new DTypeException("Param '" + name + "': expected " + dtype() + ", given " + values.dtype());
    }
    Current current = Current.get();
    var tape = current.tape;
    current.tape = null;
    try (Scope scope = Scope.open()) {
      Tensor source = values.contiguous();
      long[] desc = {1, size(), 1, 1};
      Status.check(
          Abi.nrt_movement_copy(ctx(), dtype().bytes(), addr(), source.addr(), desc), "assign", this, source);
    } finally {
      current.tape = tape;
    }
    changed();
  }
}
