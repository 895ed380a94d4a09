package dev.neurite.tensor;

import dev.neurite.natives.Abi;
import dev.neurite.natives.Natives;
import dev.neurite.ops.Backend;
import dev.neurite.ops.Current;
import dev.neurite.ops.Settings;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * How float32 matrix products (matmul, dense, convolution, recurrent and attention layers) are computed. The default for
 * the process is {@link #HIGHEST}, or what {@code -Dneurite.matmulPrecision} ({@code NEURITE_MATMUL_PRECISION}) says;
 * a thread may use another one for a while:
 *
 * <pre>{@code
 * Tensor y = Float32MatmulPrecision.HIGH.run(() -> model.predict(x));
 *
 * try (var use = Float32MatmulPrecision.IEEE.open()) {
 *   ...                                             // true float32 arithmetic here, on this thread
 * }
 * }</pre>
 *
 * <p>Backward computes with the mode its forward had. Results depend on shapes, mode and instruction-set level
 * ({@code Neurite.isa()}), never on the number of threads. Other types than float32 are not concerned.
 */
public enum Float32MatmulPrecision {
  /** Float32 multiplications and additions only, with IEEE's infinities, NaN and subnormal numbers. */
  IEEE,
  /**
   * Error not above that of {@link #IEEE}, measured against the norms of the operands. Where the processor has AMX, by six
   * bfloat16 products of split operands, about twice as fast; values near the ends of float32's range go through IEEE.
   */
  HIGHEST,
  /** Three bfloat16 products where the processor has AMX (relative error about 4e-6), else as {@link #HIGHEST}. */
  HIGH,
  /** Operands rounded to bfloat16 where the processor multiplies those (relative error about 2e-3), else as HIGHEST. */
  MEDIUM;

  private static volatile long defaultBits = start();

  private static long start() {
    return named(Settings.get().matmulPrecision()).bits();
  }

  private static Float32MatmulPrecision named(String text) {
    try {
      return text.isEmpty() ? HIGHEST : valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "neurite.matmulPrecision: expected ieee, highest, high or medium, given " + text, e);
    }
  }

  /** The mode as kernels get it, in the upper bits of the context handle. */
  private long bits() {
    return (ordinal() + 1L) << Abi.NRT_PRECISION_SHIFT;
  }

  /** The mode with these {@link #bits}; for the library's own use. */
  public static Float32MatmulPrecision of(long bits) {
    return values()[(int) (bits >>> Abi.NRT_PRECISION_SHIFT) - 1];
  }

  /** Bits of the mode in force on the thread whose state is given; for the library's own use. */
  public static long bits(Current current) {
    long own = current.precision;
    return own != 0 ? own : defaultBits;
  }

  /** The mode in force on the calling thread. */
  public static Float32MatmulPrecision current() {
    return of(bits(Current.get()));
  }

  /** The mode of threads that have chosen none. */
  public static Float32MatmulPrecision getDefault() {
    return of(defaultBits);
  }

  /** Sets the mode of threads that have chosen none. */
  public static void setDefault(Float32MatmulPrecision mode) {
    defaultBits = mode.bits();
  }

  /** Uses this mode on the calling thread until the result is closed, on the same thread. */
  public Use open() {
    return new Use(Current.get(), bits());
  }

  /** Runs code with this mode on the calling thread. */
  public void run(Runnable code) {
    try (Use use = open()) {
      code.run();
    }
  }

  /** Runs code with this mode on the calling thread and returns its result. */
  public <T> T run(Supplier<T> code) {
    try (Use use = open()) {
      return code.get();
    }
  }

  /**
   * What this mode makes of a large product on this machine: {@code 6 bfloat16 products on amx} or {@code float32 FMA on
   * avx2}. Small products always run on float32 FMA.
   */
  public String describe() {
    int large = 1024;
    return text(Abi.nrt_ctx_products(Backend.cpu() | bits(), large, large, large, 0));
  }

  /**
   * What the last matrix product of the calling thread ran on, in the words of {@link #describe()}; values too near the
   * ends of float32's range for bfloat16 products are named.
   */
  public static String lastUsed() {
    return text(Abi.nrt_last_products());
  }

  private static String text(int products) {
    String isa = Natives.ctxIsa(Backend.cpu());
    if (products == 0) {
      return "float32 FMA on " + isa;
    }
    if (products < 0) {
      return "float32 FMA on " + isa + " (values near the ends of float32's range)";
    }
    return products + (products == 1 ? " bfloat16 product on " : " bfloat16 products on ") + isa;
  }

  /** A mode in use on one thread; closing it brings back the one before. */
  public static final class Use implements AutoCloseable {
    private final Current current;
    private final long before;
    private boolean closed;

    private Use(Current current, long bits) {
      this.current = current;
      before = current.precision;
      current.precision = bits;
    }

    /** Brings back the mode before. Closing twice is harmless. */
    @Override
    public void close() {
      if (Current.get() != current) {
        throw new IllegalStateException("Float32MatmulPrecision: expected close() on the thread of open(), given another");
      }
      if (!closed) {
        closed = true;
        current.precision = before;
      }
    }
  }
}
