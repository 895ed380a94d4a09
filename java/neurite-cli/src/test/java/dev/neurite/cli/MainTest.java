package dev.neurite.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

  /** What a command printed and returned. */
  private record Result(int code, String out, String err) {
    String lastLine() {
      return out.strip().lines().reduce((a, b) -> b).orElse("");
    }

    String firstErrorLine() {
      return err.lines().findFirst().orElse("");
    }
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(code, out.toString(), err.toString());
  }

  private static Result train(Path folder, int epochs, int threads) {
    return run(
        "train", "digits", "--epochs", Integer.toString(epochs), "--threads", Integer.toString(threads), "--out",
        folder.toString());
  }

  @Test
  void trainingWritesModelHistoryAndCurvesAndEndsWithTheAccuracy(@TempDir Path folder) throws Exception {
    Result trained = train(folder, 3, 2);

    assertEquals(0, trained.code(), trained.err());
    assertTrue(trained.lastLine().matches("test accuracy: \\d+\\.\\d\\d %"), trained.lastLine());
    assertTrue(trained.out().contains("Parameters: "), "the summary is printed");
    for (String name : List.of("model.neurite", "history.csv", "health.jsonl", "curve.png", "curve.svg")) {
      assertTrue(Files.size(folder.resolve(name)) > 100, name);
    }
    assertEquals(4, Files.readAllLines(folder.resolve("history.csv")).size());

    Result evaluated = run("evaluate", folder.resolve("model.neurite").toString(), "--data", "digits");
    assertEquals(0, evaluated.code(), evaluated.err());
    assertEquals(trained.lastLine(), evaluated.lastLine());
  }

  @Test
  void theSameSeedGivesTheSameLastLineAndTheSameWeightsOnOneAndTwoThreads(@TempDir Path folder) throws Exception {
    Result one = train(folder.resolve("one"), 2, 1);
    Result two = train(folder.resolve("two"), 2, 2);

    assertEquals(one.lastLine(), two.lastLine());
    assertEquals(-1, Files.mismatch(folder.resolve("one/model.neurite"), folder.resolve("two/model.neurite")));
  }

  @Test
  void aStoppedRunGoesOnToTheSameWeights(@TempDir Path folder) throws Exception {
    train(folder.resolve("whole"), 4, 2);
    Path stopped = folder.resolve("stopped");
    Thread watcher = new Thread(() -> stopAfterTheFirstEpoch(stopped));
    watcher.start();
    train(stopped, 4, 2);
    watcher.join();
    Files.deleteIfExists(stopped.resolve("stop"));

    Result other = run("train", "digits", "--epochs", "5", "--out", stopped.toString(), "--resume");
    assertTrue(other.firstErrorLine().contains("expected the options of the interrupted run"), other.err());
    Result resumed =
        run("train", "digits", "--epochs", "4", "--threads", "2", "--out", stopped.toString(), "--resume");

    assertEquals(0, resumed.code(), resumed.err());
    assertEquals(-1, Files.mismatch(folder.resolve("whole/model.neurite"), stopped.resolve("model.neurite")));
    assertEquals(5, Files.readAllLines(stopped.resolve("history.csv")).size());
  }

  /** Puts the stop file there once the history has a line; too late is harmless. */
  private static void stopAfterTheFirstEpoch(Path folder) {
    Path history = folder.resolve("history.csv");
    long until = System.nanoTime() + 60_000_000_000L;
    try {
      while (System.nanoTime() < until) {
        if (Files.exists(history) && Files.readAllLines(history).size() >= 2) {
          Files.writeString(folder.resolve("stop"), "");
          return;
        }
        Thread.onSpinWait();
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aPictureIsClassified(@TempDir Path folder) throws Exception {
    train(folder, 3, 2);
    Path picture = folder.resolve("one.png");
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 1; y < 15; y++) {
      for (int x = 6; x < 10; x++) {
        image.getRaster().setSample(x, y, 0, 255);
      }
    }
    ImageIO.write(image, "png", picture.toFile());

    Result predicted = run("predict", folder.resolve("model.neurite").toString(), picture.toString());

    assertEquals(0, predicted.code(), predicted.err());
    assertEquals(3, predicted.out().lines().count());
    assertTrue(predicted.out().lines().allMatch(l -> l.matches("class \\d: \\d+\\.\\d\\d %")), predicted.out());
  }

  @Test
  void whatIsNoPictureOrNoModelGetsOneClearLine(@TempDir Path folder) throws Exception {
    Path text = folder.resolve("text.png");
    Files.writeString(text, "not a picture");
    train(folder, 1, 2);

    Result noPicture = run("predict", folder.resolve("model.neurite").toString(), text.toString());
    Result noModel = run("evaluate", text.toString(), "--data", "digits");
    Result noFile = run("evaluate", folder.resolve("absent.neurite").toString(), "--data", "digits");

    assertEquals(1, noPicture.code());
    assertEquals(
        "neurite: " + text + " at 0: expected a picture (PNG, JPEG, GIF, BMP), found another format",
        noPicture.firstErrorLine());
    assertEquals(1, noModel.code());
    assertTrue(noModel.firstErrorLine().startsWith("neurite: " + text), noModel.err());
    assertEquals(1, noFile.code());
    assertTrue(noFile.firstErrorLine().contains("absent.neurite"), noFile.err());
  }

  @Test
  void infoNamesVersionInstructionSetAndThreads() {
    Result info = run("info");

    assertEquals(0, info.code(), info.err());
    for (String name : List.of("neurite", "devices", "instruction set", "float32 products", "threads", "memory in use", "built with")) {
      assertTrue(info.out().contains(name), name);
    }
  }

  @Test
  void unknownDataAndMissingFoldersAreExplained() {
    Result unknown = run("train", "cats");
    Result folder = run("train", "mnist");
    Result usage = run("train");

    assertEquals("neurite: data: expected digits, mnist or fashion-mnist, given cats", unknown.firstErrorLine());
    assertEquals(
        "neurite: mnist: expected --data DIR with the four IDX files (train-images-idx3-ubyte[.gz] ...)",
        folder.firstErrorLine());
    assertEquals(1, folder.code());
    assertEquals(2, usage.code());
  }
}
