package dev.neurite.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {

  @TempDir Path folder;
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** A file of the given type code and lengths; the values are given as they stand in the file. */
  private static byte[] idx(int code, int[] dims, byte[] values) {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * dims.length + values.length);
    out.put((byte) 0).put((byte) 0).put((byte) code).put((byte) dims.length);
    for (int d : dims) {
      out.putInt(d);
    }
    return out.put(values).array();
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  private static String reason(Path file) {
    return assertThrows(FormatException.class, () -> Idx.read(file)).reason();
  }

  @Test
  void everyTypeOfTheFormatIsRead() throws IOException {
    Tensor bytes = Idx.read(write("u1", idx(0x08, new int[] {2, 2}, new byte[] {0, 1, (byte) 200, (byte) 255})));
    Tensor signed = Idx.read(write("i1", idx(0x09, new int[] {2}, new byte[] {-32, 13})));
    Tensor shorts = Idx.read(write("i2", idx(0x0B, new int[] {2}, new byte[] {0, 11, (byte) 255, (byte) 222})));
    Tensor ints = Idx.read(write("i4", idx(0x0C, new int[] {1}, ByteBuffer.allocate(4).putInt(-70000).array())));
    Tensor floats = Idx.read(write("f4", idx(0x0D, new int[] {1}, ByteBuffer.allocate(4).putFloat(0.5f).array())));
    Tensor doubles =
        Idx.read(write("f8", idx(0x0E, new int[] {1, 1}, ByteBuffer.allocate(8).putDouble(-0.1).array())));

    assertEquals(DType.UINT8, bytes.dtype());
    assertArrayEquals(new byte[] {0, 1, (byte) 200, (byte) 255}, bytes.toBytes());
    assertArrayEquals(new int[] {-32, 13}, signed.toInts());
    assertArrayEquals(new int[] {11, -34}, shorts.toInts());
    assertArrayEquals(new int[] {-70000}, ints.toInts());
    assertArrayEquals(new float[] {0.5f}, floats.toFloats());
    assertArrayEquals(new double[] {-0.1}, doubles.toDoubles());
    assertEquals(Shape.of(1, 1), doubles.shape());
  }

  @Test
  void gzipIsRecognisedWhateverTheName() throws IOException {
    byte[] plain = idx(0x08, new int[] {3}, new byte[] {7, 8, 9});

    assertArrayEquals(new byte[] {7, 8, 9}, Idx.read(write("data", gzip(plain))).toBytes());
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Path file = write("empty", new byte[0]);

    FormatException e = assertThrows(FormatException.class, () -> Idx.read(file));

    assertEquals(file + " at 0: 0 bytes; expected an IDX header", e.getMessage());
  }

  @Test
  void aWrongMagicIsShown() throws IOException {
    assertEquals(
        "expected the IDX bytes 00 00 (08|09|0b|0c|0d|0e) rank, given 50 4b 03 04",
        reason(write("zip", new byte[] {0x50, 0x4b, 3, 4, 0, 0, 0, 0})));
    assertEquals(
        "expected the IDX bytes 00 00 (08|09|0b|0c|0d|0e) rank, given 00 00 0a 01",
        reason(write("type", idx(0x0A, new int[] {1}, new byte[] {1}))));
  }

  @Test
  void sizesThatOverflowAreRefusedBeforeAllocation() throws IOException {
    assertEquals(
        "the header promises [2147483648, 2147483648, 2147483648] values, more than 2^63 bytes; the file has 0",
        reason(write("huge", idx(0x08, new int[] {1 << 31, 1 << 31, 1 << 31}, new byte[0]))));
    assertEquals(
        "the header promises [2147483648, 784] values of 1 bytes = 1683627180032 bytes, the file has 0",
        reason(write("big", idx(0x08, new int[] {1 << 31, 784}, new byte[0]))));
  }

  @Test
  void aTruncatedFileIsRefusedWithBothLengths() throws IOException {
    byte[] whole = idx(0x08, new int[] {2, 3, 3}, new byte[18]);

    assertEquals(
        "the header promises [2, 3, 3] values of 1 bytes = 18 bytes, the file has 15",
        reason(write("cut", Arrays.copyOf(whole, whole.length - 3))));
    assertEquals(
        "expected 12 bytes of the axis lengths, given 5 (truncated)",
        reason(write("header", Arrays.copyOf(whole, 9))));
    assertEquals(
        "expected 4 bytes of the header, given 2 (truncated)", reason(write("two", Arrays.copyOf(whole, 2))));
  }

  @Test
  void bytesLeftOverAreRefused() throws IOException {
    byte[] whole = idx(0x08, new int[] {2}, new byte[2]);

    assertEquals(
        "the header promises [2] values of 1 bytes = 2 bytes, the file has 3",
        reason(write("more", Arrays.copyOf(whole, whole.length + 1))));
    assertEquals(
        "expected the end after 2 bytes of values, given more",
        reason(write("more.gz", gzip(Arrays.copyOf(whole, whole.length + 1)))));
  }

  @Test
  void aTruncatedGzipIsRefused() throws IOException {
    byte[] zipped = gzip(idx(0x08, new int[] {5000}, new byte[5000]));

    assertTrue(reason(write("cut.gz", Arrays.copyOf(zipped, zipped.length - 12))).startsWith("damaged gzip data"));
    assertEquals("truncated gzip header", reason(write("head.gz", Arrays.copyOf(zipped, 5))));
  }

  @Test
  void agzipBombIsCappedByWhatTheFileCanHold() throws IOException {
    byte[] zipped = gzip(idx(0x08, new int[] {1 << 31, 1000}, new byte[0]));

    assertEquals(
        "the header promises [2147483648, 1000] values of 1 bytes = 2147483648000 bytes, the file has at most "
            + (zipped.length * 1032L - 12),
        reason(write("bomb.gz", zipped)));
  }

  @Test
  void zeroLengthAxesAreFine() throws IOException {
    assertEquals(Shape.of(0, 28, 28), Idx.read(write("none", idx(0x08, new int[] {0, 28, 28}, new byte[0]))).shape());
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("nothing-here");

    UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> Idx.read(file));

    assertTrue(e.getMessage().startsWith(file + ": cannot be read"), e.getMessage());
  }

  // ---- folders

  private void writeFolder(int images, int labels) throws IOException {
    byte[] pixels = new byte[images * 4];
    Arrays.fill(pixels, (byte) 255);
    pixels[0] = 51;
    write("train-images-idx3-ubyte", idx(0x08, new int[] {images, 2, 2}, pixels));
    write("train-labels-idx1-ubyte.gz", gzip(idx(0x08, new int[] {labels}, new byte[labels])));
    write("t10k-images-idx3-ubyte.gz", gzip(idx(0x08, new int[] {1, 2, 2}, new byte[4])));
    write("t10k-labels-idx1-ubyte", idx(0x08, new int[] {1}, new byte[] {9}));
  }

  @Test
  void aFolderGivesScaledImagesAndClassNumbers() throws IOException {
    writeFolder(3, 3);

    Mnist mnist = Mnist.load(folder);

    assertEquals(3, mnist.train().size());
    assertEquals(1, mnist.test().size());
    Batch b = mnist.train().batch(2).epoch(0, 0).next();
    assertEquals(Shape.of(2, 2, 2, 1), b.x().shape());
    assertEquals(DType.FLOAT32, b.x().dtype());
    assertArrayEquals(new float[] {0.2f, 1, 1, 1, 1, 1, 1, 1}, b.x().toFloats(), 1e-7f);
    assertEquals(DType.INT64, b.y().dtype());
    assertEquals(9, mnist.test().all().y().item());
  }

  @Test
  void differentNumbersOfImagesAndLabelsAreRefused() throws IOException {
    writeFolder(3, 2);

    FormatException e = assertThrows(FormatException.class, () -> Mnist.load(folder));

    assertEquals("expected a label for each of 3 images, given 2 labels", e.reason());
  }

  @Test
  void missingFilesAndWrongContentsAreNamed() throws IOException {
    FormatException missing = assertThrows(FormatException.class, () -> Mnist.load(folder));
    assertEquals(
        "expected a file train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found neither", missing.reason());

    writeFolder(3, 3);
    write("train-images-idx3-ubyte", idx(0x08, new int[] {3}, new byte[3]));
    FormatException wrong = assertThrows(FormatException.class, () -> Mnist.load(folder));
    assertEquals("expected images [n, height, width] as bytes, given uint8[3]", wrong.reason());
  }
}
