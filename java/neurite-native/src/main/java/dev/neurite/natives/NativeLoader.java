package dev.neurite.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;

/**
 * Loads the native library once, before the first native call, and checks that it is the right one.
 *
 * <p>Looked for in this order: the folder or file named by {@code -Dneurite.nativePath} (variable
 * {@code NEURITE_NATIVE_PATH}), which then is the only place; the class path, where a classifier jar
 * of {@code neurite-native} holds it; {@code java.library.path}. A library inside a jar is unpacked
 * into {@code -Dneurite.cacheDir} (variable {@code NEURITE_CACHE_DIR}), else into JavaCPP's cache:
 * below the home folder, or below the temporary folder if home cannot be written.
 */
public final class NativeLoader {
  static final String LIBRARY = "jniNeurite";
  private static final String NATIVE_PATH = "neurite.nativePath";
  private static final String CACHE_DIR = "neurite.cacheDir";

  private static boolean loaded;
  private static NativeLoadException failure;

  private NativeLoader() {}

  /**
   * Loads the library if it is not loaded yet. A failure is final: later calls throw it again.
   *
   * @throws NativeLoadException if the library is missing, damaged, foreign or of another version;
   *     the message names the platform, the artefact that serves it, and every place tried
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw new NativeLoadException(failure.getMessage(), failure);
    }
    try {
      prepareJavaCpp();
      loadAndCheck();
      loaded = true;
    } catch (NativeLoadException e) {
      failure = e;
      throw e;
    } catch (LinkageError e) {
      failure = new NativeLoadException(describe(e), e);
      throw failure;
    }
  }

  /** Returns the version of the Java half, for example {@code 0.1.0-SNAPSHOT}. */
  public static String expectedVersion() {
    Properties properties = new Properties();
    try (InputStream in = NativeLoader.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IOException("version.properties is not beside " + NativeLoader.class.getName());
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Neurite: its own jar is damaged", e);
    }
    return properties.getProperty("version");
  }

  /** Must run before JavaCPP's first class is initialised: it reads these properties only once. */
  private static void prepareJavaCpp() {
    // JavaCPP would count our tensors as part of the process and refuse its own small allocations.
    setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    String cache = setting(CACHE_DIR, "NEURITE_CACHE_DIR");
    if (cache != null) {
      try {
        Path folder = Files.createDirectories(Path.of(cache));
        if (!Files.isWritable(folder)) {
          throw new NativeLoadException(
              "Neurite: cannot write to " + CACHE_DIR + " '" + cache + "'", null);
        }
        System.setProperty("org.bytedeco.javacpp.cachedir", folder.toAbsolutePath().toString());
      } catch (IOException | InvalidPathException e) {
        throw new NativeLoadException(
            "Neurite: " + CACHE_DIR + " '" + cache + "' cannot be made: " + e, e);
      }
    }
  }

  private static void loadAndCheck() {
    String path = setting(NATIVE_PATH, "NEURITE_NATIVE_PATH");
    if (path != null) {
      // JavaCPP remembers it under the library's name: the class's own loading then finds it done.
      Loader.loadLibrary(NativeLoader.class, new URL[] {fileAt(path)}, LIBRARY);
    }
    int abi = Abi.nrt_abi_version();
    String version = abi == Abi.NRT_ABI_VERSION ? Abi.nrt_version() : "unknown";
    check(abi, version, expectedVersion());
  }

  /** Compares what was loaded with what this class was built for. */
  static void check(int abi, String nativeVersion, String javaVersion) {
    String release = javaVersion.replace("-SNAPSHOT", "");
    if (abi != Abi.NRT_ABI_VERSION || !release.equals(nativeVersion)) {
      throw new NativeLoadException(
          "Neurite: native library has version " + nativeVersion + " (ABI " + abi + "), expected "
              + release + " (ABI " + Abi.NRT_ABI_VERSION + ")\n" + describePlaces()
              + "\n  likely   jars of different versions on the class path, or an old "
              + NATIVE_PATH,
          null);
    }
  }

  private static URL fileAt(String path) {
    Path file = Path.of(path);
    if (Files.isDirectory(file)) {
      file = file.resolve(System.mapLibraryName(LIBRARY));
    }
    if (!Files.isRegularFile(file)) {
      throw new NativeLoadException(
          "Neurite: no native library at " + file + "\n" + describePlaces(), null);
    }
    try {
      return file.toAbsolutePath().toUri().toURL();
    } catch (MalformedURLException e) {
      throw new NativeLoadException("Neurite: " + NATIVE_PATH + " '" + path + "' is no path", e);
    }
  }

  private static String describe(LinkageError error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String text =
        "Neurite: cannot load the native library for " + Loader.getPlatform() + ": "
            + root.getMessage() + "\n" + describePlaces();
    String lower = String.valueOf(root.getMessage());
    if (lower.contains("failed to map segment") || lower.contains("not permitted")) {
      text +=
          "\n  likely   the cache folder is on a file system mounted noexec: name another with -D"
              + CACHE_DIR + "=DIR or NEURITE_CACHE_DIR";
    } else if (lower.contains("GLIBC")) {
      text += "\n  likely   this system is older than the one supported (glibc 2.34 or newer)";
    }
    return text;
  }

  private static String describePlaces() {
    String platform = Loader.getPlatform();
    String file = System.mapLibraryName(LIBRARY);
    String path = setting(NATIVE_PATH, "NEURITE_NATIVE_PATH");
    URL resource = NativeLoader.class.getResource(platform + "/" + file);
    return "  needed   dev.neurite:neurite-native:" + expectedVersion() + ":" + platform
        + " (dev.neurite:neurite-platform brings it)"
        + "\n  tried    -D" + NATIVE_PATH + " or NEURITE_NATIVE_PATH: "
        + (path == null ? "not set" : path)
        + (path != null ? "" : "\n           class path, dev/neurite/natives/" + platform + "/"
            + file + ": " + (resource == null ? "not found" : resource)
            + "\n           unpacked into " + cacheFolder()
            + "\n           java.library.path: " + System.getProperty("java.library.path"));
  }

  private static String cacheFolder() {
    try {
      return Loader.getCacheDir().toString();
    } catch (IOException e) {
      return "nothing: neither home nor the temporary folder can be written, name a folder with -D"
          + CACHE_DIR + "=DIR or NEURITE_CACHE_DIR";
    }
  }

  private static String setting(String property, String variable) {
    String value = System.getProperty(property);
    if (value == null || value.isBlank()) {
      value = System.getenv(variable);
    }
    return value == null || value.isBlank() ? null : value;
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
