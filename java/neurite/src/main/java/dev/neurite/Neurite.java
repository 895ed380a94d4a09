package dev.neurite;

import dev.neurite.natives.Abi;
import dev.neurite.natives.Natives;
import dev.neurite.ops.Backend;
import dev.neurite.ops.RootSeed;
import dev.neurite.tensor.Device;
import dev.neurite.tensor.Status;
import java.util.List;
import java.util.Locale;

/** The library as a whole: seed, version, devices, threads, memory. */
public final class Neurite {

  private Neurite() {}

  // ---- seed

  /**
   * Sets the seed everything random derives from: start values, shuffling, dropout. The same seed,
   * version and machine type give the same bits, whatever the number of threads.
   */
  public static void seed(long seed) {
    RootSeed.set(seed);
  }

  /** The seed in force; when none was set, a fresh one, which is logged. */
  public static long seed() {
    return RootSeed.get();
  }

  // ---- what is running

  /** Version of the native library, {@code 0.1.0}. */
  public static String version() {
    Backend.cpu();
    return Natives.version();
  }

  /**
   * One line: compiler, architecture and instruction-set levels the native library was built with.
   */
  public static String buildInfo() {
    Backend.cpu();
    return Natives.buildInfo();
  }

  /** Instruction-set level in use: {@code base}, {@code avx2}, {@code avx512}, {@code amx}, {@code neon}. */
  public static String isa() {
    return Natives.ctxIsa(Backend.cpu());
  }

  /** Levels usable on this machine, best last. */
  public static List<String> isaLevels() {
    Backend.cpu();
    return List.of(Natives.isaLevels().split(","));
  }

  /** Why the processor's best level is not among {@link #isaLevels()}, or an empty text. */
  public static String isaNote() {
    Backend.cpu();
    return Natives.isaNote();
  }

  /** Devices that can be used. */
  public static List<Device> devices() {
    Backend.cpu();
    return List.of(Device.CPU);
  }

  /** Where tensors are made. */
  public static Device defaultDevice() {
    return Backend.defaultDevice();
  }

  /** Threads a native call uses at most. */
  public static int threads() {
    return Abi.nrt_ctx_threads(Backend.cpu());
  }

  /**
   * Sets the number of threads; results do not depend on it.
   *
   * @param threads 1 or more
   */
  public static void threads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected 1 or more, given " + threads);
    }
    Status.check(Abi.nrt_ctx_set_threads(Backend.cpu(), threads), "threads");
  }

  // ---- memory

  /**
   * Use of tensor memory, in bytes.
   *
   * @param live handed out now
   * @param peak most ever handed out since the start or {@link #resetPeakMemory()}
   * @param cached held by the allocator for reuse
   * @param limit most that may be handed out, 0 for no limit
   * @param liveBlocks number of blocks handed out now
   * @param systemCalls how often memory was asked from the operating system
   */
  public record Memory(long live, long peak, long cached, long limit, long liveBlocks, long systemCalls) {

    private static final double MEBIBYTE = 1 << 20;

    /** {@code live 1.5 MiB in 12 blocks, peak 3.0 MiB, cached 2.0 MiB, limit 1024.0 MiB}. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "live %.1f MiB in %,d blocks, peak %.1f MiB, cached %.1f MiB, %s", live / MEBIBYTE, liveBlocks,
          peak / MEBIBYTE, cached / MEBIBYTE,
          limit == 0 ? "no limit" : String.format(Locale.ROOT, "limit %.1f MiB", limit / MEBIBYTE));
    }
  }

  /** Counters of the CPU's allocator. */
  public static Memory memory() {
    long ctx = Backend.cpu();
    return new Memory(
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_LIVE),
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_PEAK),
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_CACHED),
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_LIMIT),
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_LIVE_BLOCKS),
        Abi.nrt_memory_counter(ctx, Abi.NRT_MEMORY_SYSTEM_CALLS));
  }

  /** Starts the peak afresh at what is live now. */
  public static void resetPeakMemory() {
    Status.check(Abi.nrt_memory_reset_peak(Backend.cpu()), "resetPeakMemory");
  }

  /** Gives memory held for reuse back to the operating system. */
  public static void trimMemory() {
    Status.check(Abi.nrt_memory_trim(Backend.cpu()), "trimMemory");
  }
}
