package dev.neurite.cli;

import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Reads a picture as the grey values a model takes. */
final class GreyPicture {

  /** Larger pictures are refused before they are decoded. */
  private static final long MOST_PIXELS = 100_000_000;

  private GreyPicture() {}

  /**
   * A picture as {@code [1, height, width, 1]}, 0 black to 1 white, scaled to the model's input.
   *
   * @throws FormatException for a file that is no readable picture, or too large
   */
  static Tensor read(Path file, Shape input, boolean invert) {
    if (input.rank() != 4 || input.dim(3) != 1) {
      throw new ShapeException("predict: expected a model for grey pictures [-1, height, width, 1], given " + input);
    }
    int height = (int) input.dim(1);
    int width = (int) input.dim(2);
    BufferedImage scaled = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    Graphics2D g = scaled.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(decode(file), 0, 0, width, height, null);
    g.dispose();
    float[] values = new float[height * width];
    for (int i = 0; i < values.length; i++) {
      float v = scaled.getRaster().getSample(i % width, i / width, 0) / 255f;
      values[i] = invert ? 1 - v : v;
    }
    return Tensor.of(values, Shape.of(1, height, width, 1));
  }

  private static BufferedImage decode(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new FormatException(file.toString(), -1, "no such file");
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new FormatException(file.toString(), 0, "expected a picture (PNG, JPEG, GIF, BMP), found another format");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new FormatException(file.toString(), 0, "expected at most " + MOST_PIXELS + " pixels, found " + pixels);
        }
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    } catch (IOException e) {
      throw new FormatException(file.toString(), -1, "damaged picture: " + e.getMessage(), new UncheckedIOException(e));
    }
  }
}
