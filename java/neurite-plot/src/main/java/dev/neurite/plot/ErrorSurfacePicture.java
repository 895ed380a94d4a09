package dev.neurite.plot;

import dev.neurite.train.ErrorSurface;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An error surface as a heat map with contour lines, and the ways taken across it. Colours and lines follow the
 * logarithm of the loss, so that a narrow valley shows as well as a wide plateau.
 *
 * <pre>{@code
 * ErrorSurfacePicture.of(surface).names("w", "b").path("gradient descent", way).save(Path.of("surface.png"));
 * }</pre>
 */
public final class ErrorSurfacePicture {

  private static final int SIZE = 600;
  private static final int LEFT = 70;
  private static final int TOP = 50;
  private static final int RIGHT = 170;
  private static final int BOTTOM = 60;
  private static final int LEVELS = 12;
  private static final int TICKS = 7;
  private static final double DECADES = 4; // below the largest loss; what is lower has the darkest colour
  private static final Color[] PATHS = {new Color(0xff3030), new Color(0xffffff), new Color(0xff9f1c)};
  /** Dark blue over green to yellow; corner colours of a scale whose lightness rises evenly. */
  private static final int[][] SCALE =
      {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};

  private final ErrorSurface surface;
  private final String first;
  private final String second;
  private final List<String> labels;
  private final List<ErrorSurface.Path> paths;

  private ErrorSurfacePicture(
      ErrorSurface surface, String first, String second, List<String> labels, List<ErrorSurface.Path> paths) {
    this.surface = surface;
    this.first = first;
    this.second = second;
    this.labels = labels;
    this.paths = paths;
  }

  /** Draws a surface. */
  public static ErrorSurfacePicture of(ErrorSurface surface) {
    return new ErrorSurfacePicture(surface, "first weight", "second weight", List.of(), List.of());
  }

  /** Names the two weights. */
  public ErrorSurfacePicture names(String firstWeight, String secondWeight) {
    return new ErrorSurfacePicture(surface, firstWeight, secondWeight, labels, paths);
  }

  /** Adds a way across the surface. */
  public ErrorSurfacePicture path(String label, ErrorSurface.Path path) {
    List<String> moreLabels = new ArrayList<>(labels);
    moreLabels.add(label);
    List<ErrorSurface.Path> morePaths = new ArrayList<>(paths);
    morePaths.add(path);
    return new ErrorSurfacePicture(surface, first, second, moreLabels, morePaths);
  }

  /**
   * Writes the picture; the ending decides: {@code .png} or {@code .svg}.
   *
   * @throws IllegalArgumentException for another ending
   * @throws java.io.UncheckedIOException when the file cannot be written; it names the file
   */
  public void save(Path file) {
    Drawing.save("ErrorSurfacePicture", file, LEFT + SIZE + RIGHT, TOP + SIZE + BOTTOM, this::paint);
  }

  // ---- painting

  private double top() {
    return surface.losses().stream().flatMap(List::stream).mapToDouble(Double::doubleValue)
        .filter(Double::isFinite).max().orElse(1);
  }

  /** 0 for the lowest colour, 1 for the largest loss. */
  private static double height(double loss, double top) {
    if (!Double.isFinite(loss)) {
      return 1;
    }
    return loss <= 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(loss / top) / DECADES));
  }

  private void paint(Graphics2D g) {
    double top = top();
    g.drawImage(map(top), LEFT, TOP, SIZE, SIZE, null);
    contours(g, top);
    g.setClip(LEFT, TOP, SIZE, SIZE);
    for (int i = 0; i < paths.size(); i++) {
      way(g, paths.get(i), PATHS[i % PATHS.length]);
    }
    g.setClip(null);
    axes(g);
    legend(g, top);
  }

  private BufferedImage map(double top) {
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    int n = surface.first().size();
    int m = surface.second().size();
    for (int px = 0; px < SIZE; px++) {
      for (int py = 0; py < SIZE; py++) {
        double u = px / (SIZE - 1.0) * (n - 1);
        double v = (1 - py / (SIZE - 1.0)) * (m - 1);
        image.setRGB(px, py, color(between(u, v, top)).getRGB());
      }
    }
    return image;
  }

  /** Height at a place between grid points. */
  private double between(double u, double v, double top) {
    int i = Math.min((int) u, surface.first().size() - 2);
    int j = Math.min((int) v, surface.second().size() - 2);
    double a = u - i;
    double b = v - j;
    return (1 - a) * (1 - b) * at(i, j, top) + a * (1 - b) * at(i + 1, j, top) + (1 - a) * b * at(i, j + 1, top)
        + a * b * at(i + 1, j + 1, top);
  }

  private double at(int i, int j, double top) {
    return height(surface.losses().get(i).get(j), top);
  }

  private static Color color(double height) {
    double place = height * (SCALE.length - 1);
    int i = Math.min((int) place, SCALE.length - 2);
    double part = place - i;
    int[] rgb = new int[3];
    for (int c = 0; c < 3; c++) {
      rgb[c] = (int) Math.round(SCALE[i][c] + part * (SCALE[i + 1][c] - SCALE[i][c]));
    }
    return new Color(rgb[0], rgb[1], rgb[2]);
  }

  private double pixelX(double value) {
    double low = surface.first().get(0);
    double high = surface.first().get(surface.first().size() - 1);
    return LEFT + (value - low) / (high - low) * SIZE;
  }

  private double pixelY(double value) {
    double low = surface.second().get(0);
    double high = surface.second().get(surface.second().size() - 1);
    return TOP + SIZE - (value - low) / (high - low) * SIZE;
  }

  /** Marching squares: a line where neighbouring corners lie on both sides of a level. */
  private void contours(Graphics2D g, double top) {
    g.setStroke(new BasicStroke(0.7f));
    g.setColor(new Color(0x202020));
    for (int level = 1; level < LEVELS; level++) {
      double limit = (double) level / LEVELS;
      for (int i = 0; i + 1 < surface.first().size(); i++) {
        for (int j = 0; j + 1 < surface.second().size(); j++) {
          cell(g, i, j, limit, top);
        }
      }
    }
  }

  private void cell(Graphics2D g, int i, int j, double limit, double top) {
    int[][] corners = {{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}};
    List<double[]> crossings = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      int[] a = corners[c];
      int[] b = corners[(c + 1) % 4];
      double from = at(a[0], a[1], top);
      double to = at(b[0], b[1], top);
      if ((from < limit) != (to < limit)) {
        double part = (limit - from) / (to - from);
        double x = surface.first().get(a[0]) + part * (surface.first().get(b[0]) - surface.first().get(a[0]));
        double y = surface.second().get(a[1]) + part * (surface.second().get(b[1]) - surface.second().get(a[1]));
        crossings.add(new double[] {pixelX(x), pixelY(y)});
      }
    }
    for (int k = 0; k + 1 < crossings.size(); k += 2) {
      double[] p = crossings.get(k);
      double[] q = crossings.get(k + 1);
      g.draw(new Line2D.Double(p[0], p[1], q[0], q[1]));
    }
  }

  private void way(Graphics2D g, ErrorSurface.Path path, Color color) {
    Path2D line = new Path2D.Double();
    for (int i = 0; i < path.points().size(); i++) {
      ErrorSurface.Point p = path.points().get(i);
      if (i == 0) {
        line.moveTo(pixelX(p.first()), pixelY(p.second()));
      } else {
        line.lineTo(pixelX(p.first()), pixelY(p.second()));
      }
    }
    g.setColor(color);
    g.setStroke(new BasicStroke(2.5f));
    g.draw(line);
    dot(g, path.points().get(0), 5);
    dot(g, path.end(), 7);
  }

  private void dot(Graphics2D g, ErrorSurface.Point p, double radius) {
    g.fill(new Ellipse2D.Double(pixelX(p.first()) - radius, pixelY(p.second()) - radius, 2 * radius, 2 * radius));
  }

  private void axes(Graphics2D g) {
    g.setColor(Color.BLACK);
    g.setStroke(new BasicStroke(1));
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    g.drawRect(LEFT, TOP, SIZE, SIZE);
    for (int t = 0; t < TICKS; t++) {
      double part = t / (TICKS - 1.0);
      double x = along(surface.first(), part);
      double y = along(surface.second(), part);
      int px = (int) Math.round(pixelX(x));
      int py = (int) Math.round(pixelY(y));
      g.drawLine(px, TOP + SIZE, px, TOP + SIZE + 5);
      g.drawLine(LEFT - 5, py, LEFT, py);
      String text = number(x);
      g.drawString(text, px - 4 * text.length(), TOP + SIZE + 20);
      text = number(y);
      g.drawString(text, LEFT - 12 - 7 * text.length(), py + 5);
    }
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    g.drawString(first, LEFT + SIZE / 2 - 4 * first.length(), TOP + SIZE + 45);
    g.drawString(second, 12, TOP - 12);
  }

  private static double along(List<Double> axis, double part) {
    return axis.get(0) + part * (axis.get(axis.size() - 1) - axis.get(0));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value).replaceAll("(\\.\\d*?)0+$", "$1").replaceAll("\\.$", "");
  }

  private void legend(Graphics2D g, double top) {
    int x = LEFT + SIZE + 25;
    int length = 240;
    for (int i = 0; i < length; i++) {
      g.setColor(color(1 - i / (length - 1.0)));
      g.fillRect(x, TOP + 20 + i, 18, 1);
    }
    g.setColor(Color.BLACK);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    g.drawString("loss", x, TOP + 10);
    for (int d = 0; d <= DECADES; d++) {
      int y = TOP + 20 + (int) Math.round(d / DECADES * (length - 1));
      g.drawLine(x + 18, y, x + 23, y);
      g.drawString(String.format(Locale.ROOT, "%.2g", top * Math.pow(10, -d)), x + 28, y + 5);
    }
    for (int i = 0; i < labels.size(); i++) {
      int y = TOP + 20 + length + 40 + 24 * i;
      g.setColor(PATHS[i % PATHS.length]);
      g.fillRect(x, y - 8, 18, 6);
      g.setColor(Color.BLACK);
      g.drawRect(x, y - 8, 18, 6);
      g.drawString(labels.get(i), x + 24, y);
    }
  }
}
