package dev.neurite.natives;

/** Texts of the native library; each method loads it first. */
public final class Natives {
  static {
    NativeLoader.load();
  }

  private Natives() {}

  /** Returns the text of this thread's last failed native call. */
  public static String lastError() {
    return Abi.nrt_last_error();
  }

  /** Returns the native library's version, for example {@code 0.1.0}. */
  public static String version() {
    return Abi.nrt_version();
  }

  /** Returns one line: compiler, architecture and instruction-set levels built in. */
  public static String buildInfo() {
    return Abi.nrt_build_info();
  }

  /** Returns the levels usable on this CPU, comma-separated, best last. */
  public static String isaLevels() {
    return Abi.nrt_isa_levels();
  }

  /** Returns why the CPU's best level is not among the usable ones, or an empty text. */
  public static String isaNote() {
    return Abi.nrt_isa_note();
  }

  /** Returns lines {@code name calls nanoseconds} of the native calls since {@code Abi.nrt_profile(1)}. */
  public static String profile() {
    return Abi.nrt_profile_text();
  }

  /**
   * Returns the instruction-set level a context uses.
   *
   * @param context handle from {@code nrt_ctx_open}
   */
  public static String ctxIsa(long context) {
    return Abi.nrt_ctx_isa(context);
  }
}
