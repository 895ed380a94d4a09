package dev.neurite.plot;

import dev.neurite.train.Health;
import dev.neurite.train.LayerHealth;
import java.awt.Color;
import java.awt.Graphics2D;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A run's layers from the input on: the length of the gradient in each layer's weights before the first step and at the
 * end, and how far a step moves them; both on logarithmic axes from 1e-8, where healthy lines are nearly flat; what
 * lies beyond is drawn at the edge.
 *
 * <pre>{@code
 * HealthPicture.of(Health.read(Path.of("runs/mine/health.jsonl"))).save(Path.of("health.png"));
 * }</pre>
 */
public final class HealthPicture {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 420;

  private static final double LOWEST = 1e-8; // the same axes for every run, so that pictures compare
  private static final double HIGHEST = 1e4;
  private static final String STEP = "step";

  private final List<XYChart> charts;

  private HealthPicture(List<XYChart> charts) {
    this.charts = charts;
  }

  /**
   * Draws what was measured.
   *
   * @throws IllegalArgumentException when no layer has a gradient above 0
   */
  public static HealthPicture of(Health health) {
    XYChart gradients = chart("length of the gradient", "gradient");
    boolean before = add(gradients, "before training", weighted(health.start()), true, new Color(0x1f77b4));
    boolean after = add(gradients, "at the end", weighted(health.last()), true, new Color(0xd62728));
    if (!before && !after) {
      throw new IllegalArgumentException("HealthPicture: expected a layer with a gradient above 0, given none");
    }
    List<XYChart> charts = new ArrayList<>(List.of(gradients));
    XYChart steps = chart("length of a step relative to the weights (1e-3 is usual)", STEP);
    if (add(steps, "last epoch", weighted(health.last()), false, new Color(0x2ca02c))) {
      charts.add(steps);
    }
    return new HealthPicture(charts);
  }

  private static List<LayerHealth> weighted(Health.Checkup checkup) {
    return checkup.layers().stream().filter(LayerHealth::weighted).toList();
  }

  private static XYChart chart(String title, String axis) {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title)
            .xAxisTitle("layer with weights, from the input on").yAxisTitle(axis).build();
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(LOWEST);
    chart.getStyler().setYAxisMax(axis.equals(STEP) ? 1.0 : HIGHEST);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setXAxisDecimalPattern("0");
    return chart;
  }

  /** Values of 0 have no place on a logarithmic axis and are left out; false when none is left. */
  private static boolean add(XYChart chart, String label, List<LayerHealth> layers, boolean gradient, Color color) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      double value = gradient ? layers.get(i).gradient() : layers.get(i).update();
      if (value > 0 && Double.isFinite(value)) {
        x.add(i + 1.0);
        y.add(Math.min(HIGHEST, Math.max(LOWEST, value)));
      }
    }
    if (!x.isEmpty()) {
      XYSeries series = chart.addSeries(label, x, y);
      series.setLineColor(color);
      series.setMarkerColor(color);
      series.setMarker(SeriesMarkers.CIRCLE);
    }
    return !x.isEmpty();
  }

  /**
   * Writes the picture; the ending decides: {@code .png} or {@code .svg}.
   *
   * @throws IllegalArgumentException for another ending
   * @throws java.io.UncheckedIOException when the file cannot be written; it names the file
   */
  public void save(Path file) {
    Drawing.save("HealthPicture", file, WIDTH * charts.size(), HEIGHT, this::paint);
  }

  private void paint(Graphics2D g) {
    for (int i = 0; i < charts.size(); i++) {
      Graphics2D part = (Graphics2D) g.create();
      part.translate(i * WIDTH, 0);
      charts.get(i).paint(part, WIDTH, HEIGHT);
      part.dispose();
    }
  }
}
