package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Digits;
import dev.neurite.error.FormatException;
import dev.neurite.io.Json;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The doctor on runs made sick on purpose, one per disease, and on healthy ones. */
class DoctorTest {

  static Stream<DoctorRuns.Case> cases() {
    return DoctorRuns.all().stream();
  }

  private static void assertDiagnosed(DoctorRuns.Case which, long seed, Diagnosis d) {
    String seen = which + ", seed " + seed + ":\n" + d;
    if (which.disease() == null) {
      assertTrue(d.healthy(), seen);
    } else {
      assertFalse(d.healthy(), seen);
      assertEquals(which.disease(), d.first().kind(), seen);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theFirstFindingIsThePlantedDisease(DoctorRuns.Case which, @TempDir Path folder) {
    Health measured = DoctorRuns.run(which, 1, folder);

    Diagnosis read = Diagnosis.of(folder);

    assertDiagnosed(which, 1, read);
    assertEquals(Diagnosis.of(measured).verdict(), read.verdict(), "from memory and from the file");
    assertTrue(read.toString().startsWith("Verdict: " + read.verdict()));
    assertTrue(read.toHtml("run").contains("</html>"));
    Map<String, Object> json =
        Json.readObject("report", read.toJson().getBytes(StandardCharsets.UTF_8));
    assertEquals(read.healthy(), json.get("healthy"));
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("cases")
  void theDiagnosisHoldsForOtherSeeds(DoctorRuns.Case which) {
    for (long seed = 2; seed <= 6; seed++) {
      assertDiagnosed(which, seed, Diagnosis.of(DoctorRuns.run(which, seed, null)));
    }
  }

  @Test
  void labelNoiseNamesTheRowsWithWrongLabels() {
    DoctorRuns.Case noise = DoctorRuns.all().stream().filter(c -> c.name().equals("label noise")).findFirst().orElseThrow();
    List<Integer> rows = Diagnosis.of(DoctorRuns.run(noise, 3, null)).suspiciousRows();

    long right = rows.stream().filter(r -> r % 10 == 0).count(); // every tenth label was changed

    assertTrue(rows.size() > 80, rows.size() + " of 144 found");
    assertTrue(right > 0.95 * rows.size(), right + " of " + rows.size() + " were changed");
  }

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
    DoctorRuns.run(DoctorRuns.all().get(0), 1, folder);
    Path file = folder.resolve(Health.FILE);
    List<String> lines = Files.readAllLines(file);
    int whole = Health.read(file).checkups().size();

    Files.writeString(file, String.join("\n", lines.subList(0, 3)) + "\n" + lines.get(3).substring(0, 40));

    assertTrue(whole > 2);
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
}
