package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.assertFirstLine;
import static dev.neurite.train.TrainingExamples.slope;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CallbacksTest extends LineTraining {

  // ---- early stopping (H12)

  @Test
  void stoppingComesWithinPatienceOfTheMinimumAndRestoresTheBestWeightsExactly() {
    List<Float> weights = new ArrayList<>();
    EarlyStopping stopping = EarlyStopping.on("val_x").patience(3).restoreBest(true);

    History history = fit(20, script(5, 4, 3, 3.5, 3.2, 3.1, 1, 0), notes(weights), stopping);

    assertEquals(6, history.size());
    assertEquals(3, stopping.bestEpoch());
    assertEquals(3, stopping.best());
    assertEquals(weights.get(2), weight());
    assertFalse(weights.get(5) == weight());
  }

  @Test
  void withoutRestoringTheLastWeightsStay() {
    List<Float> weights = new ArrayList<>();

    History history = fit(20, script(5, 4, 4.5, 3), notes(weights), EarlyStopping.on("val_x"));

    assertEquals(3, history.size(), "patience 0: the first epoch without improvement is the last");
    assertEquals(weights.get(2), weight());
  }

  @Test
  void improvementsBelowTheSmallestChangeDoNotCount() {
    History history = fit(20, script(5, 4.95, 4.91, 1), EarlyStopping.on("val_x").patience(2).minDelta(0.1));

    assertEquals(3, history.size());
  }

  @Test
  void largerIsBetterWhenAskedForOrKnownByName() {
    assertEquals(3, fit(9, script(1, 2, 1.5, 3), EarlyStopping.on("val_x").mode(Mode.MAX)).size());
    Callback accuracy =
        LambdaCallback.onEpochEnd((run, values) -> values.put("val_accuracy", 0.1 * Math.min(run.epoch(), 4)));
    assertEquals(5, fit(9, accuracy, EarlyStopping.on("val_accuracy")).size());
  }

  @Test
  void anInstanceMayServeForSeveralTrainingsAndLeavesNoMemory() {
    EarlyStopping stopping = EarlyStopping.on("val_x").restoreBest(true);
    long live = Neurite.memory().live();

    assertEquals(2, fit(9, script(1, 2), stopping).size());
    assertEquals(3, fit(9, script(3, 2, 4), stopping).size());

    assertTrue(Neurite.memory().live() <= live, "live bytes");
  }

  @Test
  void aValueNobodyMeasuresIsNamed() {
    assertFirstLine(
        IllegalArgumentException.class,
        "EarlyStopping: expected to watch one of [loss, lr, seconds], given 'val_loss'",
        () -> fit(2, EarlyStopping.on("val_loss")));
    assertThrows(IllegalArgumentException.class, () -> EarlyStopping.on("loss").patience(-1));
    assertThrows(IllegalArgumentException.class, () -> EarlyStopping.on("loss").minDelta(Double.NaN));
  }

  // ---- checkpoints

  @Test
  void theBestCheckpointHasTheBestEpochsWeights() {
    List<Float> weights = new ArrayList<>();
    Path best = folder.resolve("best.neurite");
    Path last = folder.resolve("last.neurite");

    fit(4, script(5, 3, 4, 3), notes(weights), ModelCheckpoint.best(best, "val_x"), ModelCheckpoint.last(last));

    try (Model b = Model.load(best);
        Model l = Model.load(last)) {
      assertEquals(weights.get(1), b.params().get(0).toFloats()[0]);
      assertEquals(weights.get(3), l.params().get(0).toFloats()[0]);
    }
  }

  @Test
  void aCheckpointThatCannotBeWrittenEndsTheTrainingWithItsPath() throws IOException {
    Path nowhere = Files.writeString(folder.resolve("file"), "x").resolve("model.neurite");

    Exception e = assertThrows(Exception.class, () -> fit(2, ModelCheckpoint.last(nowhere)));

    assertTrue(e.getMessage().contains(folder.resolve("file").toString()), e.getMessage());
    assertEquals(1, fit(1).size());
  }

  // ---- learning rate

  @Test
  void theSchedulerSetsTheRateOfEachEpoch() {
    History halved = fit(3, LearningRateScheduler.of((epoch, rate) -> epoch == 0 ? rate : rate / 2));
    History fixed = fit(2, LearningRateScheduler.byEpoch(epoch -> 1 / (epoch + 10)));

    assertArrayEquals(new double[] {0.1, 0.05, 0.025}, halved.values("lr"), 1e-12);
    assertArrayEquals(new double[] {1 / 10.0, 1 / 11.0}, fixed.values("lr"), 1e-12);
  }

  @Test
  void aWrongRateIsRefused() {
    assertFirstLine(
        IllegalArgumentException.class, "Sgd: expected a learning rate from 0 to 1e30, given -1.0",
        () -> fit(1, LearningRateScheduler.byEpoch(epoch -> -1)));
  }

  // ---- CSV log

  @Test
  void theLogHasALinePerEpochWhileTrainingGoesOn() throws IOException {
    Path file = folder.resolve("logs/history.csv");
    List<Integer> lines = new ArrayList<>();
    Callback reader =
        new Callback() {
          @Override
          public void epochBegin(Run run) {
            try {
              lines.add(Files.readAllLines(file).size());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };

    History history = fit(3, CsvLogger.to(file), reader);

    assertEquals(List.of(0, 2, 3), lines);
    assertEquals(history.toCsv(), Files.readString(file, StandardCharsets.UTF_8));
  }

  @Test
  void aLogThatCannotBeWrittenNamesItsFile() throws IOException {
    Path taken = Files.writeString(folder.resolve("file"), "");

    UncheckedIOException e =
        assertThrows(UncheckedIOException.class, () -> fit(1, CsvLogger.to(taken.resolve("history.csv"))));

    assertTrue(e.getMessage().startsWith("CsvLogger: " + taken.resolve("history.csv") + " cannot be written"),
        e.getMessage());
  }

  // ---- progress

  private static String printed(boolean terminal, java.util.function.Consumer<Progress> use) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    use.accept(Progress.on(new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void plainProgressIsOneLinePerEpoch() {
    String text = printed(false, progress -> fit(2, progress));

    List<String> lines = text.lines().toList();
    assertEquals(2, lines.size());
    assertTrue(
        lines.get(1).matches("epoch 2/2  0:0\\d  [\\d,]+ samples/s  loss \\S+  lr 0.1000"), lines.get(1));
    assertFalse(text.contains("\r"));
  }

  @Test
  void onATerminalTheLineIsDrawnAnew() {
    String text =
        printed(
            true,
            progress -> {
              Callback slow =
                  LambdaCallback.onBatchEnd(run -> {
                    long until = System.nanoTime() + 110_000_000; // longer than the time between two drawings
                    while (System.nanoTime() < until) {
                      Thread.onSpinWait();
                    }
                  });
              fit(1, slow, progress);
            });

    assertTrue(
        text.matches("(?s)\repoch 1/1  step 1/2  0:01 left  [\\d,]+ samples/s  loss \\S+ *\r.*epoch 1/1  .*\n"), text);
  }

  @Test
  void theReasonOfAnEarlyEndIsTold() {
    String text = printed(false, progress -> fit(9, progress, script(1, 2), EarlyStopping.on("val_x")));

    assertTrue(text.endsWith("stopped: val_x has not improved on 1.0000 (epoch 1) for 1 epochs\n"), text);
  }

  // ---- fit's options

  @Test
  void wrongOptionsAreNamed() {
    Map<String, Runnable> wrong = new HashMap<>();
    wrong.put("Fit.epochs: expected 0 or more, given -1", () -> Fit.epochs(-1));
    wrong.put("Fit.batch: expected 1 or more, given 0", () -> Fit.epochs(1).batch(0));
    wrong.put(
        "Fit.validationSplit: expected 0 up to, not including, 1, given 1.0",
        () -> Fit.epochs(1).validationSplit(1));
    wrong.put(
        "Fit: expected validateOn or validationSplit, given both",
        () -> Fit.epochs(1).validateOn(slope(3)).validationSplit(0.5));
    wrong.put(
        "Fit.classWeight: expected class numbers from 0, given -2",
        () -> Fit.epochs(1).classWeight(Map.of(-2, 1)));
    wrong.put(
        "Fit.classWeight: expected finite weights of 0 or more, given -0.5",
        () -> Fit.epochs(1).classWeight(Map.of(2, -0.5)));

    wrong.forEach((message, code) -> assertFirstLine(IllegalArgumentException.class, message, code));
  }

  @Test
  void verboseWritesToTheStreamGiven() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    model.fit(slope(4), Fit.epochs(1).verbose(new PrintStream(bytes, true, StandardCharsets.UTF_8)));

    assertTrue(bytes.toString(StandardCharsets.UTF_8).startsWith("epoch 1/1  "));
  }
}
