package dev.neurite.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.train.History;
import dev.neurite.train.LearningCurves;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningCurveTest {

  private static final History TWO_EPOCHS =
      new History(
          1,
          List.of(
              Map.of("loss", 2.0, "accuracy", 0.2, "val_loss", 2.1, "val_accuracy", 0.1, "lr", 0.01),
              Map.of("loss", 1.0, "accuracy", 0.7, "val_loss", 1.4, "val_accuracy", 0.6, "lr", 0.01)));

  @Test
  void lossAndEachMetricGetAChartWithBothCurves(@TempDir Path folder) throws Exception {
    LearningCurve curve = LearningCurve.of(TWO_EPOCHS);

    curve.save(folder, "curve");

    assertEquals(2, curve.charts());
    BufferedImage png = ImageIO.read(folder.resolve("curve.png").toFile());
    assertEquals(1280, png.getWidth());
    assertTrue(hasColor(png, 0xd62728), "the validation curve is drawn");
    String svg = Files.readString(folder.resolve("curve.svg"));
    var document = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    document.setEntityResolver((id, system) -> new org.xml.sax.InputSource(new java.io.StringReader("")));
    assertEquals(
        "svg", document.parse(folder.resolve("curve.svg").toFile()).getDocumentElement().getTagName(), svg);
  }

  private static boolean hasColor(BufferedImage image, int rgb) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if ((image.getRGB(x, y) & 0xffffff) == rgb) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void anUnknownEndingIsRefused(@TempDir Path folder) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> LearningCurve.of(TWO_EPOCHS).save(folder.resolve("curve.gif")));
    assertEquals("LearningCurve: expected a file ending in .png or .svg, given curve.gif", e.getMessage());
  }

  @Test
  void aHistoryWithoutEpochsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> LearningCurve.of(new History(1, List.of())));
  }

  @Test
  void errorAgainstDataSizeIsDrawn(@TempDir Path folder) {
    LearningCurves.Curve curve =
        new LearningCurves.Curve(
            "examples", "loss", new double[] {50, 200, 1400}, new double[] {0, 0.01, 0.02}, new double[] {0.5, 0.3, 0.1});

    LearningCurve.of(curve).save(folder, "size");

    assertTrue(Files.exists(folder.resolve("size.png")) && Files.exists(folder.resolve("size.svg")));
    assertThrows(IllegalArgumentException.class, () -> LearningCurve.of(new LearningCurves.Curve[0]));
  }
}
