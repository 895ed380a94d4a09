package dev.neurite.nn;

import java.util.List;

/**
 * The input without its borders.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output with every axis shorter
 * by its two widths; at least one cell must be left.
 */
public final class Cropping2D extends CroppingLayer<Cropping2D> {

  /** The options, as saved: top, bottom, left, right. */
  public record Config(List<Long> widths) {}

  private Cropping2D(long... widths) {
    super(widths);
  }

  /** Borders of the same width on all sides. */
  public static Cropping2D of(long width) {
    return of(width, width, width, width);
  }

  /** Borders of given widths. */
  public static Cropping2D of(long top, long bottom, long left, long right) {
    return new Cropping2D(top, bottom, left, right);
  }

  static Cropping2D from(Config c) {
    return new Cropping2D(longs(c.widths));
  }

  @Override
  Cropping2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
