package dev.neurite.nn;

import java.util.List;

/**
 * A border around the input: one value, its mirror image, its border cells, or its other end.
 *
 * <p><b>Shapes</b>: input {@code [batch, depth, height, width, channels]}, output with every axis
 * longer by its two widths. Reflection needs widths below the axis' length, the circular border at
 * most the length.
 *
 * <p>Default: the value 0. As PyTorch's {@code ReflectionPad}, {@code ReplicationPad}, {@code
 * CircularPad} and {@code ConstantPad}.
 */
public final class Pad3D extends PadLayer<Pad3D> {

  /** The options, as saved: front, back, top, bottom, left, right, what is put there, and the constant. */
  public record Config(List<Long> widths, PadMode mode, double value) {}

  private Pad3D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static Pad3D of(long width) {
    return of(width, width, width, width, width, width);
  }

  /** A border of given widths. */
  public static Pad3D of(long front, long back, long top, long bottom, long left, long right) {
    return new Pad3D(front, back, top, bottom, left, right);
  }

  static Pad3D from(Config c) {
    return new Pad3D(longs(c.widths)).mode(c.mode).value(c.value);
  }

  @Override
  Pad3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths, mode, value);
  }
}
