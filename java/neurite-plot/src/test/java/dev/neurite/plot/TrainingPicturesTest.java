package dev.neurite.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.train.ErrorSurface;
import dev.neurite.train.Exercise;
import dev.neurite.train.Health;
import dev.neurite.train.LayerHealth;
import dev.neurite.train.LearningRateFinder;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of the doctor, the learning rate finder and error surfaces. */
class TrainingPicturesTest {

  @Test
  void F10_theErrorSurfaceShowsTheValleyAndTheWayIntoIt(@TempDir Path folder) throws Exception {
    Exercise n4 = Exercise.preset("n4");
    ErrorSurfacePicture picture =
        ErrorSurfacePicture.of(ErrorSurface.scan(n4, -6, 6, 61))
            .names("w", "b")
            .path("gradient descent", ErrorSurface.descend(n4, 400));
    picture.save(folder.resolve("surface.png"));
    picture.save(folder.resolve("surface.svg"));

    BufferedImage image = ImageIO.read(folder.resolve("surface.png").toFile());
    assertEquals(840, image.getWidth());
    Color end = new Color(image.getRGB(70 + 390, 50 + 413)); // w 1.8, b -2.27: the last point
    assertTrue(end.getRed() > 200 && end.getGreen() < 100, end.toString());
    Color plateau = new Color(image.getRGB(70 + 50, 50 + 50));
    Color valley = new Color(image.getRGB(70 + 599, 50 + 520)); // w 6, b -4.4
    assertTrue(brightness(plateau) > brightness(valley) + 100, plateau + " " + valley);
    var document = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    document.setEntityResolver((id, system) -> new org.xml.sax.InputSource(new java.io.StringReader("")));
    assertEquals("svg", document.parse(folder.resolve("surface.svg").toFile()).getDocumentElement().getTagName());
    assertThrows(IllegalArgumentException.class, () -> picture.save(folder.resolve("surface.gif")));
  }

  private static int brightness(Color c) {
    return c.getRed() + c.getGreen() + c.getBlue();
  }

  private static LayerHealth layer(String name, double gradient, double update) {
    return new LayerHealth(
        name, "Dense", "sigmoid", 8, false, 1, gradient, gradient, update, 0, 1, 0, 0, 0);
  }

  private static Health health(double first) {
    List<LayerHealth> layers = List.of(layer("a", first, 1e-3), layer("b", first * 100, 0), layer("c", 1, 1e-3));
    Health.Checkup start = new Health.Checkup(0, 0, null, Map.of(), layers);
    Health.Checkup end = new Health.Checkup(1, 10, null, Map.of(), layers);
    return new Health(List.of(), 1, false, List.of(start, end), null, null, null);
  }

  @Test
  void theLayersAreDrawn(@TempDir Path folder) throws Exception {
    HealthPicture.of(health(1e-6)).save(folder.resolve("layers.png"));
    HealthPicture.of(health(0)).save(folder.resolve("layers.svg")); // layers without gradient are left out

    assertEquals(1280, ImageIO.read(folder.resolve("layers.png").toFile()).getWidth());
    assertTrue(Files.readString(folder.resolve("layers.svg")).contains("<svg"));
    Health nothing = new Health(
        List.of(), 1, false, List.of(new Health.Checkup(0, 0, null, Map.of(), List.of())), null, null, null);
    assertThrows(IllegalArgumentException.class, () -> HealthPicture.of(nothing));
  }

  @Test
  void theSweepOfTheLearningRateIsDrawn(@TempDir Path folder) throws Exception {
    LearningRateFinder.Result sweep =
        new LearningRateFinder.Result(
            List.of(1e-4, 1e-3, 1e-2, 1e-1), List.of(2.3, 2.0, 1.0, 3.0), List.of(2.3, 2.1, 1.4, 2.0), 1e-3, 1e-2);
    LearningRateCurve.of(sweep).save(folder.resolve("rate.png"));
    LearningRateCurve.of(sweep).save(folder.resolve("rate.svg"));

    assertEquals(640, ImageIO.read(folder.resolve("rate.png").toFile()).getWidth());
    assertTrue(Files.readString(folder.resolve("rate.svg")).contains("<svg"));
  }
}
