package dev.neurite.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {

  private static final int RECORD = 3073;

  /** Records whose red, green and blue planes hold 255, 51 and the record's number. */
  private static byte[] records(int n) {
    byte[] bytes = new byte[n * RECORD];
    for (int r = 0; r < n; r++) {
      bytes[r * RECORD] = (byte) (r % 10);
      for (int i = 0; i < 1024; i++) {
        bytes[r * RECORD + 1 + i] = (byte) 255;
        bytes[r * RECORD + 1025 + i] = 51;
        bytes[r * RECORD + 2049 + i] = (byte) r;
      }
    }
    return bytes;
  }

  private static FormatException refused(Path file) {
    return assertThrows(FormatException.class, () -> Cifar10.read(List.of(file)));
  }

  @Test
  void planesBecomeChannelsLastAndPixelsZeroToOne(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("batch.bin");
    Files.write(file, records(12));

    Dataset data = Cifar10.read(List.of(file, file));

    try (Batch all = data.all()) {
      assertEquals(24, data.size());
      assertEquals(Shape.of(24, 32, 32, 3), all.x().shape());
      assertArrayEquals(
          new double[] {1, 0.2, 11 / 255.0}, all.x().select(0, 11).select(0, 31).select(0, 31).toDoubles(), 1e-7);
      assertEquals(1, all.y().get(11));
    }
  }

  @Test
  void aLengthThatIsNoMultipleOfARecordIsRefusedWithTheRemainder(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("batch.bin");
    Files.write(file, new byte[RECORD + 10]);

    FormatException e = refused(file);

    assertEquals("expected records of 3073 bytes, given 3083 bytes, 10 left over", e.reason());
    assertEquals(RECORD, e.offset());
  }

  @Test
  void emptyMissingAndMislabelledFilesAreRefused(@TempDir Path folder) throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.bin"));
    Path wrong = folder.resolve("wrong.bin");
    byte[] bytes = records(2);
    bytes[RECORD] = 10;
    Files.write(wrong, bytes);

    assertEquals("0 bytes", refused(empty).reason());
    assertEquals("no such file", refused(folder.resolve("absent.bin")).reason());
    assertEquals("expected a label below 10, given 10", refused(wrong).reason());
    assertEquals(RECORD, refused(wrong).offset());
  }
}
