package dev.neurite.nn;

import java.util.List;

/**
 * The input without its borders.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output with every axis
 * shorter by its two widths; at least one cell must be left.
 */
public final class Cropping3D extends CroppingLayer<Cropping3D> {

  /** The options, as saved: front, back, top, bottom, left, right. */
  public record Config(List<Long> widths) {}

  private Cropping3D(long... widths) {
    super(widths);
  }

  /** Borders of the same width on all sides. */
  public static Cropping3D of(long width) {
    return of(width, width, width, width, width, width);
  }

  /** Borders of given widths. */
  public static Cropping3D of(long front, long back, long top, long bottom, long left, long right) {
    return new Cropping3D(front, back, top, bottom, left, right);
  }

  static Cropping3D from(Config c) {
    return new Cropping3D(longs(c.widths));
  }

  @Override
  Cropping3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
