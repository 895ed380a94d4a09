package dev.neurite.nn;

import dev.neurite.autograd.Tape;
import dev.neurite.ops.ReduceOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Divides by the length along the given axes: {@code y = x / max(norm, epsilon)}, {@code norm =
 * (sum |x|^order)^(1 / order)}; the order may be infinite (the largest absolute value).
 *
 * <p><b>Shapes</b>: any {@code [batch, *]}, unchanged. No parameters. Zeros stay zeros, with a
 * finite gradient.
 *
 * <p>Defaults as in Keras: the last axis, order 2, epsilon 1e-12.
 */
public final class UnitNormalization extends Layer {

  private static final double SMALLEST_SUM = 1e-30; // keeps the root's slope finite where all values are 0

  /** The options, as saved. */
  public record Config(List<Long> axis, double order, double epsilon) {}

  private int[] axis = {-1};
  private double order = 2;
  private double epsilon = 1e-12;

  private UnitNormalization() {}

  /** The layer, along the last axis. */
  public static UnitNormalization of() {
    return new UnitNormalization();
  }

  static UnitNormalization from(Config c) {
    return of().axis(NormOptions.axes(c.axis)).order(c.order).epsilon(c.epsilon);
  }

  /** Sets the axes the length is taken along, negative ones from the end; any but the batch axis. */
  public UnitNormalization axis(int... axes) {
    requireUnbuilt();
    axis = NormOptions.axes("UnitNormalization", axes);
    return this;
  }

  /** Sets the norm's exponent, above 0; infinity for the largest absolute value. */
  public UnitNormalization order(double p) {
    requireUnbuilt();
    if (!(p > 0)) {
      throw new IllegalArgumentException("UnitNormalization: expected an order above 0, given " + p);
    }
    order = p;
    return this;
  }

  /** Sets the least divisor, above 0. */
  public UnitNormalization epsilon(double epsilon) {
    requireUnbuilt();
    this.epsilon = NormOptions.epsilon("UnitNormalization", epsilon);
    return this;
  }

  @Override
  public UnitNormalization name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    NormOptions.resolve(who(), axis, in);
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    int[] axes = NormOptions.resolve(who(), axis, x.shape());
    if (x.size() == 0) {
      return x;
    }
    Tensor size = x.abs();
    if (Double.isInfinite(order)) {
      return x.div(size.reduce(ReduceOp.MAX, true, axes).clamp(epsilon, Double.POSITIVE_INFINITY));
    }
    // Powers of values divided by the largest cannot overflow, and not vanish all; the scale cancels, so it needs
    // no gradient.
    Tensor scale =
        Tape.noGrad(() -> size.reduce(ReduceOp.MAX, true, axes).clamp(epsilon, Double.POSITIVE_INFINITY));
    Tensor powers = size.div(scale).pow(order).reduce(ReduceOp.SUM, true, axes);
    Tensor norm = powers.clamp(SMALLEST_SUM, Double.POSITIVE_INFINITY).pow(1 / order).mul(scale);
    return x.div(norm.clamp(epsilon, Double.POSITIVE_INFINITY));
  }

  @Override
  public Config config() {
    return new Config(NormOptions.list(axis), order, epsilon);
  }
}
