package dev.neurite.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worked examples on the command line. */
class ExplainCommandTest {

  private record Result(int code, String out, String err) {}

  private static Result explain(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = Stream.concat(Stream.of("explain"), Stream.of(args)).toArray(String[]::new);
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    return new Result(code, out.toString(), err.toString());
  }

  private static void assertPrints(Result result, String... numbers) {
    assertEquals(0, result.code(), result.err());
    for (String number : numbers) {
      assertTrue(result.out().contains(number), number + " in\n" + result.out());
    }
  }

  @Test
  void theWorkedExamplesArePrinted() {
    assertPrints(
        explain("n1", "--steps", "10000"), "0.298371109", "0.082167041", "0.358916480", "0.291027774", "3.51019e-05");
    assertPrints(explain("n1", "--bias", "unit", "--steps", "10000"), "0.280471447", "2.44756e-06");
    assertPrints(explain("n1", "--bias", "shared"), "0.018725609", "0.100400325");
    assertPrints(explain("n2"), "0.131169078", "-0.008724562", "-0.260828846", "0.218052170");
    assertPrints(explain("n2", "--loss", "square"), "0.276792891", "-0.221657693", "0.336104341");
    assertPrints(explain("n3"), "0.339405400", "-0.164291521", "0.365713868", "-0.073323407");
    assertPrints(explain("n4", "--steps", "1000"), "0.415819901", "1.791719830", "-2.282118073");
  }

  @Test
  void aPageAndTheErrorSurfaceAreWritten(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("n4.html");
    for (String ending : List.of("png", "svg")) {
      Path picture = folder.resolve("surface." + ending);
      Result result =
          explain("n4", "--steps", "300", "--html", page.toString(), "--surface", picture.toString());
      assertPrints(result, "error surface");
      assertTrue(Files.size(picture) > 10_000);
    }
    assertEquals(840, ImageIO.read(folder.resolve("surface.png").toFile()).getWidth());
    assertTrue(Files.readString(folder.resolve("surface.svg")).contains("<svg"));
    assertTrue(Files.readString(page).contains("0.415819901"));
  }

  @Test
  void aNetOfOnesOwnIsReadFromAFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("net.json");
    Files.writeString(
        file,
        "{\"inputs\": [\"a\"], \"x\": [[2]], \"y\": [[1]], \"loss\": \"square\", \"rate\": 0.5,"
            + " \"layers\": [{\"units\": [\"o\"], \"activation\": \"linear\", \"weights\": [[3]], \"bias\": [0]}]}");

    assertPrints(explain(file.toString()), "3*2 + 0", "25.000000000", "-7.000000000"); // (6-1)^2; 3 - 0.5*2*5*2
  }

  @Test
  void wrongNamesAndNetsAreRefused(@TempDir Path folder) {
    assertEquals(1, explain("n9").code());
    assertTrue(explain("n9").err().contains("expected n1, n2, n3 or n4"));
    assertEquals(1, explain("n2", "--loss", "cubic").code());
    assertEquals(1, explain("n2", "--bias", "loose").code());
    assertEquals(1, explain("n2", "--surface", folder.resolve("s.png").toString()).code());
    assertEquals(1, explain(folder.resolve("missing.json").toString()).code());
  }
}
