package dev.neurite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cuts the Java out of README.md, compiles all of it and runs what is marked to be run. */
class ReadmeTest {

  private static final Pattern BLOCK = Pattern.compile("<!-- readme: (\\w+) -->\\s*```java\\n(.*?)```", Pattern.DOTALL);
  private static final String IMPORTS =
      """
      import dev.neurite.Neurite;
      import dev.neurite.autograd.*;
      import dev.neurite.data.*;
      import dev.neurite.init.*;
      import dev.neurite.loss.*;
      import dev.neurite.metric.*;
      import dev.neurite.nn.*;
      import dev.neurite.optim.*;
      import dev.neurite.tensor.*;
      import dev.neurite.train.*;
      import java.nio.file.Path;
      import java.util.List;
      """;

  private record Block(String kind, String code) {}

  private static List<Block> blocks() throws Exception {
    String readme = Files.readString(Path.of("../../README.md"), StandardCharsets.UTF_8);
    List<Block> found = new ArrayList<>();
    Matcher m = BLOCK.matcher(readme);
    while (m.find()) {
      found.add(new Block(m.group(1), m.group(2)));
    }
    long all = Pattern.compile("```java").matcher(readme).results().count();
    assertEquals(all, found.size(), "every Java block of the README carries a readme: mark");
    return found;
  }

  @Test
  void everyJavaBlockCompilesAndThoseMarkedRun(@TempDir Path folder) throws Exception {
    List<String> sources = new ArrayList<>();
    List<String> toRun = new ArrayList<>();
    for (Block b : blocks()) {
      String name = "Readme" + sources.size();
      boolean whole = b.kind().equals("class");
      String text =
          whole
              ? IMPORTS + b.code().replaceFirst("public final class \\w+", "final class " + name)
              : IMPORTS + "public class " + name + " {\n  public static void main(String[] args) throws Exception {\n"
                  + b.code() + "  }\n}\n";
      Path file = folder.resolve(name + ".java");
      Files.writeString(file, text, StandardCharsets.UTF_8);
      sources.add(file.toString());
      if (b.kind().equals("run")) {
        toRun.add(name);
      }
    }
    compile(folder, sources);
    assertTrue(toRun.size() >= 2, "the README has code that runs");
    for (String name : toRun) {
      run(folder, name);
    }
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static void compile(Path folder, List<String> sources) {
    List<String> arguments = new ArrayList<>(List.of("-d", folder.toString(), "-cp", classPath(), "-nowarn"));
    arguments.addAll(sources);
    var errors = new java.io.ByteArrayOutputStream();
    int code = ToolProvider.getSystemJavaCompiler().run(null, null, errors, arguments.toArray(new String[0]));
    assertEquals(0, code, errors.toString(StandardCharsets.UTF_8));
  }

  private static void run(Path folder, String name) throws Exception {
    Path output = folder.resolve(name + ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", folder + File.pathSeparator + classPath(), name)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(2, TimeUnit.MINUTES), name + " did not finish");
    assertEquals(0, process.exitValue(), name + ":\n" + Files.readString(output));
  }
}
