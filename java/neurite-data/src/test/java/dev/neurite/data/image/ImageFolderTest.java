package dev.neurite.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.error.FormatException;
import dev.neurite.tensor.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

  @TempDir Path root;

  private Path picture(String name, int side, int shade) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < side * side; i++) {
      image.getRaster().setSample(i % side, i / side, 0, shade);
    }
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  private void twoClasses() throws IOException {
    for (int i = 0; i < 3; i++) {
      picture("dark/more/" + i + ".png", 4, i);
      picture("bright/" + i + ".png", 4, 255 - i);
    }
  }

  @Test
  void foldersAreClassesSortedByName() throws IOException {
    twoClasses();
    ImageFolder folder = ImageFolder.of(root).channels(1).scan();

    assertEquals(List.of("bright", "dark"), folder.classes());
    try (Batch all = folder.dataset().all()) {
      assertEquals(Shape.of(6, 4, 4, 1), all.x().shape());
      assertArrayEquals(new long[] {0, 0, 0, 1, 1, 1}, all.y().toLongs());
      assertEquals(1, all.x().get(0, 0, 0, 0), 1e-6);
      assertEquals(2 / 255.0, all.x().get(5, 3, 3, 0), 1e-6);
    }
  }

  @Test
  void shufflingSplittingAndPrefetchingKeepPictureAndLabelTogether() throws IOException {
    twoClasses();
    Dataset data = ImageFolder.of(root).scan().dataset().shuffle(3).batch(4).prefetch(2);
    List<Long> labels = new ArrayList<>();

    for (Batch b : data) {
      for (int i = 0; i < b.size(); i++) {
        long label = (long) b.y().get(i);
        labels.add(label);
        assertEquals(label == 0, b.x().get(i, 0, 0, 0) > 0.5);
      }
    }
    assertEquals(6, labels.size());
  }

  @Test
  void picturesOfAnySizeAreBroughtToOne() throws IOException {
    picture("a/large.png", 9, 100);
    picture("a/small.png", 3, 100);

    FormatException e = assertThrows(FormatException.class, () -> ImageFolder.of(root).scan().dataset().all());
    assertTrue(e.getMessage().contains("small.png") && e.getMessage().contains("3 x 3"), e.getMessage());
    try (Batch all = ImageFolder.of(root).size(6, 5).scan().dataset().all()) {
      assertEquals(Shape.of(2, 6, 5, 3), all.x().shape());
      assertEquals(100 / 255.0, all.x().get(1, 3, 2, 1), 1e-6);
    }
  }

  @Test
  void badFilesAreReportedByNameAndSkippedOnlyWhenAsked() throws IOException {
    twoClasses();
    Path bad = Files.writeString(root.resolve("dark/text.png"), "no picture");
    Path note = Files.writeString(root.resolve("dark/notes.txt"), "about the pictures");

    FormatException e = assertThrows(FormatException.class, () -> ImageFolder.of(root).scan().dataset().all());
    assertTrue(e.getMessage().contains("text.png"), e.getMessage());
    ImageFolder kept = ImageFolder.of(root).skipBad(true).scan();
    assertEquals(6, kept.files().size());
    assertTrue(kept.skipped().get(bad).contains("no picture"));
    assertTrue(kept.skipped().containsKey(note));
    kept.dataset().all().close();
  }

  @Test
  void aClassWithoutPicturesIsRefusedOrLeftOut() throws IOException {
    twoClasses();
    Path empty = Files.createDirectory(root.resolve("empty"));

    FormatException e = assertThrows(FormatException.class, () -> ImageFolder.of(root).scan());
    assertTrue(e.getMessage().startsWith(empty.toString()), e.getMessage());
    ImageFolder kept = ImageFolder.of(root).skipBad(true).scan();
    assertEquals(List.of("bright", "dark"), kept.classes());
    assertTrue(kept.skipped().containsKey(empty));
  }

  @Test
  void aLoopOfLinksIsDetected() throws IOException {
    twoClasses();
    Files.createSymbolicLink(root.resolve("dark/more/back"), root.resolve("dark"));

    FormatException e = assertThrows(FormatException.class, () -> ImageFolder.of(root).scan());
    assertTrue(e.getMessage().contains("leads back"), e.getMessage());
    assertEquals(6, ImageFolder.of(root).skipBad(true).scan().files().size());
  }

  @Test
  void whatIsNoFolderOfClassesIsRefused() throws IOException {
    assertThrows(FormatException.class, () -> ImageFolder.of(root).scan());
    assertThrows(FormatException.class, () -> ImageFolder.of(root.resolve("none")).scan());
    assertThrows(IllegalStateException.class, () -> ImageFolder.of(root).dataset());
    assertThrows(IllegalArgumentException.class, () -> ImageFolder.of(root).size(0, 3));
    assertThrows(IllegalArgumentException.class, () -> ImageFolder.of(root).channels(4));
    assertThrows(IllegalArgumentException.class, () -> ImageFolder.of(root).pixelLimit(0));
  }
}
