package dev.neurite.tensor;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.ops.Access;
import dev.neurite.ops.Backend;
import dev.neurite.ops.Binary;
import dev.neurite.ops.BinaryOp;
import dev.neurite.ops.CompareOp;
import dev.neurite.ops.Current;
import dev.neurite.ops.Gather;
import dev.neurite.ops.MatMul;
import dev.neurite.ops.Movement;
import dev.neurite.ops.Reduce;
import dev.neurite.ops.ReduceOp;
import dev.neurite.ops.ScanOp;
import dev.neurite.ops.Select;
import dev.neurite.ops.Settings;
import dev.neurite.ops.Softmax;
import dev.neurite.ops.Unary;
import dev.neurite.ops.UnaryOp;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.util.List;

/**
 * An immutable n-dimensional array in device memory.
 *
 * <p>A new tensor belongs to the innermost open {@link Scope} of its thread, which frees it; with no scope open it is
 * loose and is freed by {@link #close()} or once unreachable. Slices, transposes and broadcasts are views that share
 * storage. Element-wise methods broadcast as NumPy does; mixing element types throws. While a {@code Tape} is open,
 * operations on trainable parameters and watched tensors are recorded for gradients.
 */
public sealed class Tensor implements AutoCloseable permits Param {

  private static final VarHandle STORAGE;
  private static final VarHandle PINS;
  private static final boolean TRACE = Settings.get().leak() == Settings.Leak.FULL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STORAGE = lookup.findVarHandle(Tensor.class, "storage", Storage.class);
      PINS = lookup.findVarHandle(Tensor.class, "pins", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
    Access.install(new TensorAccess());
  }

  private final Shape shape;
  private final DType dtype;
  private final Device device;
  private final long[] strides; // null: contiguous
  private final long offset;
  private final String op;
  private volatile Storage storage;
  private volatile int pins;
  private Scope scope;
  private boolean orphan; // its scope (or user) let go while it was pinned
  private Cleaner.Cleanable cleanable;
  private Collector.Leftover leftover;
  private Object tape;
  private int node = -1;
  private Throwable made;
  private Throwable closedAt;

  Tensor(Storage storage, Shape shape, DType dtype, long[] strides, long offset, String op, boolean owned) {
    this.storage = storage;
    this.device = storage.device;
    this.shape = shape;
    this.dtype = dtype;
    this.strides = strides;
    this.offset = offset;
    this.op = op;
    if (TRACE) {
      made = new Throwable("made here by '" + op + "'");
    }
    Scope innermost = owned ? Current.get().scope : null;
    if (innermost != null) {
      scope = innermost;
      innermost.add(this);
    } else {
      loosen();
    }
  }

  /** Makes sure the class is initialised. */
  public static void touch() {
    // the static initialiser has run by the time this returns
  }

  // ---- factories

  /** A vector of float32 values. */
  public static Tensor of(float... values) {
    return of(values, Shape.of(values.length));
  }

  /** A vector of float64 values. */
  public static Tensor of(double... values) {
    return of(values, Shape.of(values.length));
  }

  /** A float32 matrix; rows must have equal lengths. */
  public static Tensor of(float[][] rows) {
    return HostCopy.matrix(rows);
  }

  /** A float64 matrix; rows must have equal lengths. */
  public static Tensor of(double[][] rows) {
    return HostCopy.matrix(rows);
  }

  /** A float32 tensor of the given shape; the values are copied, last axis fastest. */
  public static Tensor of(float[] values, Shape shape) {
    return HostCopy.from(values, values.length, shape, DType.FLOAT32);
  }

  /** A float64 tensor of the given shape. */
  public static Tensor of(double[] values, Shape shape) {
    return HostCopy.from(values, values.length, shape, DType.FLOAT64);
  }

  /** An int32 tensor of the given shape. */
  public static Tensor of(int[] values, Shape shape) {
    return HostCopy.from(values, values.length, shape, DType.INT32);
  }

  /** An int64 tensor of the given shape. */
  public static Tensor of(long[] values, Shape shape) {
    return HostCopy.from(values, values.length, shape, DType.INT64);
  }

  /** A vector of int64 values: labels, indices. */
  public static Tensor ofLongs(long... values) {
    return of(values, Shape.of(values.length));
  }

  /** A uint8 tensor of the given shape; bytes are taken as 0..255. */
  public static Tensor of(byte[] values, Shape shape) {
    return HostCopy.from(values, values.length, shape, DType.UINT8);
  }

  /** A boolean tensor of the given shape. */
  public static Tensor of(boolean[] values, Shape shape) {
    return HostCopy.from(values, shape);
  }

  /** Values converted to the given floating type: what tests and data readers need. */
  public static Tensor of(double[] values, Shape shape, DType dtype) {
    return HostCopy.converted(values, shape, dtype);
  }

  /** A single float32 value. */
  public static Tensor scalar(float value) {
    return full(Shape.scalar(), value, DType.FLOAT32);
  }

  /** A single value of the given type. */
  public static Tensor scalar(double value, DType dtype) {
    return full(Shape.scalar(), value, dtype);
  }

  /** Float32 zeros. */
  public static Tensor zeros(Shape shape) {
    return full(shape, 0, DType.FLOAT32);
  }

  /** Zeros of the given type. */
  public static Tensor zeros(Shape shape, DType dtype) {
    return full(shape, 0, dtype);
  }

  /** Ones of the given type. */
  public static Tensor ones(Shape shape, DType dtype) {
    return full(shape, 1, dtype);
  }

  /** A tensor filled with one value. */
  public static Tensor full(Shape shape, double value, DType dtype) {
    return Movement.fill(shape, value, dtype);
  }

  /** {@code start, start + step, ...}, {@code count} values. */
  public static Tensor range(double start, double step, long count, DType dtype) {
    return Movement.range(start, step, count, dtype);
  }

  /** A new tensor of the other's shape and type with undefined contents, for kernels that fill it. */
  public static Tensor like(Tensor other) {
    return create(other.shape, other.dtype, "like");
  }

  static Tensor create(Shape shape, DType dtype, String op) {
    if (shape.isFree()) {
      throw new ShapeException(op + ": expected a shape without free axes, given " + shape);
    }
    if (shape.size() > Long.MAX_VALUE / dtype.bytes()) {
      throw new dev.neurite.error.OutOfMemoryException(op + ": " + shape + " of " + dtype + " exceeds 2^63 bytes");
    }
    Storage s = Storage.allocate(Backend.defaultDevice(), shape.size() * dtype.bytes(), op);
    return new Tensor(s, shape, dtype, null, 0, op, true);
  }

  // ---- what it is

  /** Axis lengths. */
  public final Shape shape() {
    return shape;
  }

  /** Element type. */
  public final DType dtype() {
    return dtype;
  }

  /** Where the memory is. */
  public final Device device() {
    return device;
  }

  /** Number of axes. */
  public final int rank() {
    return shape.rank();
  }

  /** Number of elements. */
  public final long size() {
    return shape.size();
  }

  /** Length of an axis (negative: from the end). */
  public final long dim(int axis) {
    return shape.dim(axis);
  }

  /** Name of the op that made this tensor. */
  public final String op() {
    return op;
  }

  /** True when elements lie one after the other in row-major order. */
  public final boolean isContiguous() {
    return strides == null;
  }

  /** True after {@link #close()} or after its scope was closed. */
  public final boolean isClosed() {
    return storage == null;
  }

  /** Address of the first element, for kernels. @throws TensorClosedException after close */
  public final long addr() {
    Storage s = storage;
    if (s == null) {
      throw closedFailure();
    }
    return s.address + offset * dtype.bytes();
  }

  /** Handle of the native context with the calling thread's matmul precision, for kernels. */
  public final long ctx() {
    return Backend.ctx(device) | Float32MatmulPrecision.bits(Current.get());
  }

  /** Number of the element type in the native ABI. */
  public final int code() {
    return dtype.code();
  }

  final Storage storageOrThrow() {
    Storage s = storage;
    if (s == null) {
      throw closedFailure();
    }
    return s;
  }

  private TensorClosedException closedFailure() {
    String text = "Tensor: expected an open tensor, given " + describe() + " made by '" + op + "', which is closed";
    if (made == null) {
      return new TensorClosedException(
          text + "\n  return it from Scope.run or scope.keep it; -Dneurite.leak=full shows where it was closed");
    }
    TensorClosedException e = new TensorClosedException(text, made);
    if (closedAt != null) {
      e.addSuppressed(closedAt);
    }
    return e;
  }

  /** {@code float32[32, 784]}. */
  public final String describe() {
    return dtype.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }

  // ---- reading

  /** The only element, as a double. @throws ShapeException unless there is exactly one */
  public final double item() {
    return HostCopy.item(this);
  }

  /** The element at the given position. */
  public final double get(long... index) {
    return HostCopy.get(this, index);
  }

  /** All elements as floats, last axis fastest; numeric types are converted. */
  public final float[] toFloats() {
    return HostCopy.toFloats(this);
  }

  /** All elements as doubles. */
  public final double[] toDoubles() {
    return HostCopy.toDoubles(this);
  }

  /** All elements as longs; floats are truncated. */
  public final long[] toLongs() {
    return HostCopy.toLongs(this);
  }

  /** All elements as ints. */
  public final int[] toInts() {
    return HostCopy.toInts(this);
  }

  /** All elements as bytes (uint8 and bool tensors only). */
  public final byte[] toBytes() {
    return HostCopy.toBytes(this);
  }

  /** Type, shape and values, shortened in the middle when there are many. */
  @Override
  public String toString() {
    return isClosed() ? describe() + " (closed)" : TensorText.of(this);
  }

  // ---- arithmetic with broadcasting

  /** {@code this + b}. */
  public final Tensor add(Tensor b) {
    return Binary.apply(BinaryOp.ADD, this, b);
  }

  /** {@code this + b}. */
  public final Tensor add(double b) {
    return Unary.affine(this, 1, b);
  }

  /** {@code this - b}. */
  public final Tensor sub(Tensor b) {
    return Binary.apply(BinaryOp.SUB, this, b);
  }

  /** {@code this - b}. */
  public final Tensor sub(double b) {
    return Unary.affine(this, 1, -b);
  }

  /** {@code b - this}. */
  public final Tensor rsub(double b) {
    return Unary.affine(this, -1, b);
  }

  /** {@code this * b}, element by element. */
  public final Tensor mul(Tensor b) {
    return Binary.apply(BinaryOp.MUL, this, b);
  }

  /** {@code this * b}. */
  public final Tensor mul(double b) {
    return Unary.affine(this, b, -0.0); // adding +0 would lose the sign of a zero
  }

  /** {@code this / b}. */
  public final Tensor div(Tensor b) {
    return Binary.apply(BinaryOp.DIV, this, b);
  }

  /** {@code this / b}. */
  public final Tensor div(double b) {
    return dtype.isFloating()
        ? Unary.affine(this, 1 / b, -0.0)
        : Binary.apply(BinaryOp.DIV, this, scalar(b, dtype));
  }

  /** {@code b / this}. */
  public final Tensor rdiv(double b) {
    return reciprocal().mul(b);
  }

  /** {@code this ^ exponent}. */
  public final Tensor pow(double exponent) {
    return Unary.apply(UnaryOp.POWS, this, exponent);
  }

  /** {@code this ^ b}, element by element. */
  public final Tensor pow(Tensor b) {
    return Binary.apply(BinaryOp.POW, this, b);
  }

  /** Element-wise larger value; NaN wins; equal values share the gradient. */
  public final Tensor maximum(Tensor b) {
    return Binary.apply(BinaryOp.MAXIMUM, this, b);
  }

  /** Element-wise smaller value; NaN wins. */
  public final Tensor minimum(Tensor b) {
    return Binary.apply(BinaryOp.MINIMUM, this, b);
  }

  /** Remainder with the sign of the divisor, as in Python. */
  public final Tensor mod(Tensor b) {
    return Binary.apply(BinaryOp.MOD, this, b);
  }

  /** Remainder with the sign of the dividend, as Java's {@code %}. */
  public final Tensor rem(Tensor b) {
    return Binary.apply(BinaryOp.REM, this, b);
  }

  /** {@code floor(this / b)}. */
  public final Tensor floorDiv(Tensor b) {
    return Binary.apply(BinaryOp.FLOOR_DIV, this, b);
  }

  /** Any element-wise op of two tensors. */
  public final Tensor binary(BinaryOp op, Tensor b) {
    return Binary.apply(op, this, b);
  }

  /** Any element-wise function, with its parameters in the order its constant documents. */
  public final Tensor unary(UnaryOp op, double... parameters) {
    return Unary.apply(op, this, parameters);
  }

  /** {@code -this}. */
  public final Tensor neg() {
    return Unary.apply(UnaryOp.NEG, this);
  }

  /** Absolute value; derivative 0 at 0. */
  public final Tensor abs() {
    return Unary.apply(UnaryOp.ABS, this);
  }

  /** {@code e^x}. */
  public final Tensor exp() {
    return Unary.apply(UnaryOp.EXP, this);
  }

  /** Natural logarithm. */
  public final Tensor log() {
    return Unary.apply(UnaryOp.LOG, this);
  }

  /** {@code log(1 + x)}, exact near 0. */
  public final Tensor log1p() {
    return Unary.apply(UnaryOp.LOG1P, this);
  }

  /** {@code e^x - 1}, exact near 0. */
  public final Tensor expm1() {
    return Unary.apply(UnaryOp.EXPM1, this);
  }

  /** Square root. */
  public final Tensor sqrt() {
    return Unary.apply(UnaryOp.SQRT, this);
  }

  /** {@code 1 / sqrt(x)}. */
  public final Tensor rsqrt() {
    return Unary.apply(UnaryOp.RSQRT, this);
  }

  /** {@code x^2}. */
  public final Tensor square() {
    return Unary.apply(UnaryOp.SQUARE, this);
  }

  /** {@code 1 / x}. */
  public final Tensor reciprocal() {
    return Unary.apply(UnaryOp.RECIPROCAL, this);
  }

  /** Sine. */
  public final Tensor sin() {
    return Unary.apply(UnaryOp.SIN, this);
  }

  /** Cosine. */
  public final Tensor cos() {
    return Unary.apply(UnaryOp.COS, this);
  }

  /** Hyperbolic tangent. */
  public final Tensor tanh() {
    return Unary.apply(UnaryOp.TANH, this);
  }

  /** {@code 1 / (1 + e^-x)}. */
  public final Tensor sigmoid() {
    return Unary.apply(UnaryOp.SIGMOID, this);
  }

  /** {@code max(0, x)}; derivative 0 at 0. */
  public final Tensor relu() {
    return Unary.apply(UnaryOp.RELU, this);
  }

  /** Gauss error function. */
  public final Tensor erf() {
    return Unary.apply(UnaryOp.ERF, this);
  }

  /** -1, 0 or 1. */
  public final Tensor sign() {
    return Unary.apply(UnaryOp.SIGN, this);
  }

  /** Nearest whole number, halves to even. */
  public final Tensor round() {
    return Unary.apply(UnaryOp.ROUND, this);
  }

  /** Largest whole number not above. */
  public final Tensor floor() {
    return Unary.apply(UnaryOp.FLOOR, this);
  }

  /** Smallest whole number not below. */
  public final Tensor ceil() {
    return Unary.apply(UnaryOp.CEIL, this);
  }

  /** Values cut to {@code [low, high]}; gradient 1 inside and on the border, 0 outside. */
  public final Tensor clamp(double low, double high) {
    return Unary.apply(UnaryOp.CLAMP, this, low, high);
  }

  // ---- comparison and choice

  /** {@code this == b} as bool. */
  public final Tensor eq(Tensor b) {
    return Select.compare(CompareOp.EQUAL, this, b);
  }

  /** {@code this == b} as bool. */
  public final Tensor eq(double b) {
    return Select.compare(CompareOp.EQUAL, this, scalar(b, dtype));
  }

  /** {@code this != b} as bool. */
  public final Tensor ne(Tensor b) {
    return Select.compare(CompareOp.NOT_EQUAL, this, b);
  }

  /** {@code this > b} as bool. */
  public final Tensor gt(Tensor b) {
    return Select.compare(CompareOp.GREATER, this, b);
  }

  /** {@code this > b} as bool. */
  public final Tensor gt(double b) {
    return Select.compare(CompareOp.GREATER, this, scalar(b, dtype));
  }

  /** {@code this >= b} as bool. */
  public final Tensor ge(Tensor b) {
    return Select.compare(CompareOp.GREATER_EQUAL, this, b);
  }

  /** {@code this >= b} as bool. */
  public final Tensor ge(double b) {
    return Select.compare(CompareOp.GREATER_EQUAL, this, scalar(b, dtype));
  }

  /** {@code this < b} as bool. */
  public final Tensor lt(Tensor b) {
    return Select.compare(CompareOp.LESS, this, b);
  }

  /** {@code this < b} as bool. */
  public final Tensor lt(double b) {
    return Select.compare(CompareOp.LESS, this, scalar(b, dtype));
  }

  /** {@code this <= b} as bool. */
  public final Tensor le(Tensor b) {
    return Select.compare(CompareOp.LESS_EQUAL, this, b);
  }

  /** {@code this <= b} as bool. */
  public final Tensor le(double b) {
    return Select.compare(CompareOp.LESS_EQUAL, this, scalar(b, dtype));
  }

  /** Both of two bool tensors. */
  public final Tensor and(Tensor b) {
    return Select.compare(CompareOp.AND, this, b);
  }

  /** At least one of two bool tensors. */
  public final Tensor or(Tensor b) {
    return Select.compare(CompareOp.OR, this, b);
  }

  /** The opposite of a bool tensor. */
  public final Tensor not() {
    return Select.compare(CompareOp.XOR, this, scalar(1, DType.BOOL));
  }

  /** Where elements are NaN, as bool. */
  public final Tensor isNan() {
    return Select.compare(CompareOp.IS_NAN, this, this);
  }

  /** Where elements are neither NaN nor infinite, as bool. */
  public final Tensor isFinite() {
    return Select.compare(CompareOp.IS_FINITE, this, this);
  }

  /** Any comparison or logical op. */
  public final Tensor compare(CompareOp op, Tensor b) {
    return Select.compare(op, this, b);
  }

  /** This bool tensor as a choice: {@code this ? a : b}, all broadcast. */
  public final Tensor where(Tensor a, Tensor b) {
    return Select.where(this, a, b);
  }

  // ---- reductions: no axis given means all axes

  /** Sum over the axes, which disappear. */
  public final Tensor sum(int... axes) {
    return Reduce.apply(ReduceOp.SUM, this, false, axes);
  }

  /** Sum; {@code keepDims} leaves axes of length 1 in place. */
  public final Tensor sum(boolean keepDims, int... axes) {
    return Reduce.apply(ReduceOp.SUM, this, keepDims, axes);
  }

  /** Mean over the axes. */
  public final Tensor mean(int... axes) {
    return Reduce.apply(ReduceOp.MEAN, this, false, axes);
  }

  /** Mean; {@code keepDims} leaves axes of length 1 in place. */
  public final Tensor mean(boolean keepDims, int... axes) {
    return Reduce.apply(ReduceOp.MEAN, this, keepDims, axes);
  }

  /** Largest value; NaN wins; ties share the gradient evenly. */
  public final Tensor max(int... axes) {
    return Reduce.apply(ReduceOp.MAX, this, false, axes);
  }

  /** Largest value; {@code keepDims} leaves axes of length 1 in place. */
  public final Tensor max(boolean keepDims, int... axes) {
    return Reduce.apply(ReduceOp.MAX, this, keepDims, axes);
  }

  /** Smallest value. */
  public final Tensor min(int... axes) {
    return Reduce.apply(ReduceOp.MIN, this, false, axes);
  }

  /** Smallest value; {@code keepDims} leaves axes of length 1 in place. */
  public final Tensor min(boolean keepDims, int... axes) {
    return Reduce.apply(ReduceOp.MIN, this, keepDims, axes);
  }

  /** Running sum along an axis. */
  public final Tensor cumsum(int axis) {
    return ScanOp.sum(this, axis, false, false);
  }

  /** Variance with divisor n (correction 0). */
  public final Tensor variance(int... axes) {
    return Reduce.apply(ReduceOp.VAR, this, false, axes);
  }

  /** Any reduction; {@code keepDims} leaves axes of length 1 in place. */
  public final Tensor reduce(ReduceOp op, boolean keepDims, int... axes) {
    return Reduce.apply(op, this, keepDims, axes);
  }

  /** Variance with divisor {@code n - correction}. */
  public final Tensor variance(double correction, boolean keepDims, int... axes) {
    return Reduce.variance(this, correction, keepDims, axes);
  }

  /** Index (int64) of the first largest element along an axis. */
  public final Tensor argmax(int axis) {
    return Reduce.arg(this, axis, true);
  }

  /** Index (int64) of the first smallest element along an axis. */
  public final Tensor argmin(int axis) {
    return Reduce.arg(this, axis, false);
  }

  // ---- shape

  /** The same elements in another shape; one length may be -1 (found out). A view when contiguous. */
  public final Tensor reshape(long... dims) {
    return Movement.reshape(this, dims);
  }

  /** The same elements in another shape. */
  public final Tensor reshape(Shape to) {
    return Movement.reshape(this, to.raw());
  }

  /** All axes from {@code from} on merged into one. */
  public final Tensor flatten(int from) {
    return Movement.flatten(this, from);
  }

  /** The last two axes exchanged. A view. */
  public final Tensor transpose() {
    return Movement.transpose(this);
  }

  /** Axes in the given order. A view. */
  public final Tensor permute(int... order) {
    return Movement.permute(this, order);
  }

  /** An axis of length 1 put in at the given place. */
  public final Tensor expandDims(int axis) {
    return Movement.expandDims(this, axis);
  }

  /** Axes of length 1 taken out. */
  public final Tensor squeeze(int... axes) {
    return Movement.squeeze(this, axes);
  }

  /** Stretched to a larger shape. A view. */
  public final Tensor broadcastTo(Shape to) {
    return Movement.broadcastTo(this, to);
  }

  /** Summed over the axes that broadcasting to this tensor's shape had stretched: its inverse for gradients. */
  public final Tensor sumTo(Shape to) {
    return Reduce.sumTo(this, to);
  }

  /** Ranges of the leading axes; axes not named stay whole. A view. */
  public final Tensor slice(Slice... ranges) {
    return Movement.slice(this, ranges);
  }

  /** Positions {@code from} to {@code to - 1} of one axis. A view. */
  public final Tensor slice(int axis, long from, long to) {
    return Movement.sliceAxis(this, axis, Slice.of(from, to));
  }

  /** One position of an axis, which disappears. A view. */
  public final Tensor select(int axis, long index) {
    return Movement.select(this, axis, index);
  }

  /** Elements in reverse order along the axes. A view. */
  public final Tensor flip(int... axes) {
    return Movement.flip(this, axes);
  }

  /** A border of constant value: {@code before[i]} and {@code after[i]} elements on axis i. */
  public final Tensor pad(long[] before, long[] after, double value) {
    return Movement.pad(this, before, after, value);
  }

  /** Tensors joined along an existing axis. */
  public static Tensor concat(int axis, List<Tensor> parts) {
    return Movement.concat(axis, parts);
  }

  /** Tensors of one shape joined along a new axis. */
  public static Tensor stack(int axis, List<Tensor> parts) {
    return Movement.stack(axis, parts);
  }

  /** Rows (entries of the first axis) picked by an int64 tensor of any shape. */
  public final Tensor gather(Tensor ids) {
    return Gather.apply(this, ids, -1);
  }

  /** This tensor if contiguous, else a contiguous copy. */
  public final Tensor contiguous() {
    return strides == null ? this : Movement.copy(this);
  }

  /** The same values in another element type (this tensor when it has that type already). */
  public final Tensor cast(DType to) {
    return dtype == to ? this : Movement.cast(this, to);
  }

  /** int64 labels as rows of zeros with a one: {@code [*]} to {@code [*, depth]}. */
  public final Tensor oneHot(long depth, DType to) {
    return Movement.oneHot(this, depth, to);
  }

  // ---- linear algebra and softmax

  /**
   * Matrix product. {@code [.., m, k] x [.., k, n] -> [.., m, n]} with broadcast leading axes; a vector on the left is
   * a row, on the right a column, and two vectors give their dot product.
   */
  public final Tensor matmul(Tensor b) {
    return MatMul.apply(this, b);
  }

  /** {@code exp(x - max) / sum} along an axis. */
  public final Tensor softmax(int axis) {
    return Softmax.apply(this, axis, false);
  }

  /** {@code log(softmax(x))} along an axis. */
  public final Tensor logSoftmax(int axis) {
    return Softmax.apply(this, axis, true);
  }

  // ---- ownership

  /**
   * Gives the memory back (once the tape, where it still needs the values, has used them). Closing twice is harmless;
   * views keep the storage alive.
   */
  @Override
  public void close() {
    if (pins > 0) {
      orphan = true;
      scope = null;
      return;
    }
    Storage s = (Storage) STORAGE.getAndSet(this, (Storage) null);
    if (s == null) {
      return;
    }
    if (TRACE) {
      closedAt = new Throwable("closed here");
    }
    if (cleanable != null) {
      cleanable.clean();
    } else {
      s.release();
    }
  }

  final Scope scope() {
    return scope;
  }

  private void loosen() {
    Storage.LOOSE.incrementAndGet();
    leftover = new Collector.Leftover(storage);
    cleanable = Collector.CLEANER.register(this, leftover);
  }

  /** To another scope, or (null) to none. */
  final void moveTo(Scope to) {
    if (to == scope && !(to == null && orphan)) {
      return;
    }
    orphan = false;
    scope = to;
    if (to == null) {
      if (cleanable == null && storage != null) {
        loosen();
      }
      return;
    }
    if (cleanable != null) {
      storageOrThrow().retain(); // the leftover drops one when disarmed
      cleanable.clean();
      cleanable = null;
      leftover = null;
    }
    to.add(this);
  }

  /** Called by a closing scope: the storage to drop, or null when this tensor is no longer the scope's to free. */
  final Storage leaveClosing(Scope closing) {
    if (scope != closing) {
      return null;
    }
    scope = null;
    if (pins > 0) {
      orphan = true;
      return null;
    }
    if (TRACE) {
      closedAt = new Throwable("closed with its scope here");
    }
    return (Storage) STORAGE.getAndSet(this, (Storage) null);
  }

  final boolean isOrphan() {
    return orphan;
  }

  final void pin() {
    PINS.getAndAdd(this, 1);
  }

  final void unpin() {
    if ((int) PINS.getAndAdd(this, -1) == 1 && orphan) {
      orphan = false;
      close();
    }
  }

  final long[] stridesOrContiguous() {
    return strides == null ? shape.contiguousStrides() : strides;
  }

  final long offset() {
    return offset;
  }

  final int node(Object onTape) {
    return tape == onTape ? node : -1;
  }

  final void setNode(Object onTape, int number) {
    tape = onTape;
    node = number;
  }

  final void requireFloating(String who) {
    if (!dtype.isDifferentiable()) {
      throw new DTypeException(who + ": expected float32 or float64, given " + describe());
    }
  }
}
