package dev.neurite.platform;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Version;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Stages the packed jars in a repository of their own and uses them as a stranger would: the project
 * java/consumer-smoke is copied out of the tree, built against that repository and run in its own
 * JVM with an empty library cache and a home that cannot be written.
 */
class InstalledJarsTest {
  private static final String VERSION = System.getProperty("neurite.version");
  private static final String PLATFORM = System.getProperty("neurite.platform");
  private static final Path JAVA = Path.of("..").toAbsolutePath().normalize();
  private static final Path WORK = Path.of("target", "consumer").toAbsolutePath();
  private static final Path STAGED = WORK.resolve("staged");
  private static final Path LOCAL = WORK.resolve("repository");
  private static final String NOWHERE = "/proc/no-such-folder"; // not even root can make it
  private static final String RESULT = "0\n1\n1\n0\naccuracy 1.00";
  private static final long MEGABYTE = 1_000_000;

  @BeforeAll
  static void buildTheConsumer() throws Exception {
    delete(WORK);
    stage("neurite-parent", JAVA.getParent().resolve("pom.xml"));
    stage("neurite-bom", JAVA.resolve("neurite-bom/pom.xml"));
    for (String artifact : List.of("neurite-native", "neurite", "neurite-platform")) {
      stage(artifact, JAVA.resolve(artifact).resolve("pom.xml"));
      stage(artifact, jar(artifact, ""));
    }
    stage("neurite-native", jar("neurite-native", "-" + PLATFORM));
    copy(JAVA.resolve("consumer-smoke/pom.xml"), WORK.resolve("pom.xml"));
    copy(JAVA.resolve("consumer-smoke/src"), WORK.resolve("src"));
    Path settings = Files.writeString(WORK.resolve("settings.xml"), settings());

    Path maven = Path.of(System.getProperty("maven.home"), "bin", "mvn");
    run(Map.of("JAVA_HOME", System.getProperty("java.home")), maven.toString(), "-q", "-B",
        "-s", settings.toString(), "-gs", settings.toString(), "-Dmaven.repo.local=" + LOCAL,
        "-Djavacpp.platform=" + PLATFORM, "-Dneurite.version=" + VERSION,
        "-Dmaven.test.skip=true", "package");

    assertTrue(Files.exists(Path.of(consumerJar())), "no " + consumerJar());
  }

  @Test
  void aProjectThatKnowsOnlyTheJarsTrainsXor() throws Exception {
    Path temporary = Files.createDirectories(WORK.resolve("empty-cache"));

    String output =
        run(Map.of("HOME", NOWHERE), java(), "-Duser.home=" + NOWHERE,
            "-Djava.io.tmpdir=" + temporary, "-jar", consumerJar());

    assertEquals(RESULT, output);
    assertTrue(Files.list(temporary).findAny().isPresent(), "the library came from elsewhere");
  }

  @Test
  void theSameWorksOnTheModulePath() throws Exception {
    String modules = String.join(":", jarsBelow(LOCAL));

    String output =
        run(Map.of(), java(), "-Djava.io.tmpdir=" + WORK, "-Duser.home=" + NOWHERE,
            "-p", modules, "--add-modules", "ALL-MODULE-PATH", "--enable-native-access",
            "org.bytedeco.javacpp,dev.neurite.natives", "-cp", consumerJar(), "consumer.Xor");

    assertEquals(RESULT, output);
  }

  @Test
  void withoutTheNativeJarTheFirstTensorNamesWhatIsMissing() throws Exception {
    List<String> jars = new ArrayList<>(jarsBelow(LOCAL));
    jars.removeIf(jar -> jar.contains(PLATFORM));
    jars.add(WORK.resolve("target/classes").toString());

    Finished program =
        start(Map.of(), java(), "-cp", String.join(":", jars), "consumer.Xor");

    assertEquals(1, program.status(), program.output());
    assertTrue(program.output().contains("dev.neurite.error.NativeException: Neurite: cannot load "
        + "the native library for " + PLATFORM), program.output());
    assertTrue(program.output().contains("needed   dev.neurite:neurite-native:" + VERSION + ":"
        + PLATFORM), program.output());
  }

  @Test
  void theLibraryExportsEveryPackageButTheOps() {
    ModuleDescriptor module =
        ModuleFinder.of(jar("neurite", "")).find("dev.neurite").orElseThrow().descriptor();
    Set<String> expected = new TreeSet<>(module.packages());
    expected.remove("dev.neurite.ops");

    Set<String> exported = new TreeSet<>();
    module.exports().forEach(export -> exported.add(export.source()));

    assertEquals(expected, exported, "java/neurite/src/main/jpms/module-info.java");
  }

  @Test
  void theNativeJarStaysUnder15Megabytes() throws Exception {
    long bytes = Files.size(jar("neurite-native", "-" + PLATFORM));

    assertTrue(bytes < 15 * MEGABYTE, "the native jar of " + PLATFORM + " has " + bytes + " bytes");
  }

  /** On a system newer than the one of the releases the compiler alone may raise the need. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void theNativeLibraryLoadsOnGlibc234AndTheCxxLibraryOfGcc11() throws Exception {
    Map<String, String> limits =
        Map.of("GLIBC", "2.34", "GLIBCXX", "3.4.29", "CXXABI", "1.3.13");
    String system = run(Map.of(), "getconf", "GNU_LIBC_VERSION").replace("glibc ", "");
    assumeTrue(Version.parse(system).compareTo(Version.parse("2.36")) <= 0, "glibc " + system);

    Set<String> needed = symbolVersions();

    assertTrue(needed.contains("GLIBCXX_3.4"), "versions not read: " + needed);
    for (String version : needed) {
      String[] parts = version.split("_");
      String limit = limits.get(parts[0]);
      assertTrue(Version.parse(parts[1]).compareTo(Version.parse(limit)) <= 0,
          version + " is newer than " + limit);
    }
  }

  /** The symbol versions the library names, as GLIBC_2.34; the dynamic linker wants every one. */
  private static Set<String> symbolVersions() throws IOException {
    String entry = "dev/neurite/natives/" + PLATFORM + "/libjniNeurite.so";
    try (ZipFile file = new ZipFile(jar("neurite-native", "-" + PLATFORM).toFile())) {
      byte[] bytes = file.getInputStream(file.getEntry(entry)).readAllBytes();
      return Pattern.compile("\\b(GLIBC|GLIBCXX|CXXABI)_\\d[\\d.]*")
          .matcher(new String(bytes, ISO_8859_1)).results()
          .map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Path jar(String artifact, String classifier) {
    return JAVA.resolve(artifact).resolve("target")
        .resolve(artifact + "-" + VERSION + classifier + ".jar");
  }

  /** Puts a pom or jar where a Maven repository has it. */
  private static void stage(String artifact, Path file) throws IOException {
    String name = file.getFileName().toString();
    copy(file,
        STAGED.resolve("dev/neurite").resolve(artifact).resolve(VERSION)
            .resolve(name.equals("pom.xml") ? artifact + "-" + VERSION + ".pom" : name));
  }

  /** Ours from the staged folder only; everything else from what the build itself has fetched. */
  private static String settings() {
    String fetched = System.getProperty("maven.repository");
    return "<settings><profiles><profile><id>staged</id><repositories>"
        + repository("repository", "staged", STAGED.toUri().toString())
        + repository("repository", "central", Path.of(fetched).toUri().toString())
        + "</repositories><pluginRepositories>"
        + repository("pluginRepository", "central", Path.of(fetched).toUri().toString())
        + "</pluginRepositories></profile></profiles>"
        + "<activeProfiles><activeProfile>staged</activeProfile></activeProfiles></settings>\n";
  }

  private static String repository(String element, String id, String address) {
    boolean ours = id.equals("staged");
    return "<" + element + "><id>" + id + "</id><url>" + address + "</url>"
        + "<releases><enabled>" + !ours + "</enabled><checksumPolicy>ignore</checksumPolicy>"
        + "</releases><snapshots><enabled>" + ours + "</enabled>"
        + "<checksumPolicy>ignore</checksumPolicy></snapshots></" + element + ">";
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String consumerJar() {
    return WORK.resolve("target/consumer-smoke.jar").toString();
  }

  private static List<String> jarsBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString)
          .filter(file -> file.matches(".*/(dev/neurite|org/bytedeco|com/fasterxml)/.*\\.jar"))
          .toList();
    }
  }

  private record Finished(int status, String output) {}

  private static String run(Map<String, String> environment, String... command) throws Exception {
    Finished program = start(environment, command);
    assertEquals(0, program.status(), program.output());
    return program.output();
  }

  private static Finished start(Map<String, String> environment, String... command)
      throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(new ArrayList<>(List.of(command)))
            .directory(WORK.toFile())
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(
        name -> name.startsWith("NEURITE_") || name.startsWith("MAVEN_")
            || name.startsWith("JAVA_TOOL"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    return new Finished(process.waitFor(), output);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(
          file -> {
            try {
              Files.copy(file, to.resolve(from.relativize(file).toString()),
                  StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
