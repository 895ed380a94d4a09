package dev.neurite.nn;

import java.util.List;

/**
 * Zeros around the input.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output with every axis longer by its
 * two widths. {@link Pad1D} puts other things around.
 */
public final class ZeroPadding1D extends ZeroPaddingLayer<ZeroPadding1D> {

  /** The options, as saved: before, after. */
  public record Config(List<Long> widths) {}

  private ZeroPadding1D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static ZeroPadding1D of(long width) {
    return of(width, width);
  }

  /** A border of given widths. */
  public static ZeroPadding1D of(long before, long after) {
    return new ZeroPadding1D(before, after);
  }

  static ZeroPadding1D from(Config c) {
    return new ZeroPadding1D(longs(c.widths));
  }

  @Override
  ZeroPadding1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
