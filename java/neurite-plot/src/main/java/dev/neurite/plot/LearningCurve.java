package dev.neurite.plot;

import dev.neurite.train.History;
import dev.neurite.train.LearningCurves;
import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The learning curve of a run: one chart for the loss and one per metric, each with the training and (dashed) the
 * validation values by epoch.
 *
 * <pre>{@code
 * LearningCurve.of(history).save(Path.of("curve.png"));      // and .svg, by the file's ending
 * }</pre>
 */
public final class LearningCurve {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 420;
  private static final String VALIDATION = "val_";
  private static final List<String> NOT_DRAWN = List.of("lr", "seconds");
  private static final Color TRAIN = new Color(0x1f77b4);
  private static final Color HELD_OUT = new Color(0xd62728);

  private final List<XYChart> charts;

  private LearningCurve(List<XYChart> charts) {
    this.charts = charts;
  }

  /**
   * Draws the curve of a run.
   *
   * @throws IllegalArgumentException when the history has no epoch
   */
  public static LearningCurve of(History history) {
    if (history.size() == 0) {
      throw new IllegalArgumentException("LearningCurve: expected at least one epoch, given none");
    }
    List<XYChart> charts = new ArrayList<>();
    for (String name : history.names()) {
      if (!name.startsWith(VALIDATION) && !NOT_DRAWN.contains(name)) {
        charts.add(chart(LearningCurves.byEpoch(history, name)));
      }
    }
    return new LearningCurve(charts);
  }

  /** Draws curves of any axis, such as error against the number of examples; a chart for each. */
  public static LearningCurve of(LearningCurves.Curve... curves) {
    if (curves.length == 0 || curves[0].at().length == 0) {
      throw new IllegalArgumentException("LearningCurve: expected at least one curve with a point, given none");
    }
    return new LearningCurve(Arrays.stream(curves).map(LearningCurve::chart).toList());
  }

  private static XYChart chart(LearningCurves.Curve curve) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH).height(HEIGHT).title(curve.name()).xAxisTitle(curve.axis()).yAxisTitle(curve.name()).build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setXAxisDecimalPattern("0");
    add(chart, "training", curve.at(), curve.training(), TRAIN);
    if (Arrays.stream(curve.validation()).anyMatch(v -> !Double.isNaN(v))) {
      add(chart, "validation", curve.at(), curve.validation(), HELD_OUT);
    }
    return chart;
  }

  private static void add(XYChart chart, String label, double[] at, double[] values, Color color) {
    XYSeries series = chart.addSeries(label, at, values);
    series.setLineColor(color);
    series.setMarker(values.length > 1 ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
  }

  /** Number of charts side by side: the loss and each metric. */
  public int charts() {
    return charts.size();
  }

  /**
   * Writes the picture; the ending decides: {@code .png} or {@code .svg}.
   *
   * @throws IllegalArgumentException for another ending
   * @throws UncheckedIOException when the file cannot be written; it names the file
   */
  public void save(Path file) {
    String name = file.getFileName().toString();
    try {
      Path parent = file.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      if (name.endsWith(".png")) {
        javax.imageio.ImageIO.write(SideBySide.image(charts), "png", file.toFile());
      } else if (name.endsWith(".svg")) {
        Files.writeString(file, SideBySide.svg(charts));
      } else {
        throw new IllegalArgumentException("LearningCurve: expected a file ending in .png or .svg, given " + name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("LearningCurve: cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Both pictures: {@code name.png} and {@code name.svg} in a folder. */
  public void save(Path folder, String name) {
    save(folder.resolve(name + ".png"));
    save(folder.resolve(name + ".svg"));
  }

  /** Several charts as one picture. */
  private static final class SideBySide {

    static java.awt.image.BufferedImage image(List<XYChart> charts) {
      var all =
          new java.awt.image.BufferedImage(
              WIDTH * charts.size(), HEIGHT, java.awt.image.BufferedImage.TYPE_INT_RGB);
      var g = all.createGraphics();
      for (int i = 0; i < charts.size(); i++) {
        g.drawImage(BitmapEncoder.getBufferedImage(charts.get(i)), i * WIDTH, 0, null);
      }
      g.dispose();
      return all;
    }

    static String svg(List<XYChart> charts) throws IOException {
      StringBuilder text = new StringBuilder();
      text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(WIDTH * charts.size());
      text.append("\" height=\"").append(HEIGHT).append("\">\n");
      for (int i = 0; i < charts.size(); i++) {
        byte[] bytes = ChartEncoder.getBytes(charts.get(i), "svg");
        String one = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        text.append("<g transform=\"translate(").append(i * WIDTH).append(", 0)\">\n");
        text.append(one.substring(one.indexOf("<svg"))).append("</g>\n");
      }
      return text.append("</svg>\n").toString();
    }
  }
}
