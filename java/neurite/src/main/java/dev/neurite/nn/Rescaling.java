package dev.neurite.nn;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * {@code y = x * scale + offset}, in floating point: the first layer for images whose pixels are bytes. The conversion
 * is native; no pixel passes the Java heap.
 *
 * <p><b>Shapes</b>: any, unchanged. Integer and byte inputs become float32, floating ones keep their type.
 *
 * <pre>{@code
 * Model.sequential(Input.of(28, 28, 1).dtype(DType.UINT8), Rescaling.of(1 / 255.0), Conv2D.of(8, 3));
 * }</pre>
 */
public final class Rescaling extends Layer {

  /** The options, as saved. */
  public record Config(double scale, double offset) {}

  private final double scale;
  private final double offset;

  private Rescaling(double scale, double offset) {
    if (!Double.isFinite(scale) || !Double.isFinite(offset)) {
      throw new IllegalArgumentException(
          "Rescaling: expected finite numbers, given scale " + scale + " and offset " + offset);
    }
    this.scale = scale;
    this.offset = offset;
  }

  /** {@code y = x * scale}. */
  public static Rescaling of(double scale) {
    return of(scale, 0);
  }

  /** {@code y = x * scale + offset}. */
  public static Rescaling of(double scale, double offset) {
    return new Rescaling(scale, offset);
  }

  static Rescaling from(Config c) {
    return of(c.scale, c.offset);
  }

  @Override
  public Rescaling name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    Tensor floating = x.dtype().isDifferentiable() ? x : x.cast(DType.FLOAT32);
    Tensor scaled = floating.mul(scale);
    return offset == 0 ? scaled : scaled.add(offset);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(in, 0);
  }

  @Override
  public Config config() {
    return new Config(scale, offset);
  }
}
