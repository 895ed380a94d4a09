package dev.neurite.plot;

import dev.neurite.train.LearningRateFinder;
import java.awt.Color;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The sweep of a {@link LearningRateFinder}: loss and smoothed loss over the learning rate, with the suggestion.
 *
 * <pre>{@code
 * LearningRateCurve.of(LearningRateFinder.of(model).run(train)).save(Path.of("rate.png"));
 * }</pre>
 */
public final class LearningRateCurve {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 420;

  private final XYChart chart;

  private LearningRateCurve(XYChart chart) {
    this.chart = chart;
  }

  /** Draws a sweep. */
  public static LearningRateCurve of(LearningRateFinder.Result sweep) {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(HEIGHT)
            .title(String.format(Locale.ROOT, "suggested learning rate: %.2g", sweep.suggestion()))
            .xAxisTitle("learning rate").yAxisTitle("loss").build();
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    add(chart, "loss", sweep.rates(), sweep.losses(), new Color(0xb8c8d8));
    add(chart, "smoothed", sweep.rates(), sweep.smoothed(), new Color(0x1f77b4));
    int at = sweep.rates().indexOf(sweep.suggestion());
    XYSeries mark = chart.addSeries("suggestion", List.of(sweep.suggestion()), List.of(sweep.smoothed().get(at)));
    mark.setMarker(SeriesMarkers.DIAMOND);
    mark.setMarkerColor(new Color(0xd62728));
    return new LearningRateCurve(chart);
  }

  private static void add(XYChart chart, String label, List<Double> x, List<Double> y, Color color) {
    XYSeries series = chart.addSeries(label, x, y);
    series.setLineColor(color);
    series.setMarker(SeriesMarkers.NONE);
  }

  /**
   * Writes the picture; the ending decides: {@code .png} or {@code .svg}.
   *
   * @throws IllegalArgumentException for another ending
   * @throws java.io.UncheckedIOException when the file cannot be written; it names the file
   */
  public void save(Path file) {
    Drawing.save("LearningRateCurve", file, WIDTH, HEIGHT, g -> chart.paint(g, WIDTH, HEIGHT));
  }
}
