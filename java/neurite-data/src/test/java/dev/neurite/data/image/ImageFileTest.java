package dev.neurite.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFileTest {

  @TempDir Path folder;

  private Path write(BufferedImage image, String name) throws IOException {
    Path file = folder.resolve(name);
    assertTrue(ImageIO.write(image, name.substring(name.indexOf('.') + 1), file.toFile()));
    return file;
  }

  private static BufferedImage colours() {
    BufferedImage image = new BufferedImage(2, 3, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 6; i++) {
      image.setRGB(i % 2, i / 2, new Color(10 * i, 100 + i, 255 - i).getRGB());
    }
    return image;
  }

  @Test
  void coloursComeAsRowsOfRedGreenBlue() throws IOException {
    Tensor x = ImageFile.of(write(colours(), "c.png")).read();

    assertEquals(Shape.of(3, 2, 3), x.shape());
    assertEquals(DType.UINT8, x.dtype());
    assertArrayEquals(new int[] {30, 103, 252}, x.select(0, 1).select(0, 1).toInts());
  }

  @Test
  void greyValuesAreNotBentByAGammaCurve() throws IOException {
    BufferedImage image = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setPixels(0, 0, 4, 1, new int[] {0, 7, 100, 255});
    Path file = write(image, "g.png");

    assertArrayEquals(new int[] {0, 7, 100, 255}, ImageFile.of(file).read().toInts());
    assertArrayEquals(
        new int[] {0, 0, 0, 7, 7, 7, 100, 100, 100, 255, 255, 255}, ImageFile.of(file).channels(3).read().toInts());
  }

  @Test
  void sixteenBitsPerChannelAreKept() throws IOException {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setPixels(0, 0, 3, 1, new int[] {1, 256, 65535});

    Tensor x = ImageFile.of(write(image, "w.png")).read();

    assertEquals(DType.INT32, x.dtype());
    assertArrayEquals(new int[] {1, 256, 65535}, x.toInts());
  }

  @Test
  void palettesAndBitmapsBecomeColoursAndBlackAndWhite() throws IOException {
    byte[] none = {0, 0};
    IndexColorModel palette = new IndexColorModel(1, 2, new byte[] {(byte) 200, 0}, none, new byte[] {0, 50});
    BufferedImage indexed = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    indexed.getRaster().setPixels(0, 0, 2, 1, new int[] {0, 1});
    BufferedImage bitmap = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
    bitmap.getRaster().setPixels(0, 0, 2, 1, new int[] {0, 1});

    assertArrayEquals(new int[] {200, 0, 0, 0, 0, 50}, ImageFile.of(write(indexed, "p.png")).read().toInts());
    assertArrayEquals(new int[] {0, 255}, ImageFile.of(write(bitmap, "b.png")).read().toInts());
  }

  @Test
  void theFirstFrameOfAnAnimationIsTaken() throws IOException {
    Path file = folder.resolve("a.gif");
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (int shade : new int[] {40, 200}) {
        BufferedImage frame = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
        Arrays.stream(new int[] {0, 1, 2, 3}).forEach(i -> frame.getRaster().setSample(i % 2, i / 2, 0, shade));
        writer.writeToSequence(new IIOImage(frame, null, null), null);
      }
      writer.endWriteSequence();
    }
    Tensor x = ImageFile.of(file).channels(1).read();

    assertEquals(Shape.of(2, 2, 1), x.shape());
    assertEquals(40, x.get(0, 0, 0), 2);
  }

  /** Four inks need a plug-in: the reader of the JDK refuses them. */
  @Test
  void jpegsOfFourInksAreDecoded() throws IOException {
    byte[] inks = new byte[8 * 8 * 4];
    Path file = folder.resolve("cmyk.jpg");
    var raster = java.awt.image.Raster.createInterleavedRaster(new java.awt.image.DataBufferByte(inks, inks.length),
        8, 8, 32, 4,
        new int[] {0, 1, 2, 3}, null);
    ImageWriter writer = plainJpegWriter();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
      writer.setOutput(out);
      writer.write(new IIOImage(raster, null, null));
    }
    Tensor x = ImageFile.of(file).channels(3).read();

    assertEquals(Shape.of(8, 8, 3), x.shape());
  }

  /** The JDK's own, which writes a raster of four bands as it is. */
  private static ImageWriter plainJpegWriter() {
    ImageTypeSpecifier colours = ImageTypeSpecifier.createFromBufferedImageType(BufferedImage.TYPE_3BYTE_BGR);
    Iterator<ImageWriter> writers = ImageIO.getImageWriters(colours, "jpeg");
    while (writers.hasNext()) {
      ImageWriter writer = writers.next();
      if (writer.getClass().getName().startsWith("com.sun.")) {
        return writer;
      }
    }
    throw new AssertionError("the JDK has no JPEG writer");
  }

  @Test
  void emptyFilesTextsAndCutPicturesAreRefusedByName() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.png"));
    Path text = Files.writeString(folder.resolve("text.png"), "this is no picture");
    byte[] whole = Files.readAllBytes(write(colours(), "whole.png"));
    Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(whole, 40));

    assertTrue(refused(empty).contains("0 bytes"));
    assertTrue(refused(text).contains("no picture of a known format"));
    assertTrue(refused(cut).contains("damaged picture"));
    assertTrue(refused(folder.resolve("none.png")).contains("no such file"));
  }

  private static String refused(Path file) {
    FormatException e = assertThrows(FormatException.class, () -> ImageFile.of(file).read());
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    return e.getMessage();
  }

  @Test
  void aHugePictureIsRefusedBeforeDecoding() throws IOException {
    byte[] png = Files.readAllBytes(write(colours(), "small.png"));
    ByteBuffer header = ByteBuffer.wrap(png);
    header.putInt(16, 50_000).putInt(20, 50_000);
    CRC32 sum = new CRC32();
    sum.update(png, 12, 17);
    header.putInt(29, (int) sum.getValue());
    Path file = Files.write(folder.resolve("huge.png"), png);

    assertTrue(refused(file).contains("given 50000 x 50000"));
  }

  @Test
  void wrongSettingsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> ImageFile.of(folder).channels(2));
    assertThrows(IllegalArgumentException.class, () -> ImageFile.of(folder).pixelLimit(0));
  }
}
