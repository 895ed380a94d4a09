package dev.neurite.nn;

import dev.neurite.ops.Resize2d;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Images in another size, without anti-aliasing: output i of an axis of n cells reads at {@code (i
 * + 1/2) * n / out - 1/2} (half-pixel centres), or at {@code i * (n - 1) / (out - 1)} with {@code
 * alignCorners}; border cells are repeated.
 *
 * <p><b>Shapes</b>: input {@code [batch, n, m, channels]}, output {@code [batch, height, width,
 * channels]}.
 *
 * <p>Defaults: bilinear, half-pixel centres, cubic coefficient -0.75 (PyTorch; TensorFlow has
 * -0.5).
 *
 * <pre>{@code
 * Resize2D.of(224, 224).interpolation(Interpolation.BICUBIC)
 * }</pre>
 */
public final class Resize2D extends Layer {

  /** The options, as saved. */
  public record Config(
      long height, long width, Interpolation interpolation, boolean alignCorners, double cubicCoefficient) {}

  static final double CUBIC = -0.75;

  private final long height;
  private final long width;
  private Interpolation interpolation = Interpolation.BILINEAR;
  private boolean alignCorners;
  private double cubicCoefficient = CUBIC;

  private Resize2D(long height, long width) {
    PoolingLayer.checkedSize("Resize2D", height, width);
    this.height = height;
    this.width = width;
  }

  /** A square result. */
  public static Resize2D of(long size) {
    return of(size, size);
  }

  /** A result of the given height and width. */
  public static Resize2D of(long height, long width) {
    return new Resize2D(height, width);
  }

  static Resize2D from(Config c) {
    return of(c.height, c.width)
        .interpolation(c.interpolation)
        .alignCorners(c.alignCorners)
        .cubicCoefficient(c.cubicCoefficient);
  }

  /** Sets how a value between the cells is found; default bilinear. */
  public Resize2D interpolation(Interpolation how) {
    requireUnbuilt();
    interpolation = how;
    return this;
  }

  /** Lets the corner cells of both images coincide, in the smooth modes; default false. */
  public Resize2D alignCorners(boolean on) {
    requireUnbuilt();
    alignCorners = on;
    return this;
  }

  /** Sets the coefficient a of the cubic kernel; default -0.75. */
  public Resize2D cubicCoefficient(double a) {
    requireUnbuilt();
    cubicCoefficient = a;
    return this;
  }

  @Override
  public Resize2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    Sliding.requireInput(who(), in, 2);
    return Shape.of(in.dim(0), height, width, in.last());
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    build(x.shape());
    return Resize2d.apply(x, height, width, interpolation.mode, alignCorners, cubicCoefficient);
  }

  @Override
  protected long multiplyAdds(Shape in, Shape out) {
    return Positions.of(out, 0) * interpolation.taps();
  }

  @Override
  public Config config() {
    return new Config(height, width, interpolation, alignCorners, cubicCoefficient);
  }
}
