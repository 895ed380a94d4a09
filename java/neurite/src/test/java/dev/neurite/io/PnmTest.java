package dev.neurite.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PnmTest {

  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.write(folder.resolve("p.pnm"), text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void allSixKindsAreRead() throws IOException {
    assertArrayEquals(new int[] {255, 0, 255, 0, 0, 255}, Pnm.read(file("P1 # bits\n3 2\n010110")).toInts());
    assertArrayEquals(new int[] {1, 22, 255, 0}, Pnm.read(file("P2\n2 2\n#max\n255\n1 22\n255\t0")).toInts());
    assertEquals(Shape.of(1, 2, 3), Pnm.read(file("P3 2 1 9 1 2 3 4 5 6\n")).shape());
    assertArrayEquals(
        new int[] {0, 255, 255, 255, 255, 255, 255, 255, 255, 0}, Pnm.read(file("P4\n10 1\n\u0080@")).toInts());
    assertArrayEquals(new int[] {65, 200}, Pnm.read(file("P5 2 1 255\nA\u00c8")).toInts());
    Tensor deep = Pnm.read(file("P6 1 1 65535 \u0001\u0000\u0000\u0002\u0000\u00ff"));
    assertEquals(DType.INT32, deep.dtype());
    assertArrayEquals(new int[] {256, 2, 255}, deep.toInts());
  }

  private void refused(String reason, String text) throws IOException {
    Path file = file(text);
    FormatException e = assertThrows(FormatException.class, () -> Pnm.read(file));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  @Test
  void damagedFilesAreRefused() throws IOException {
    refused("0 bytes", "");
    refused("no PNM", "P7\n");
    refused("promises", "P5 50000 50000 255\nA");
    refused("promises", "P5 2 1 255\nA");
    refused("promises", "P2 3 3 255\n1 2");
    refused("1 or more", "P5 0 1 255\n");
    refused("whole number", "P5 x 1 255\n");
    refused("up to 65535", "P5 1 1 70000\nA");
    refused("up to 9", "P2 1 1 9 10 ");
    refused("0 or 1", "P1 1 1 7");
  }

  @Test
  void whatIsWrittenComesBack() {
    Tensor grey = Tensor.of(new byte[] {0, 9, (byte) 255, 4}, Shape.of(2, 2));
    Tensor colour = Tensor.of(new byte[] {1, 2, 3}, Shape.of(1, 1, 3));
    Path file = folder.resolve("w.pnm");
    Pnm.write(file, grey);
    assertArrayEquals(grey.toInts(), Pnm.read(file).toInts());
    Pnm.write(file, colour);
    assertEquals(colour.shape(), Pnm.read(file).shape());
    assertThrows(ShapeException.class, () -> Pnm.write(file, Tensor.of(1f)));
  }
}
