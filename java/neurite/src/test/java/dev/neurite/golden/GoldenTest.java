package dev.neurite.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.natives.Natives;
import dev.neurite.ops.Backend;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Runs the golden files on the best ISA level here, and each other level in a JVM of its own. */
class GoldenTest {

  private static Path folder() {
    String given = System.getProperty("neurite.golden", "");
    Path folder = Path.of(given);
    boolean there = !given.isEmpty() && Files.isDirectory(folder);
    if (!there) {
      System.out.println("golden files skipped: no folder '" + given + "' (-Dneurite.golden=DIR)");
    }
    Assumptions.assumeTrue(there, "no folder of golden files: " + given);
    return folder;
  }

  @Test
  void everyCasePasses() throws Exception {
    GoldenRunner runner = new GoldenRunner(folder());
    runner.run();
    System.out.print(runner.report());
    assertEquals(List.of(), runner.failures());
  }

  @Test
  void everyCasePassesOnEachLowerIsaLevel() throws Exception {
    Path folder = folder();
    String best = Natives.ctxIsa(Backend.cpu());
    List<String> levels = new ArrayList<>(List.of(Natives.isaLevels().split(",")));
    if (levels.contains("avx512")) {
      levels.add("amx-model"); // the tile kernels, in software
    }
    for (String level : levels) {
      if (!level.equals(best)) {
        runIn(level, folder);
      }
    }
  }

  private static void runIn(String level, Path folder) throws Exception {
    Path output = Files.createTempFile("golden-" + level, ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dneurite.isa=" + level, "-Dneurite.golden=" + folder, "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                GoldenRunner.class.getName(), folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), level + " did not finish");
    String text = Files.readString(output, StandardCharsets.UTF_8);
    String[] lines = text.split("\n");
    System.out.println("ISA " + level + ": " + lines[lines.length - 1]);
    assertEquals(0, process.exitValue(), "ISA level " + level + ":\n" + text);
    assertTrue(new File(output.toString()).delete());
  }
}
