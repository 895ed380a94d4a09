package dev.neurite.nn;

import java.util.List;

/**
 * Zeros around the input.
 *
 * <p><b>Shapes</b>: input {@code [batch, height, width, channels]}, output with every axis longer
 * by its two widths. {@link Pad2D} puts other things around.
 */
public final class ZeroPadding2D extends ZeroPaddingLayer<ZeroPadding2D> {

  /** The options, as saved: top, bottom, left, right. */
  public record Config(List<Long> widths) {}

  private ZeroPadding2D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static ZeroPadding2D of(long width) {
    return of(width, width, width, width);
  }

  /** A border of given widths. */
  public static ZeroPadding2D of(long top, long bottom, long left, long right) {
    return new ZeroPadding2D(top, bottom, left, right);
  }

  static ZeroPadding2D from(Config c) {
    return new ZeroPadding2D(longs(c.widths));
  }

  @Override
  ZeroPadding2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
