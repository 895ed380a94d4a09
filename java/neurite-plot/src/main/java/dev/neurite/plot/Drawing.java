package dev.neurite.plot;

import de.erichseifert.vectorgraphics2d.Document;
import de.erichseifert.vectorgraphics2d.Processors;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Writes what is painted as a picture; the ending of the file decides how. */
final class Drawing {

  /** Paints on a white ground. */
  @FunctionalInterface
  interface Painter {
    void paint(Graphics2D g);
  }

  private Drawing() {}

  static void save(String who, Path file, int width, int height, Painter painter) {
    String name = file.getFileName().toString();
    if (!name.endsWith(".png") && !name.endsWith(".svg")) {
      throw new IllegalArgumentException(who + ": expected a file ending in .png or .svg, given " + name);
    }
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (name.endsWith(".png")) {
        ImageIO.write(image(width, height, painter), "png", file.toFile());
      } else {
        svg(file, width, height, painter);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(who + ": cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static BufferedImage image(int width, int height, Painter painter) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    painter.paint(g);
    g.dispose();
    return image;
  }

  private static void svg(Path file, int width, int height, Painter painter) throws IOException {
    VectorGraphics2D g = new VectorGraphics2D();
    painter.paint(g);
    Document document = Processors.get("svg").getDocument(g.getCommands(), new PageSize(0, 0, width, height));
    try (OutputStream out = Files.newOutputStream(file)) {
      document.writeTo(out);
    }
  }
}
