package dev.neurite.nn;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Adds normal noise of mean 0 while training, a mild kind of data augmentation; for inference the identity.
 *
 * <p><b>Shapes</b>: any, unchanged.
 */
public final class GaussianNoise extends Layer {

  /** The options, as saved. */
  public record Config(double deviation) {}

  private final double deviation;

  private GaussianNoise(double deviation) {
    if (!(deviation >= 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException("GaussianNoise: expected a deviation of 0 or more, given " + deviation);
    }
    this.deviation = deviation;
  }

  /**
   * The layer.
   *
   * @param deviation standard deviation of the noise, 0 or more
   */
  public static GaussianNoise of(double deviation) {
    return new GaussianNoise(deviation);
  }

  static GaussianNoise from(Config c) {
    return of(c.deviation);
  }

  @Override
  public GaussianNoise name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (!pass.drops() || deviation == 0) {
      return x;
    }
    return x.add(RandomOp.normal(x.shape(), x.dtype(), 0, deviation, pass.random(path())));
  }

  @Override
  public Config config() {
    return new Config(deviation);
  }
}
