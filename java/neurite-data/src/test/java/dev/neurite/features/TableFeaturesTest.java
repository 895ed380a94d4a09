package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.data.csv.Csv;
import dev.neurite.data.csv.Missing;
import dev.neurite.data.csv.Table;
import dev.neurite.data.image.ImageFile;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.Images;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J3 and J5: tables and pictures from files. */
class TableFeaturesTest {

  @TempDir Path folder;

  @Test
  void J3_placementTableWithTypesAndMissingValuesByPlace() throws IOException {
    String text = "cgpa,iq,branch,placed\n6.8,123,cs,yes\n5.9,,it,no\n5.3,121,cs,no\n7.4,132,me,yes\n";
    Path file = Files.writeString(folder.resolve("placement.csv"), text);
    Table table = Csv.of(file).read();

    assertTrue(table.isNumeric("cgpa") && table.isNumeric("iq"));
    assertFalse(table.isNumeric("branch") || table.isNumeric("placed"));
    assertEquals(List.of(new Table.Cell(2, 3, "iq")), table.missing("iq"), "the second example, line 3 of the file");
    FormatException e = assertThrows(FormatException.class, () -> table.drop("branch").dataset("placed"));
    assertTrue(e.getMessage().contains("line 3") && e.getMessage().contains("iq"), e.getMessage());

    Dataset data = Csv.of(file).missing(Missing.SKIP_ROW).read().oneHot("branch").dataset("placed");
    try (Batch all = data.all()) {
      assertEquals(3, all.size());
      assertEquals(DType.INT64, all.y().dtype());
      assertArrayEquals(new long[] {1, 0, 1}, all.y().toLongs(), "no, yes in the order of the alphabet");
    }
  }

  @Test
  void J5_decodedResizedAndUnrolled() throws IOException {
    BufferedImage image = new BufferedImage(128, 128, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 128 * 128; i++) {
      image.setRGB(i % 128, i / 128, (i / 128) << 16 | (i % 128) << 8 | 77);
    }
    Path file = folder.resolve("p.png");
    ImageIO.write(image, "png", file.toFile());

    Tensor picture = Images.resize(ImageFile.of(file).channels(3).read().cast(DType.FLOAT32), 64, 64);
    Tensor vector = picture.reshape(12_288);

    assertEquals(Shape.of(64, 64, 3), picture.shape());
    assertEquals(2 * 10 + 0.5, picture.select(2, 0).get(10, 20), 1e-3, "red");
    assertEquals(2 * 20 + 0.5, picture.select(2, 1).get(10, 20), 1e-3, "green");
    assertEquals(77, picture.select(2, 2).get(10, 20), 1e-3, "blue");
    assertEquals(picture.get(10, 20, 1), vector.get((10 * 64 + 20) * 3 + 1));
  }
}
