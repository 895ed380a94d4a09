package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process killed in the middle of saving leaves a whole model file: the one before, or the new one. */
class KilledWhileSavingTest {

  private static final int KILLS = 6;

  @TempDir Path folder;

  /** Saves one model again and again, each time with another value everywhere. */
  static final class Saver {
    private Saver() {}

    /** Runs until killed. */
    public static void main(String[] args) {
      Model model = Model.sequential(Input.of(256), Dense.of(256));
      for (int i = 0; i < 1_000_000; i++) {
        for (Param p : model.params()) {
          p.assign(Tensor.full(p.shape(), i, DType.FLOAT32));
        }
        model.save(Path.of(args[0]));
        System.out.println(i);
      }
    }
  }

  @Test
  @Timeout(300)
  void theNewestCompleteFileAlwaysLoads() throws IOException, InterruptedException {
    Path file = folder.resolve("killed.neurite");
    for (int kill = 0; kill < KILLS; kill++) {
      long announced = saveAndKill(file, 2 + 3 * kill);

      try (Model model = Model.load(file)) {
        double[] kernel = model.state().get("dense.kernel").toDoubles();
        double first = kernel[0];
        assertTrue(first >= announced, first + " < " + announced);
        for (double v : kernel) {
          assertEquals(first, v);
        }
        assertEquals(Shape.of(256, 256), model.state().get("dense.kernel").shape());
      }
    }
    Model.sequential(Input.of(1), Dense.of(1)).save(file);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList(), "leftovers of killed processes are gone after the next save");
    }
  }

  /** Kills the process right behind the given number of announced saves: in the middle of the next one. */
  private static long saveAndKill(Path file, int saves) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"), "-cp",
                System.getProperty("java.class.path"), Saver.class.getName(), file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long last = -1;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < saves; i++) {
        String line = lines.readLine();
        assertTrue(line != null, "the saving process ended by itself");
        last = Long.parseLong(line);
      }
      process.destroyForcibly();
    }
    process.waitFor();
    return last;
  }
}
