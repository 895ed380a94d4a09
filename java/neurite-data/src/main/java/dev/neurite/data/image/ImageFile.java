package dev.neurite.data.image;

import dev.neurite.error.FormatException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads a picture: PNG, JPEG (also CMYK), GIF and BMP, TIFF, WebP, whatever ImageIO and its plug-ins know, told by its
 * content and not by its name. Of an animation the first frame is taken.
 *
 * <pre>{@code
 * Tensor picture = ImageFile.of(Path.of("cat.jpg")).channels(3).read();   // uint8 [height, width, 3]
 * }</pre>
 *
 * <p><b>Shapes</b> [height, width, channels]: uint8, or int32 with values to 65535 for 16 bits per channel. Values are
 * those stored; palettes become colours, bitmaps 0 and 255. Instances are immutable.
 */
public final class ImageFile {

  /** Most pixels unless {@link #pixelLimit} says otherwise: 2^26, 8192 x 8192. */
  public static final long DEFAULT_PIXEL_LIMIT = 1L << 26;

  private static final int COLOURS = 3;
  private static final int BYTE_BITS = 8;
  private static final int WHITE = 255;

  private final Path file;
  private final int channels;
  private final long pixelLimit;

  private ImageFile(Path file, int channels, long pixelLimit) {
    this.file = file;
    this.channels = channels;
    this.pixelLimit = pixelLimit;
  }

  /** A file, with as many channels as it has, up to {@link #DEFAULT_PIXEL_LIMIT} pixels. */
  public static ImageFile of(Path file) {
    return new ImageFile(file, 0, DEFAULT_PIXEL_LIMIT);
  }

  /**
   * The channels wanted: 1 (grey: {@code 0.299 R + 0.587 G + 0.114 B}), 3 (colours; grey is repeated, transparency
   * dropped) or 0 (as stored, the default).
   */
  public ImageFile channels(int wanted) {
    if (wanted != 0 && wanted != 1 && wanted != COLOURS) {
      throw new IllegalArgumentException("ImageFile.channels: expected 0 (as stored), 1 or 3, given " + wanted);
    }
    return new ImageFile(file, wanted, pixelLimit);
  }

  /** Most pixels a picture may have: larger ones are refused before they are decoded. */
  public ImageFile pixelLimit(long pixels) {
    if (pixels < 1) {
      throw new IllegalArgumentException("ImageFile.pixelLimit: expected 1 or more, given " + pixels);
    }
    return new ImageFile(file, channels, pixels);
  }

  /**
   * Reads the picture.
   *
   * @throws FormatException for a file that is empty, damaged, too large or no picture
   * @throws UncheckedIOException when it cannot be read
   */
  public Tensor read() {
    Pixels p = pixels();
    Shape shape = Shape.of(p.height, p.width, p.channels);
    return p.bits > BYTE_BITS ? Tensor.of(p.values, shape) : Tensor.of(p.bytes(), shape);
  }

  /** Decoded values, last axis channels; no tensors, so that threads may decode many at once. */
  record Pixels(int height, int width, int channels, int bits, int[] values) {
    byte[] bytes() {
      byte[] out = new byte[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = (byte) values[i];
      }
      return out;
    }
  }

  Pixels pixels() {
    try {
      if (Files.size(file) == 0) {
        throw new FormatException(file.toString(), 0, "0 bytes; expected a picture");
      }
      try (ImageInputStream in = new FileImageInputStream(file.toFile())) {
        return withChannels(stored(decode(in)));
      }
    } catch (NoSuchFileException e) {
      throw new FormatException(file.toString(), -1, "no such file", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private BufferedImage decode(ImageInputStream in) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
    if (!readers.hasNext()) {
      throw new FormatException(file.toString(), 0, "the content is no picture of a known format");
    }
    ImageReader reader = readers.next();
    try {
      reader.setInput(in, true, true);
      long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
      if (pixels > pixelLimit || pixels < 1) {
        throw new FormatException(
            file.toString(), -1,
            "expected up to " + pixelLimit + " pixels, given " + reader.getWidth(0) + " x " + reader.getHeight(0));
      }
      return reader.read(0);
    } catch (FormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // what decoders throw at damaged content is of any kind
      throw new FormatException(file.toString(), -1, "damaged picture (" + e.getMessage() + ")", e);
    } finally {
      reader.dispose();
    }
  }

  private static Pixels stored(BufferedImage image) {
    ColorModel model = image.getColorModel();
    int space = model.getColorSpace().getType();
    boolean plain = !(model instanceof IndexColorModel) && !model.isAlphaPremultiplied()
        && (space == ColorSpace.TYPE_RGB || space == ColorSpace.TYPE_GRAY) && depth(model) >= BYTE_BITS;
    return plain ? samples(image, Math.min(2 * BYTE_BITS, depth(model))) : converted(image);
  }

  private static int depth(ColorModel model) {
    return model.getComponentSize(0);
  }

  /** The raster's own values: conversions of ImageIO would bend grey ones by a gamma curve. */
  private static Pixels samples(BufferedImage image, int bits) {
    Raster raster = image.getRaster();
    int channels = raster.getNumBands();
    int[] values = new int[Math.multiplyExact(image.getWidth() * image.getHeight(), channels)];
    raster.getPixels(raster.getMinX(), raster.getMinY(), image.getWidth(), image.getHeight(), values);
    return new Pixels(image.getHeight(), image.getWidth(), channels, bits, values);
  }

  /** Palettes, bitmaps and rare colour spaces by way of ARGB; one channel where all pixels are grey and opaque. */
  private static Pixels converted(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
    boolean alpha = image.getColorModel().hasAlpha();
    boolean grey = !alpha;
    for (int i = 0; grey && i < argb.length; i++) {
      grey = (argb[i] & WHITE) == (argb[i] >> BYTE_BITS & WHITE)
          && (argb[i] & WHITE) == (argb[i] >> 2 * BYTE_BITS & WHITE);
    }
    int channels = grey ? 1 : alpha ? COLOURS + 1 : COLOURS;
    int[] values = new int[Math.multiplyExact(argb.length, channels)];
    for (int i = 0; i < argb.length; i++) {
      for (int c = 0; c < channels; c++) {
        int shift = c == COLOURS ? COLOURS * BYTE_BITS : (2 - c) * BYTE_BITS;
        values[i * channels + c] = argb[i] >> (grey ? 0 : shift) & WHITE;
      }
    }
    return new Pixels(height, width, channels, BYTE_BITS, values);
  }

  private Pixels withChannels(Pixels p) {
    int has = p.channels;
    if (channels == 0 || channels == has) {
      return p;
    }
    int count = p.height * p.width;
    int[] values = new int[Math.multiplyExact(count, channels)];
    boolean grey = has < COLOURS; // one channel, or one and transparency
    for (int i = 0; i < count; i++) {
      int at = i * has;
      if (channels == 1) {
        values[i] = grey
            ? p.values[at]
            : (int) Math.rint(0.299 * p.values[at] + 0.587 * p.values[at + 1] + 0.114 * p.values[at + 2]);
      } else {
        for (int c = 0; c < COLOURS; c++) {
          values[i * COLOURS + c] = p.values[grey ? at : at + c];
        }
      }
    }
    return new Pixels(p.height, p.width, channels, p.bits, values);
  }
}
