package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.io.Safetensors;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training whose process is killed again and again, and started again each time, ends with the bits of one that was
 * never interrupted: weights, optimiser, history, random numbers.
 */
class KilledTrainingTest {

  private static final int EXAMPLES = 160;
  private static final int BATCH = 8;
  private static final List<String> FILES =
      List.of("weights.safetensors", "optimizer.safetensors", "history.csv", "passes");

  @TempDir Path folder;

  /** Trains a small net with all that has a state; announces every batch. */
  static final class Child {
    private Child() {}

    /** Folder and epochs; goes on from the backup in the folder when there is one. */
    public static void main(String[] args) throws IOException {
      Neurite.seed(7);
      Path folder = Path.of(args[0]);
      int epochs = Integer.parseInt(args[1]);
      try (Scope scope = Scope.open();
          Model model = net()) {
        model.compile(
            Adam.of(0.01).globalClipNorm(1), Losses.sigmoidCrossEntropy(), Metrics.binaryAccuracy(), Metrics.auc());
        Callback announce = LambdaCallback.onBatchEnd(run -> {
          System.out.println(run.step());
          System.out.flush();
        });
        History history =
            model.fit(
                points().shuffle().batch(BATCH),
                Fit.epochs(epochs).validateOn(points()).callbacks(
                    announce,
                    ReduceLROnPlateau.on("val_loss").patience(1).factor(0.7).minDelta(0.01),
                    EarlyStopping.on("val_loss").patience(1000).restoreBest(true),
                    CsvLogger.to(folder.resolve("log.csv")),
                    BackupAndRestore.in(folder.resolve("backup")).everyBatches(2)));
        model.saveWeights(folder.resolve("weights.safetensors"));
        Safetensors.write(
            folder.resolve("optimizer.safetensors"), model.trainer().optimizer().state(model.state()), Map.of());
        Files.writeString(folder.resolve("passes"), model.trainer().passes() + " " + history.seed());
        Files.writeString(folder.resolve("history.csv"), withoutSeconds(history).toCsv());
      }
    }

    private static Model net() {
      return Model.sequential(
          Input.of(4), Dense.of(16).activation(Activation.RELU), BatchNorm.of(), Dropout.of(0.3), Dense.of(1));
    }

    private static Dataset points() {
      SplittableRandom random = new SplittableRandom(3);
      double[] x = random.doubles(4L * EXAMPLES, -1, 1).toArray();
      double[] y = new double[EXAMPLES];
      for (int i = 0; i < EXAMPLES; i++) {
        y[i] = x[4 * i] * x[4 * i + 1] + 0.3 * x[4 * i + 2] > 0 ? 1 : 0;
      }
      return Dataset.of(
          Tensor.of(x, Shape.of(EXAMPLES, 4)).cast(dev.neurite.tensor.DType.FLOAT32),
          Tensor.of(y, Shape.of(EXAMPLES, 1)).cast(dev.neurite.tensor.DType.FLOAT32));
    }

    /** The clock is the one thing that differs. */
    private static History withoutSeconds(History history) {
      List<Map<String, Double>> epochs = new ArrayList<>();
      for (Map<String, Double> epoch : history.epochs()) {
        Map<String, Double> copy = new LinkedHashMap<>(epoch);
        copy.remove("seconds");
        epochs.add(copy);
      }
      return new History(history.seed(), epochs);
    }
  }

  @Test
  @Timeout(120)
  void fiveKillsLeaveNoTrace() throws IOException, InterruptedException {
    killAndCompare(5, 4, 11);
  }

  @Test
  @Tag("slow")
  @Timeout(900)
  void fiftyKillsLeaveNoTrace() throws IOException, InterruptedException {
    killAndCompare(50, 30, 12);
  }

  private void killAndCompare(int kills, int epochs, long seed) throws IOException, InterruptedException {
    Path whole = Files.createDirectory(folder.resolve("whole"));
    Path killed = Files.createDirectory(folder.resolve("killed"));
    assertTrue(finishes(start(whole, epochs)), "the uninterrupted training failed");
    SplittableRandom random = new SplittableRandom(seed);
    int done = 0;
    while (done < kills && kill(start(killed, epochs), random.nextInt(1, 12), random.nextInt(4_000_000))) {
      done++;
    }
    assertEquals(kills, done, "the training ended before it was killed often enough");
    assertTrue(finishes(start(killed, epochs)), "the last training failed");
    for (String file : FILES) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(killed.resolve(file)), file);
    }
    assertEquals(epochs + 1, Files.readAllLines(killed.resolve("log.csv")).size(), "lines of the log");
    assertEquals(
        columnsButLast(whole.resolve("log.csv")), columnsButLast(killed.resolve("log.csv")), "the log's values");
    try (var left = Files.list(killed.resolve("backup"))) {
      assertEquals(List.of(), left.toList(), "a finished training has no backup");
    }
  }

  private static List<String> columnsButLast(Path csv) throws IOException {
    return Files.readAllLines(csv).stream().map(line -> line.substring(0, line.lastIndexOf(','))).toList();
  }

  private static Process start(Path folder, int epochs) throws IOException {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-cp", System.getProperty("java.class.path"), Child.class.getName(), folder.toString(),
            Integer.toString(epochs))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static boolean finishes(Process process) throws IOException, InterruptedException {
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }

  /** Kills a process some batches after its start and a little later; false when it had ended by itself. */
  private static boolean kill(Process process, int batches, long nanos) throws IOException, InterruptedException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < batches; i++) {
        if (lines.readLine() == null) {
          return false;
        }
      }
      long until = System.nanoTime() + nanos;
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      process.destroyForcibly();
    }
    process.waitFor();
    return true;
  }
}
