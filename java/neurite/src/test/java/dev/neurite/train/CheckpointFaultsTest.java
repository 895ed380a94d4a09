package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.assertFirstLine;
import static dev.neurite.train.TrainingExamples.line;
import static dev.neurite.train.TrainingExamples.slope;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.io.Checkpoint;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adadelta;
import dev.neurite.optim.Adafactor;
import dev.neurite.optim.Adagrad;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Adamax;
import dev.neurite.optim.Asgd;
import dev.neurite.optim.Ftrl;
import dev.neurite.optim.Lamb;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Lion;
import dev.neurite.optim.Nadam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.RAdam;
import dev.neurite.optim.RProp;
import dev.neurite.optim.RmsProp;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Going on from checkpoints, and what happens to damaged, foreign and unwritable ones. */
class CheckpointFaultsTest {

  @TempDir Path folder;
  private Scope scope;
  private Dataset data;

  @BeforeEach
  void open() {
    Neurite.seed(5);
    scope = Scope.open();
    data = slope(12).shuffle().batch(3);
  }

  @AfterEach
  void close() {
    Thread.interrupted();
    scope.close();
  }

  private static Model net(int units) {
    Model model = Model.sequential(Input.of(1), Dense.of(units), Dropout.of(0.2), Dense.of(1));
    return model.compile(Adam.of(0.01), Losses.meanSquaredError(), Metrics.meanAbsoluteError());
  }

  private static Callback interruptAt(long step) {
    return LambdaCallback.onBatchEnd(run -> {
      if (run.step() == step) {
        Thread.currentThread().interrupt();
      }
    });
  }

  private static Map<String, float[]> weights(Model model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    model.state().forEach((path, p) -> values.put(path, p.toFloats()));
    return values;
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> given) {
    assertEquals(expected.keySet(), given.keySet());
    expected.forEach((path, values) -> assertArrayEquals(values, given.get(path), path));
  }

  /** Trains with interruptions at the given steps and returns the weights. */
  private Map<String, float[]> interrupted(Path backup, long everyBatches, long... steps) {
    for (long step : steps) {
      try (Model model = net(4)) {
        model.fit(
            data, Fit.epochs(5).callbacks(interruptAt(step), BackupAndRestore.in(backup).everyBatches(everyBatches)));
        assertTrue(Thread.interrupted(), "the flag is kept");
      }
    }
    try (Model model = net(4)) {
      History history = model.fit(data, Fit.epochs(5).callbacks(BackupAndRestore.in(backup)));
      assertEquals(5, history.size());
      return weights(model);
    }
  }

  private Map<String, float[]> whole() {
    try (Model model = net(4)) {
      model.fit(data, Fit.epochs(5));
      return weights(model);
    }
  }

  @Test
  void aTrainingInterruptedAtAnyBatchEndsWithTheSameBits() {
    Map<String, float[]> whole = whole();

    assertSame(whole, interrupted(folder.resolve("a"), 1, 2, 3, 4, 5, 11));
    assertSame(whole, interrupted(folder.resolve("b"), 3, 7, 8, 19));
    assertFalse(Files.exists(folder.resolve("a").resolve(BackupAndRestore.CURRENT)), "a finished run has no backup");
  }

  @Test
  void everyOptimiserGoesOnAlsoInTheMiddleOfSummedGradients() {
    List<Supplier<Optimizer>> rules =
        List.of(
            () -> Adam.of(0.01).accumulate(3).average(0.9), () -> Sgd.of(0.01).momentum(0.9).accumulate(3),
            () -> Sgd.of(0.01), () -> RmsProp.of(0.01), () -> Nadam.of(0.01), () -> Adagrad.of(0.01),
            () -> Adadelta.of(0.5), () -> Adamax.of(0.01), () -> Lion.of(0.001), () -> Ftrl.of(0.01),
            () -> Adafactor.of(0.01), () -> Lamb.of(0.01), () -> RAdam.of(0.01), () -> RProp.of(0.01),
            () -> Asgd.of(0.01), () -> Adam.of(LearningRate.exponentialDecay(0.01, 3, 0.5)));
    for (Supplier<Optimizer> rule : rules) {
      String name = rule.get().toString();
      Map<String, float[]> whole = trained(rule, -1);
      for (long step : new long[] {1, 2, 4, 7}) {
        trained(rule, step);
        Map<String, float[]> resumed = trained(rule, -1);
        whole.forEach((path, v) -> assertArrayEquals(v, resumed.get(path), name + " after " + step + ": " + path));
      }
    }
  }

  /** Trains until interrupted behind a step (-1: to the end), with a backup after each. */
  private Map<String, float[]> trained(Supplier<Optimizer> rule, long step) {
    try (Model model = net(3)) {
      model.compile(rule.get(), Losses.meanSquaredError());
      model.fit(
          data,
          Fit.epochs(3).callbacks(interruptAt(step), BackupAndRestore.in(folder.resolve("rule")).everyBatches(1)));
      assertEquals(step > 0, Thread.interrupted());
      return weights(model);
    }
  }

  @Test
  void fitGoesOnFromAModelCheckpoint() {
    Path file = folder.resolve("{epoch:03d}.neurite");
    try (Model model = net(4)) {
      model.fit(data, Fit.epochs(2).callbacks(ModelCheckpoint.last(file)));
    }
    try (Model model = net(4)) {
      History history = model.fit(data, Fit.epochs(5).resume(folder.resolve("002.neurite")));
      assertEquals(5, history.size());
      assertSame(whole(), weights(model));
    }
    try (Model model = Model.load(folder.resolve("001.neurite"))) {
      assertEquals(4, model.state().get("dense.kernel").size());
    }
  }

  @Test
  void everyFlippedBitOfACheckpointIsReportedAndTheOneBeforeIsTaken() throws IOException {
    Path backup = folder.resolve("backup");
    try (Model model = net(64)) {
      model.fit(data, Fit.epochs(3).callbacks(BackupAndRestore.in(backup).keepAtEnd(true)));
    }
    Path current = backup.resolve(BackupAndRestore.CURRENT);
    byte[] good = Files.readAllBytes(current);
    int refused = 0;
    for (int at = 0; at < good.length; at += 97) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) (1 << at % 8);
      Files.write(current, bad);
      try (Scope each = Scope.open()) {
        Checkpoint same = Checkpoint.read(current);
        assertEquals(12L, same.state().get("step"), "a bit that is no value's");
      } catch (FormatException e) {
        refused++;
        assertTrue(e.getMessage().contains(current.toString()), e.getMessage());
      }
    }
    assertTrue(refused > good.length / 97 * 0.8, refused + " of " + good.length / 97 + " refused");

    good[good.length / 3] ^= 4;
    Files.write(current, good);
    try (Model model = net(64)) {
      FormatException e = assertThrows(FormatException.class, () -> model.fit(data, Fit.epochs(4).resume(current)));
      assertTrue(
          e.getMessage().contains("the newest other checkpoint there is " + backup.resolve(BackupAndRestore.PREVIOUS)),
          e.getMessage());
      int[] first = new int[1];
      model.fit(
          data,
          Fit.epochs(4).callbacks(
              new Callback() {
                @Override
                public void trainBegin(Run run) {
                  first[0] = run.history().size();
                }
              },
              BackupAndRestore.in(backup)));
      assertEquals(2, first[0], "goes on from the backup before the last");
    }
  }

  @Test
  void aNewerVersionAPlainModelAndAnotherNetworkAreRefusedByName() {
    Path file = folder.resolve("c.neurite");
    Path plain = folder.resolve("m.neurite");
    try (Model model = net(4)) {
      model.fit(data, Fit.epochs(1).callbacks(ModelCheckpoint.last(file)));
      model.save(plain);
      FormatException e = assertThrows(FormatException.class, () -> model.fit(data, Fit.epochs(2).resume(plain)));
      assertTrue(e.getMessage().contains("without a training's state"), e.getMessage());
    }
    try (Model model = net(5)) {
      ShapeException e = assertThrows(ShapeException.class, () -> model.fit(data, Fit.epochs(2).resume(file)));
      assertTrue(e.getMessage().contains("dense.kernel") && e.getMessage().contains("dense_1.kernel"), e.getMessage());
    }
    try (Model model = net(4)) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      assertFirstLine(
          IllegalArgumentException.class, "resume: expected the optimiser of the checkpoint, Adam, given Sgd",
          () -> model.fit(data, Fit.epochs(2).resume(file)));
    }
    try (Scope each = Scope.open()) {
      Checkpoint c = Checkpoint.read(file);
      Map<String, Object> newer = new LinkedHashMap<>(c.state());
      newer.put("version", 99L);
      new Checkpoint(c.config(), c.weights(), c.optimizer(), newer, c.tensors()).write(file);
    }
    FormatException e = assertThrows(FormatException.class, () -> Checkpoint.read(file));
    assertTrue(e.getMessage().contains("a newer Neurite wrote this file"), e.getMessage());
  }

  @Test
  void aFolderInUseIsRefusedAndLeftAlone() {
    Path backup = folder.resolve("backup");
    try (Model first = net(4);
        Model second = net(4)) {
      Callback intruder = LambdaCallback.onBatchEnd(run -> {
        if (run.step() == 6) {
          assertFirstLine(
              IllegalStateException.class,
              "BackupAndRestore: expected a folder of this training's own, given " + backup
                  + ", which another training is using",
              () -> second.fit(data, Fit.epochs(1).callbacks(BackupAndRestore.in(backup))));
        }
      });
      assertEquals(3, first.fit(data, Fit.epochs(3).callbacks(intruder, BackupAndRestore.in(backup))).size());
      assertEquals(1, second.fit(data, Fit.epochs(1).callbacks(BackupAndRestore.in(backup))).size());
    }
  }

  @Test
  void aBackupThatCannotBeWrittenNamesThePathOrTheTrainingGoesOnAndTheOldOneStays() throws IOException {
    Path backup = folder.resolve("backup");
    Callback blocked =
        LambdaCallback.onBatchEnd(run -> {
          if (run.step() == 6) {
            try {
              Files.createDirectory(backup.resolve("backup-new.neurite")); // what is to be written cannot be
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
    Map<String, float[]> expected = whole();
    try (Model model = net(4)) {
      UncheckedIOException e =
          assertThrows(
              UncheckedIOException.class,
              () -> model.fit(data, Fit.epochs(5).callbacks(blocked, BackupAndRestore.in(backup))));
      assertTrue(e.getMessage().contains(backup.toString()), e.getMessage());
    }
    Files.delete(backup.resolve("backup-new.neurite"));
    try (Scope each = Scope.open()) {
      assertEquals(4L, Checkpoint.read(backup.resolve(BackupAndRestore.CURRENT)).state().get("step"));
    }
    try (Model model = net(4)) {
      model.fit(data, Fit.epochs(5).callbacks(blocked, BackupAndRestore.in(backup).goOnWhenFailing(true)));
      assertSame(expected, weights(model));
    }
  }

  @Test
  void inTheMiddleOfAnEpochAMetricWithoutStateAndOtherDataAreRefused() {
    Metric bare =
        new Metric() {
          @Override
          public String name() {
            return "bare";
          }

          @Override
          public void update(Tensor yTrue, Tensor yPred, Tensor weights) {}

          @Override
          public double result() {
            return 0;
          }

          @Override
          public void reset() {}
        };
    Path file = folder.resolve("middle.neurite");
    try (Model model = net(4)) {
      model.compile(Adam.of(0.01), Losses.meanSquaredError(), bare);
      UnsupportedOperationException e =
          assertThrows(
              UnsupportedOperationException.class,
              () -> model.fit(data, Fit.epochs(1).callbacks(ModelCheckpoint.last(file).everyBatches(1))));
      assertTrue(e.getMessage().startsWith("Metric 'bare': expected state()"), e.getMessage());
      assertEquals(1, model.fit(data, Fit.epochs(1).callbacks(ModelCheckpoint.last(file))).size());
    }
    try (Model model = net(4)) {
      model.fit(data, Fit.epochs(1).callbacks(ModelCheckpoint.last(file).everyBatches(3)));
    }
    try (Model model = net(4)) {
      assertFirstLine(
          IllegalArgumentException.class,
          "resume: expected 4 batches in an epoch as in the checkpoint, given 6",
          () -> model.fit(data.batch(2), Fit.epochs(2).resume(file)));
    }
  }

  @Test
  void everyMetricGoesOnWhereItWas() {
    List<Metric> made =
        List.of(
            Metrics.binaryAccuracy(), Metrics.sum("sum", (y, p) -> p), Metrics.precision(), Metrics.auc(),
            Metrics.auc().exact(), Metrics.r2(), Metrics.f1(), Metrics.recallAtPrecision(0.5));
    List<Metric> others =
        List.of(
            Metrics.binaryAccuracy(), Metrics.sum("sum", (y, p) -> p), Metrics.precision(), Metrics.auc(),
            Metrics.auc().exact(), Metrics.r2(), Metrics.f1(), Metrics.recallAtPrecision(0.5));
    Tensor y = Tensor.of(new float[][] {{1}, {0}, {1}, {0}, {1}});
    Tensor p = Tensor.of(new float[][] {{0.9f}, {0.4f}, {0.3f}, {0.7f}, {0.6f}});
    Tensor q = Tensor.of(new float[][] {{0.2f}, {0.1f}, {0.8f}, {0.35f}, {0.4f}});
    for (int i = 0; i < made.size(); i++) {
      Metric m = made.get(i);
      Metric other = others.get(i);
      m.update(y, p);
      other.restore(m.state());
      m.update(y, q);
      other.update(y, q);
      assertEquals(m.result(), other.result(), m.name());
      assertThrows(IllegalArgumentException.class, () -> other.restore(new double[] {1, 2, 3, 4, 5}), m.name());
    }
    Metric matrix = Metrics.meanIoU(2);
    Metric second = Metrics.meanIoU(2);
    matrix.update(Tensor.ofLongs(0, 1, 1), Tensor.ofLongs(0, 0, 1));
    second.restore(matrix.state());
    assertEquals(matrix.result(), second.result());
  }

  @Test
  void aCheckpointOutsideItsMomentIsRefused() {
    try (Model model = line().compile(Sgd.of(0.1), Losses.meanSquaredError())) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> model.fit(data, Fit.epochs(1).callbacks(LambdaCallback.onBatchEnd(Run::checkpoint))));
      assertTrue(e.getMessage().contains("expected to be called in Callback.settled"), e.getMessage());
    }
  }
}
