package dev.neurite.nn;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * What layers that put borders of any kind around share, on any number of axes.
 *
 * @param <L> the layer's own type
 */
abstract class PadLayer<L extends Layer> extends BorderLayer<L> {

  PadMode mode = PadMode.CONSTANT;
  double value;

  PadLayer(long... widths) {
    super(widths);
  }

  /** Sets what is put there; default {@link PadMode#CONSTANT}. */
  public final L mode(PadMode mode) {
    requireUnbuilt();
    this.mode = mode;
    return self();
  }

  /** Sets the constant; default 0. */
  public final L value(double value) {
    requireUnbuilt();
    this.value = value;
    return self();
  }

  @Override
  protected final Shape build(Shape in) {
    Shape out = resized(in, 1);
    Borders.check(who(), in, side(0), side(1), mode);
    return out;
  }

  @Override
  protected final Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return Borders.pad(x, side(0), side(1), mode, value);
  }
}
