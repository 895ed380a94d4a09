package dev.neurite.nn;

import java.util.List;

/**
 * A border around the input: one value, its mirror image, its border cells, or its other end.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output with every axis longer by its
 * two widths. Reflection needs widths below the axis' length, the circular border at most the
 * length.
 *
 * <p>Default: the value 0. As PyTorch's {@code ReflectionPad}, {@code ReplicationPad}, {@code
 * CircularPad} and {@code ConstantPad}.
 */
public final class Pad1D extends PadLayer<Pad1D> {

  /** The options, as saved: before, after, what is put there, and the constant. */
  public record Config(List<Long> widths, PadMode mode, double value) {}

  private Pad1D(long... widths) {
    super(widths);
  }

  /** A border of the same width on all sides. */
  public static Pad1D of(long width) {
    return of(width, width);
  }

  /** A border of given widths. */
  public static Pad1D of(long before, long after) {
    return new Pad1D(before, after);
  }

  static Pad1D from(Config c) {
    return new Pad1D(longs(c.widths)).mode(c.mode).value(c.value);
  }

  @Override
  Pad1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(widths, mode, value);
  }
}
