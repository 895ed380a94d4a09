package dev.neurite.nn;

import java.util.List;

/**
 * The input without its borders.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output with every axis shorter by its
 * two widths; at least one cell must be left.
 */
public final class Cropping1D extends CroppingLayer<Cropping1D> {

  /** The options, as saved: before, after. */
  public record Config(List<Long> widths) {}

  private Cropping1D(long... widths) {
    super(widths);
  }

  /** Borders of the same width on all sides. */
  public static Cropping1D of(long width) {
    return of(width, width);
  }

  /** Borders of given widths. */
  public static Cropping1D of(long before, long after) {
    return new Cropping1D(before, after);
  }

  static Cropping1D from(Config c) {
    return new Cropping1D(longs(c.widths));
  }

  @Override
  Cropping1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
