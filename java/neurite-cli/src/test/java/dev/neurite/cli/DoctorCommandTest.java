package dev.neurite.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.io.Json;
import dev.neurite.train.Diagnosis;
import dev.neurite.train.Health;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The doctor on runs made sick on purpose, one per disease, and on healthy ones. */
class DoctorCommandTest {

  private record Result(int code, String out, String err) {}

  private static Result doctor(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = Stream.concat(Stream.of("doctor"), Stream.of(args)).toArray(String[]::new);
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    return new Result(code, out.toString(), err.toString());
  }

  static Stream<DoctorRuns.Case> cases() {
    return DoctorRuns.all().stream();
  }

  private static DoctorRuns.Case named(String name) {
    return cases().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
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
    Diagnosis fromMemory = Diagnosis.of(measured);
    assertDiagnosed(which, 1, fromMemory);

    Result text = doctor(folder.toString());
    Result json = doctor(folder.toString(), "--json");

    assertEquals(0, text.code(), text.err());
    assertTrue(text.out().startsWith("Verdict: " + fromMemory.verdict()), text.out());
    Map<String, Object> report = Json.readObject("report", json.out().getBytes(StandardCharsets.UTF_8));
    List<?> findings = (List<?>) report.get("findings");
    if (which.disease() == null) {
      assertEquals(List.of(), findings);
      assertTrue(text.out().startsWith("Verdict: healthy"), text.out());
    } else {
      assertEquals(which.disease().name(), ((Map<?, ?>) findings.get(0)).get("kind"));
      assertTrue(text.out().contains("1. " + which.disease().words()), text.out());
    }
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
    List<Integer> rows = Diagnosis.of(DoctorRuns.run(named("label noise"), 3, null)).suspiciousRows();

    long right = rows.stream().filter(r -> r % 10 == 0).count(); // every tenth label was changed

    assertTrue(rows.size() > 80, rows.size() + " of 144 found");
    assertTrue(right > 0.95 * rows.size(), right + " of " + rows.size() + " were changed");
  }

  @Test
  void pageAndPictureAreWritten(@TempDir Path folder) throws Exception {
    DoctorRuns.run(named("vanishing gradient"), 1, folder);
    Path page = folder.resolve("out/report.html");
    Path picture = folder.resolve("out/layers.png");

    Result result = doctor(folder.toString(), "--html", page.toString(), "--picture", picture.toString());

    assertEquals(0, result.code(), result.err());
    String html = Files.readString(page);
    assertTrue(html.contains("vanishing gradient") && html.endsWith("</html>\n"), html);
    assertFalse(html.contains("src=") || html.contains("href="), "nothing from outside");
    BufferedImage image = ImageIO.read(picture.toFile());
    assertTrue(image.getWidth() > 600);
  }

  @Test
  void theHumanLevelDecidesWhatBiasIs(@TempDir Path folder) throws Exception {
    Files.writeString(
        folder.resolve("history.csv"),
        "epoch,loss,accuracy,val_loss,val_accuracy\n1,1.0,0.6,1.1,0.55\n2,0.4,0.85,0.45,0.84\n3,0.4,0.85,0.45,0.84\n");

    assertTrue(doctor(folder.toString()).out().startsWith("Verdict: high bias"));
    assertTrue(doctor(folder.toString(), "--human", "0.14").out().startsWith("Verdict: healthy"));
  }

  @Test
  void aFolderWithoutARunIsRefused(@TempDir Path folder) {
    Result result = doctor(folder.toString());
    assertEquals(1, result.code());
    assertTrue(result.err().contains("expected health.jsonl or history.csv in it"), result.err());
    assertEquals(1, doctor(folder.toString(), "--human", "2").code());
  }
}
