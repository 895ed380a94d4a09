package dev.neurite.nn;

import java.util.List;

/**
 * Zeros around the input.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output with every axis
 * longer by its two widths. {@link Pad3D} puts other things around.
 */
public final class ZeroPadding3D extends ZeroPaddingLayer<ZeroPadding3D> {

  /** The options, as saved: front, back, top, bottom, left, right. */
  public record Config(List<Long> widths) {}

  private ZeroPadding3D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static ZeroPadding3D of(long width) {
    return of(width, width, width, width, width, width);
  }

  /** A border of given widths. */
  public static ZeroPadding3D of(long front, long back, long top, long bottom, long left, long right) {
    return new ZeroPadding3D(front, back, top, bottom, left, right);
  }

  static ZeroPadding3D from(Config c) {
    return new ZeroPadding3D(longs(c.widths));
  }

  @Override
  ZeroPadding3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
