package dev.neurite.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reads the source tree and fails on what the project does not do, naming file and line. */
class SourceRulesTest {
  private static final Path ROOT = Path.of(System.getProperty("neurite.root")).normalize();

  /** A source file: its path below the root with forward slashes, and its text without comments. */
  private record Source(String path, String text, int lines) {}

  private static List<Source> sources;

  @BeforeAll
  static void readTheTree() throws IOException {
    sources = new ArrayList<>();
    for (String folder : List.of("java", "native", "bench")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file : files.filter(SourceRulesTest::isSource).sorted().toList()) {
          String text = Files.readString(file);
          sources.add(
              new Source(
                  ROOT.relativize(file).toString().replace('\\', '/'),
                  withoutComments(text),
                  (int) text.lines().count()));
        }
      }
    }
  }

  @Test
  void theTreeIsFound() {
    assertTrue(sources.stream().anyMatch(s -> s.path().endsWith("tensor/Tensor.java")));
    assertTrue(sources.stream().anyMatch(s -> s.path().equals("native/core/context.cc")));
  }

  @Test
  void theCollectorIsCalledOnlyAsTheAllocatorsLastResort() {
    forbid("System\\.gc\\(|Runtime\\.getRuntime\\(\\)\\s*\\.gc\\(",
        path -> !path.endsWith("dev/neurite/tensor/Collector.java"));
  }

  @Test
  void nothingIsFinalized() {
    forbid("void finalize\\(", SourceRulesTest::isJava);
  }

  @Test
  void theLibraryPrintsNothingButTheProgressLine() {
    forbid("System\\.(out|err)\\b",
        path -> path.matches("java/neurite(-native|-data|-plot)?/src/main/.*")
            && !path.endsWith("dev/neurite/train/Progress.java"));
  }

  @Test
  void numbersAndNamesAreFormattedWithoutTheDefaultLocale() {
    forbid("String\\.format\\(\\s*\"|\\.formatted\\(|\\.to(Lower|Upper)Case\\(\\s*\\)|"
        + "\\.printf\\(\\s*\"", SourceRulesTest::isMainJava);
  }

  @Test
  void textIsReadAndWrittenWithoutTheDefaultCharset() {
    forbid("\\.getBytes\\(\\s*\\)|new File(Reader|Writer)\\(|new InputStreamReader\\([^,()]*\\)",
        SourceRulesTest::isMainJava);
  }

  @Test
  void randomNumbersComeFromTheLibrarysOwnCounters() {
    forbid("java\\.util\\.Random|new Random\\(|Math\\.random\\(|SplittableRandom|ThreadLocalRandom",
        SourceRulesTest::isMainJava);
  }

  @Test
  void testsDoNotSleep() {
    forbid("Thread\\.sleep\\(|TimeUnit\\.\\w+\\.sleep\\(", path -> path.contains("/src/test/"));
  }

  @Test
  void headersOpenNoNamespace() {
    forbid("(?m)^using namespace", // inside a function it harms nobody
        path -> path.endsWith(".h") || path.endsWith(".cuh"));
  }

  @Test
  void theNativeCoreKnowsNoOp() {
    forbid("#include \"ops/", path -> path.startsWith("native/core/"));
  }

  @Test
  void anOpIncludesNoOtherOpButGemmAndTheActivationCodes() {
    String below = "conv3d -> conv2d"; // it runs depth by depth on the 2D kernels: CONTRIBUTING, decision 16
    Pattern include = Pattern.compile("#include \"ops/(?!unary/unary\\.h)(\\w+)/");
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      if (source.path().matches("native/ops/.*") && !source.path().endsWith("_test.cc")) {
        String own = source.path().split("/")[2];
        Matcher matcher = include.matcher(source.text());
        while (matcher.find()) {
          String used = matcher.group(1);
          if (!used.equals(own) && !used.equals("gemm") && !below.equals(own + " -> " + used)) {
            found.add(place(source, matcher));
          }
        }
      }
    }
    assertNone(found);
  }

  @Test
  void kernelFilesIncludeNoCppHeader() {
    // An inline function shared by the levels may be linked in its AVX-512 copy.
    forbid("#include <(?!\\w+\\.h>)", path -> path.endsWith("_cpu.cc"));
  }

  @Test
  void nothingIsLeftForLater() throws IOException {
    List<String> found = new ArrayList<>();
    Pattern word = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    for (Source source : sources) {
      Matcher matcher = word.matcher(Files.readString(ROOT.resolve(source.path())));
      if (matcher.find()) {
        found.add(source.path() + ": " + matcher.group());
      }
    }
    assertNone(found);
  }

  @Test
  void filesStayReadable() {
    assertNone(
        sources.stream()
            .filter(s -> s.lines() > (s.path().endsWith("/Tensor.java") ? 1000 : 500))
            .map(s -> s.path() + ": " + s.lines() + " lines")
            .toList());
  }

  private static void forbid(String regex, Predicate<String> where) {
    Pattern pattern = Pattern.compile(regex);
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      if (where.test(source.path())) {
        Matcher matcher = pattern.matcher(source.text());
        while (matcher.find()) {
          found.add(place(source, matcher));
        }
      }
    }
    assertNone(found);
  }

  private static void assertNone(List<String> found) {
    assertEquals("", String.join("\n", found));
  }

  private static String place(Source source, Matcher matcher) {
    long line = source.text().substring(0, matcher.start()).chars().filter(c -> c == '\n').count();
    return source.path() + ":" + (line + 1) + ": " + matcher.group().strip();
  }

  private static boolean isSource(Path file) {
    String path = ROOT.relativize(file).toString().replace('\\', '/');
    return path.matches(".*\\.(java|cc|h|cu|cuh)")
        && !path.matches("(.*/)?(target|build[^/]*)/.*")
        && !path.endsWith("platform/SourceRulesTest.java")
        && Files.isRegularFile(file);
  }

  private static boolean isJava(String path) {
    return path.endsWith(".java");
  }

  private static boolean isMainJava(String path) {
    return isJava(path) && path.contains("/src/main/");
  }

  /** Blanks comments out; line breaks stay, so that line numbers hold. Strings are kept whole. */
  private static String withoutComments(String text) {
    Pattern token =
        Pattern.compile("\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'|//[^\n]*|(?s:/\\*.*?\\*/)");
    return token
        .matcher(text)
        .replaceAll(
            match ->
                match.group().startsWith("/")
                    ? match.group().replaceAll("[^\n]", " ")
                    : Matcher.quoteReplacement(match.group()));
  }
}
