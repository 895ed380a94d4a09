package dev.neurite.natives;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each case runs in a JVM of its own: a library is loaded once per process. */
class NativeLoadingTest {
  private static final String PLATFORM = Loader.getPlatform();
  private static final String FILE = System.mapLibraryName(NativeLoader.LIBRARY);
  private static final String ENTRY = "dev/neurite/natives/" + PLATFORM + "/" + FILE;
  private static final Path LIBRARY = Path.of("target", "native").resolve(ENTRY);
  private static final String NOWHERE = "/proc/no-such-folder"; // not even root can make it

  @TempDir Path folder;

  @Test
  void aMissingNativeJarIsReportedWithTheArtefactAndThePlacesTried() throws Exception {
    String output = probe(javaClasses());

    assertFirstLine("Neurite: cannot load the native library for " + PLATFORM + ": ", output);
    assertContains("needed   dev.neurite:neurite-native:" + NativeLoader.expectedVersion() + ":"
        + PLATFORM + " (dev.neurite:neurite-platform brings it)", output);
    assertContains("-Dneurite.nativePath or NEURITE_NATIVE_PATH: not set", output);
    assertContains("class path, " + ENTRY + ": not found", output);
    assertContains("java.library.path: ", output);
    assertContains("again true", output);
  }

  @Test
  void everyDeclaredFunctionIsInTheLibrary() throws Exception {
    // Otherwise a missing one would end the JVM at its first call: functions are bound lazily.
    String output =
        run(List.of("env", "LD_BIND_NOW=1"), javaClasses(), nativePath(LIBRARY));

    assertEquals("loaded 0.1.0", output);
  }

  @Test
  void aNativePathMayBeAFolderOrTheFileAndNeedsNoJar() throws Exception {
    assertEquals("loaded 0.1.0", probe(javaClasses(), nativePath(LIBRARY)));
    assertEquals("loaded 0.1.0", probe(javaClasses(), nativePath(LIBRARY.getParent())));
  }

  @Test
  void aNativePathWithoutTheLibraryIsReported() throws Exception {
    String output = probe(javaClasses() + File.pathSeparator + nativeJar(), nativePath(folder));

    assertFirstLine("Neurite: no native library at " + folder.resolve(FILE), output);
    assertContains("tried    -Dneurite.nativePath or NEURITE_NATIVE_PATH: " + folder, output);
  }

  @Test
  void aDamagedLibraryIsReported() throws Exception {
    Path damaged = Files.writeString(folder.resolve(FILE), "no library at all".repeat(99));

    String output = probe(javaClasses(), nativePath(damaged));

    assertFirstLine("Neurite: cannot load the native library for " + PLATFORM + ": " + damaged,
        output);
    assertContains("needed   dev.neurite:neurite-native:", output);
  }

  @Test
  void aForeignLibraryIsReported() throws Exception {
    Path foreign = compile("int some_other_function(void) { return 1; }");

    String output = probe(javaClasses(), nativePath(foreign));

    assertFirstLine("Neurite: cannot load the native library for " + PLATFORM + ": ", output);
    assertContains("nrt_abi_version", output);
  }

  @Test
  void aLibraryOfAnotherVersionIsReported() throws Exception {
    Path other =
        compile(
            "int Java_dev_neurite_natives_Abi_nrt_1abi_1version(void* e, void* c) { return 99; }");

    String output = probe(javaClasses(), nativePath(other));

    assertFirstLine("Neurite: native library has version unknown (ABI 99), expected 0.1.0 (ABI "
        + Abi.NRT_ABI_VERSION + ")", output);
    assertContains("jars of different versions on the class path", output);
  }

  @Test
  void theLibraryIsUnpackedIntoAnEmptyNamedCache() throws Exception {
    Path cache = folder.resolve("a cache");

    String output = probe(javaClasses() + File.pathSeparator + nativeJar(), cacheDir(cache));

    assertEquals("loaded 0.1.0", output);
    try (Stream<Path> files = Files.walk(cache)) {
      assertTrue(files.anyMatch(file -> file.endsWith(ENTRY)), "nothing unpacked into " + cache);
    }
  }

  @Test
  void aReadOnlyHomeIsNoObstacle() throws Exception {
    String output =
        probe(javaClasses() + File.pathSeparator + nativeJar(), "-Duser.home=" + NOWHERE,
            "-Djava.io.tmpdir=" + folder);

    assertEquals("loaded 0.1.0", output);
  }

  @Test
  void aReadOnlyHomeAndTemporaryFolderAreReportedWithTheSettingThatHelps() throws Exception {
    String output =
        probe(javaClasses() + File.pathSeparator + nativeJar(), "-Duser.home=" + NOWHERE,
            "-Djava.io.tmpdir=" + NOWHERE);

    assertFirstLine("Neurite: cannot load the native library for " + PLATFORM + ": ", output);
    assertContains("name a folder with -Dneurite.cacheDir=DIR or NEURITE_CACHE_DIR", output);
  }

  @Test
  void aCacheFolderThatCannotBeMadeIsReported() throws Exception {
    String output =
        probe(javaClasses() + File.pathSeparator + nativeJar(), "-Dneurite.cacheDir=" + NOWHERE);

    assertFirstLine("Neurite: neurite.cacheDir '" + NOWHERE + "' cannot be made: ", output);
  }

  @Test
  void aCacheMountedNoexecIsReportedWithTheSettingThatHelps() throws Exception {
    Path cache = Files.createDirectory(folder.resolve("noexec"));
    List<String> mount =
        List.of("unshare", "--mount", "--map-root-user", "sh", "-c",
            "mount -t tmpfs -o noexec tmpfs \"$0\" && exec \"$@\"", cache.toString());
    List<String> trial = new ArrayList<>(mount);
    trial.add("true");
    assumeTrue(canRun(trial), "this machine does not let a test mount a file system");

    String output =
        run(mount, javaClasses() + File.pathSeparator + nativeJar(), cacheDir(cache));

    assertFirstLine("Neurite: cannot load the native library for " + PLATFORM + ": ", output);
    assertContains("the cache folder is on a file system mounted noexec: name another with "
        + "-Dneurite.cacheDir=DIR or NEURITE_CACHE_DIR", output);
  }

  private static String nativePath(Path path) {
    return "-Dneurite.nativePath=" + path.toAbsolutePath();
  }

  private static String cacheDir(Path path) {
    return "-Dneurite.cacheDir=" + path;
  }

  /** Our classes and JavaCPP's, without anything native. */
  private static String javaClasses() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.contains(PLATFORM) && !entry.endsWith("native"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private Path nativeJar() throws IOException {
    Path jar = folder.resolve("neurite-native-" + PLATFORM + ".jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      out.putNextEntry(new JarEntry(ENTRY));
      Files.copy(LIBRARY, out);
      out.closeEntry();
    }
    return jar;
  }

  /** Makes a shared library under our library's name from C source. */
  private Path compile(String source) throws Exception {
    Path code = Files.writeString(folder.resolve("other.c"), source);
    Path library = folder.resolve(FILE);
    List<String> command =
        List.of("gcc", "-shared", "-fPIC", "-o", library.toString(), code.toString());
    assumeTrue(canRun(command), "no gcc here to build another library with");
    return library;
  }

  private static boolean canRun(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private String probe(String classPath, String... options) throws Exception {
    return run(List.of(), classPath, options);
  }

  private String run(List<String> prefix, String classPath, String... options)
      throws Exception {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath, LoadProbe.class.getName()));
    Path errors = folder.resolve("stderr.txt"); // warnings of the JVM itself among them
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("NEURITE_"));
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertEquals(0, process.waitFor(), output + Files.readString(errors));
    return output;
  }

  private static void assertFirstLine(String start, String output) {
    assertTrue(output.startsWith(start), output);
    assertFalse(output.contains("loaded "), output);
  }

  private static void assertContains(String expected, String output) {
    assertTrue(output.contains(expected), output);
  }
}
