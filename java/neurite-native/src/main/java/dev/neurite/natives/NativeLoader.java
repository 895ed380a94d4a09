package dev.neurite.natives;

/** Loads the native library once per class loader, before the first native call. */
public final class NativeLoader {
  private static boolean loaded;

  private NativeLoader() {}

  /**
   * Loads the library if it is not loaded yet.
   *
   * @throws NativeLoadException if it is missing, damaged, or of another version
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
      System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }
    try {
      int abi = Abi.nrt_abi_version();
      if (abi != Abi.NRT_ABI_VERSION) {
        throw new NativeLoadException(
            "Neurite: native library has ABI " + abi + ", expected " + Abi.NRT_ABI_VERSION, null);
      }
      loaded = true;
    } catch (LinkageError e) {
      throw new NativeLoadException("Neurite: cannot load the native library", e);
    }
  }
}
