package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Lengths of padded sequences: one more than the last step that holds anything but the mask value, 0 where none does.
 * There is no hidden mask in Neurite: what needs the lengths (recurrent layers, attention, losses) takes this output
 * as an input.
 *
 * <p><b>Shapes</b>: input {@code [batch, steps]} of ids or {@code [batch, steps, *]} of features, output int64 {@code
 * [batch]}, without gradient. A masked step before the last filled one counts as a step (Keras skips it).
 *
 * <p>Default as in Keras: mask value 0.
 *
 * <pre>{@code
 * Node y = Gru.of(32).on(x, Masking.of().on(x));
 * }</pre>
 */
public final class Masking extends Layer {

  /** The options, as saved. */
  public record Config(double maskValue) {}

  private final double maskValue;

  private Masking(double maskValue) {
    this.maskValue = maskValue;
  }

  /** The layer, for padding with 0. */
  public static Masking of() {
    return of(0);
  }

  /** The layer, for padding with the given value. */
  public static Masking of(double maskValue) {
    if (Double.isNaN(maskValue)) {
      throw new IllegalArgumentException("Masking: expected a mask value that equals itself, given NaN");
    }
    return new Masking(maskValue);
  }

  static Masking from(Config c) {
    return of(c.maskValue);
  }

  @Override
  public Masking name(String name) {
    super.name(name);
    return this;
  }

  @Override
  DType parameterType(DType input) {
    return DType.INT64;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() < 2) {
      throw new ShapeException(who() + ": expected [batch, steps, *], given " + in);
    }
    return in.slice(0, 1);
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    long steps = x.dim(1);
    if (x.size() == 0) {
      return Tensor.zeros(Shape.of(x.dim(0)), DType.INT64);
    }
    Tensor filled = x.ne(Tensor.scalar(maskValue, x.dtype())).cast(DType.INT64);
    Tensor any = filled.rank() == 2 ? filled : filled.flatten(2).reduce(ReduceOp.MAX, false, 2);
    return any.mul(Tensor.range(1, 1, steps, DType.INT64)).reduce(ReduceOp.MAX, false, 1);
  }

  @Override
  public Config config() {
    return new Config(maskValue);
  }
}
