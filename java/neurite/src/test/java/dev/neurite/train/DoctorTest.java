package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.Neurite;
import dev.neurite.data.Digits;
import dev.neurite.error.FormatException;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The health log and what the doctor reads; the runs made sick on purpose are with the command line. */
class DoctorTest {

  @Test
  void theLogDoesNotChangeTheTraining(@TempDir Path folder) {
    assertEquals(trained(), trained(HealthLog.to(folder)));
    assertEquals(trained(), trained(HealthLog.inMemory().everySteps(7).examples(40)));
  }

  /** All weights and buffers after two epochs of a net with batch normalisation and dropout. */
  private static List<List<Double>> trained(Callback... callbacks) {
    Neurite.seed(5);
    try (Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(16), BatchNorm.of(), Dropout.of(0.3), Dense.of(10))) {
      model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      model.fit(Digits.load().train().take(300).shuffle().batch(32), Fit.epochs(2).seed(5).callbacks(callbacks));
      return model.state().values().stream().map(p -> java.util.Arrays.stream(p.toDoubles()).boxed().toList()).toList();
    }
  }

  @Test
  void theLogLooksEverySoManySteps() {
    Neurite.seed(5);
    HealthLog log = HealthLog.inMemory().everySteps(4);
    try (Model model = TrainingExamples.digitsMlp(8)) {
      model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy());
      model.fit(Digits.load().train().take(320).batch(32), Fit.epochs(1).callbacks(log));
    }

    assertEquals(List.of(0L, 4L, 8L, 10L), log.health().checkups().stream().map(Health.Checkup::step).toList());
    assertEquals(2, log.health().last().steps().count());
  }

  @Test
  void aLineCutOffByAKilledProcessIsLeftOut(@TempDir Path folder) throws IOException {
    trained(HealthLog.to(folder));
    Path file = folder.resolve(Health.FILE);
    List<String> lines = Files.readAllLines(file);
    int whole = Health.read(file).checkups().size();

    Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n" + lines.get(3).substring(0, 40));

    assertEquals(3, whole); // before the first step, and after each of two epochs
    assertEquals(2, Health.read(file).checkups().size());
  }

  @Test
  void otherFilesAreRefused(@TempDir Path folder) throws IOException {
    assertThrows(UncheckedIOException.class, () -> Diagnosis.of(folder));
    Path file = folder.resolve(Health.FILE);
    for (String text : List.of("", "{}", "{\"kind\": \"other\"}", "[1]", "{\"kind\": \"start\"}")) {
      Files.writeString(file, text);
      assertThrows(FormatException.class, () -> Diagnosis.of(folder), text);
    }
  }

  @Test
  void curvesAloneAreEnoughForBiasAndVariance(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("history.csv"),
        "epoch,loss,accuracy,val_loss,val_accuracy\n1,1.0,0.6,1.1,0.55\n2,0.5,0.8,0.9,0.6\n3,0.2,0.99,0.8,0.7\n");

    Diagnosis d = Diagnosis.of(folder);

    assertEquals(Finding.Kind.HIGH_VARIANCE, d.first().kind());
    assertNotNull(d.fit());
  }

  @Test
  void aResumedTrainingKeepsTheHealthMeasuredBefore(@TempDir Path folder) {
    Path runs = folder.resolve("resumed");
    for (int part = 0; part < 2; part++) {
      boolean first = part == 0;
      dev.neurite.Neurite.seed(4);
      try (Model model = TrainingExamples.digitsMlp(8)) {
        model.compile(
            dev.neurite.optim.Adam.of(1e-3), dev.neurite.loss.Losses.softmaxCrossEntropy());
        Callback stopper = LambdaCallback.onEpochEnd((run, values) -> {
          if (first && run.epoch() == 2) {
            run.pause("for the test");
          }
        });
        model.fit(
            Digits.load().train().take(160).batch(32),
            Fit.epochs(4).seed(5).callbacks(BackupAndRestore.in(runs), HealthLog.to(runs), stopper));
      }
    }
    Health health = Health.read(runs.resolve(Health.FILE));
    assertEquals(
        java.util.List.of(0, 1, 2, 3, 4), health.checkups().stream().map(Health.Checkup::epoch).toList());
    assertEquals(
        java.util.List.of(0L, 5L, 10L, 15L, 20L), health.checkups().stream().map(Health.Checkup::step).toList());
    assertEquals(4, health.history().size());
  }
}
