package dev.neurite.plot;

import dev.neurite.nn.Block;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * What a convolutional network has learned, as a grid of tiles: the filters of a layer, or what each channel of a layer
 * answers to one input. Every tile is stretched to its own range, smallest value black, largest white; filters over
 * three channels are shown in colour.
 *
 * <pre>{@code
 * FilterPicture.filters(model, "conv2d").save(Path.of("filters.png"));
 * FilterPicture.activations(model, image, "conv2d").save(Path.of("activations.png"));
 * }</pre>
 */
public final class FilterPicture {

  private static final int LEAST_TILE = 48; // pixels; smaller maps are enlarged cell by cell
  private static final int GAP = 4;
  private static final int RGB = 3;
  private static final Color BACKGROUND = new Color(0x1f77b4);

  /**
   * One square of the picture.
   *
   * @param height rows
   * @param width columns
   * @param values the numbers shown, row by row, the colours of a cell side by side
   */
  public record Tile(int height, int width, double[] values) {

    /** Numbers per cell: 1 (grey) or 3 (red, green, blue). */
    public int colours() {
      return values.length / (height * width);
    }
  }

  private final List<Tile> tiles;

  private FilterPicture(List<Tile> tiles) {
    this.tiles = tiles;
  }

  /**
   * The filters of a layer, one tile per output channel.
   *
   * @param layer path of a built layer whose {@code kernel} is [height, width, in, out]; with other than one or three
   *     inputs a tile shows their mean
   * @throws IllegalArgumentException when there is no such layer or its kernel has another shape
   */
  public static FilterPicture filters(Model model, String layer) {
    Block block = model;
    for (String name : layer.split("\\.")) {
      block = block.children().get(name);
      if (block == null) {
        throw new IllegalArgumentException("FilterPicture: expected the path of a layer, given '" + layer + "'");
      }
    }
    Tensor kernel = block.ownParams().get("kernel");
    if (kernel == null || kernel.rank() != 4) {
      throw new IllegalArgumentException(
          "FilterPicture: expected a layer with a kernel [height, width, in, out], given '" + layer + "'"
              + (kernel == null ? " without one" : " with " + kernel.shape()));
    }
    try (Scope scope = Scope.open()) {
      Tensor shown = kernel.dim(2) == 1 || kernel.dim(2) == RGB
          ? kernel
          : kernel.mean(2).expandDims(2);
      return of(shown.permute(3, 0, 1, 2));
    }
  }

  /**
   * What each channel of a layer answers to one input, one tile per channel.
   *
   * @param input [1, ...], a single example
   * @param layer path of a layer whose output is [1, height, width, channels]
   * @throws IllegalArgumentException when there is no such layer or its output has another shape
   */
  public static FilterPicture activations(Model model, Tensor input, String layer) {
    try (Scope scope = Scope.open()) {
      Pass pass = Pass.inference().capturing(layer);
      model.call(input, pass);
      Tensor y = pass.captured(layer);
      if (y.rank() != 4 || y.dim(0) != 1) {
        throw new IllegalArgumentException(
            "FilterPicture: expected a layer with one output [1, height, width, channels], given '" + layer + "' with "
                + y.shape());
      }
      return of(y.permute(3, 1, 2, 0));
    }
  }

  /** Tiles from [tiles, height, width, colours]. */
  private static FilterPicture of(Tensor all) {
    Shape shape = all.shape();
    double[] values = all.toDoubles();
    int size = values.length / (int) shape.dim(0);
    List<Tile> tiles = new ArrayList<>();
    for (int i = 0; i < shape.dim(0); i++) {
      double[] own = Arrays.copyOfRange(values, i * size, (i + 1) * size);
      tiles.add(new Tile((int) shape.dim(1), (int) shape.dim(2), own));
    }
    return new FilterPicture(List.copyOf(tiles));
  }

  /** The data behind the picture, tile by tile. */
  public List<Tile> tiles() {
    return tiles;
  }

  /** Pixels of the picture per cell. */
  private int zoom() {
    Tile first = tiles.get(0);
    return Math.max(1, (LEAST_TILE + Math.max(first.height, first.width) - 1) / Math.max(first.height, first.width));
  }

  /** Tiles per row. */
  private int columns() {
    return (int) Math.ceil(Math.sqrt(tiles.size()));
  }

  /** Left upper corner of a tile in the picture: x, y. */
  int[] corner(int tile) {
    int wide = tiles.get(0).width * zoom() + GAP;
    int high = tiles.get(0).height * zoom() + GAP;
    return new int[] {GAP + tile % columns() * wide, GAP + tile / columns() * high};
  }

  /** The picture. */
  public BufferedImage image() {
    int rows = (tiles.size() + columns() - 1) / columns();
    Tile first = tiles.get(0);
    BufferedImage image =
        new BufferedImage(
            GAP + columns() * (first.width * zoom() + GAP), GAP + rows * (first.height * zoom() + GAP),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(BACKGROUND);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    for (int t = 0; t < tiles.size(); t++) {
      draw(g, tiles.get(t), corner(t));
    }
    g.dispose();
    return image;
  }

  private void draw(Graphics2D g, Tile tile, int[] corner) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double v : tile.values) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    double range = high > low ? high - low : 1;
    for (int cell = 0; cell < tile.height * tile.width; cell++) {
      int[] level = new int[RGB];
      for (int c = 0; c < RGB; c++) {
        double v = tile.values[cell * tile.colours() + (tile.colours() == RGB ? c : 0)];
        level[c] = (int) Math.round(255 * (v - low) / range);
      }
      g.setColor(new Color(level[0], level[1], level[2]));
      g.fillRect(corner[0] + cell % tile.width * zoom(), corner[1] + cell / tile.width * zoom(), zoom(), zoom());
    }
  }

  /**
   * Writes the picture as PNG.
   *
   * @throws IllegalArgumentException unless the file ends in {@code .png}
   * @throws UncheckedIOException when the file cannot be written; it names the file
   */
  public void save(Path file) {
    if (!file.getFileName().toString().endsWith(".png")) {
      throw new IllegalArgumentException(
          "FilterPicture: expected a file ending in .png, given " + file.getFileName());
    }
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      ImageIO.write(image(), "png", file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException("FilterPicture: cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
