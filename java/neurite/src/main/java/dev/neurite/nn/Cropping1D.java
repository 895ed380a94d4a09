package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The input without its borders.
 *
 * <p><b>Shapes</b>: input {@code [batch, length, channels]}, output with every axis shorter by its
 * two widths; at least one cell must be left.
 */
public final class Cropping1D extends BorderLayer {

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
  public Cropping1D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return resized(in, -1);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    Tensor y = x;
    for (int axis = 1; axis <= axes(); axis++) {
      y = y.slice(axis, side(0)[axis], x.dim(axis) - side(1)[axis]);
    }
    return y;
  }

  @Override
  public Config config() {
    return new Config(widths);
  }
}
