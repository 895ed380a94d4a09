package dev.neurite.nn;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Randomised leaky ReLU: {@code x > 0 ? x : a * x}; while training a is drawn anew for every element, uniformly from
 * [lower, upper), for inference it is their mean (Xu et al. 2015).
 *
 * <p><b>Shapes</b>: any, unchanged. Defaults: lower 1/8, upper 1/3 (the paper, PyTorch).
 */
public final class RRelu extends Layer {

  /** The options, as saved. */
  public record Config(double lower, double upper) {}

  private final double lower;
  private final double upper;

  private RRelu(double lower, double upper) {
    if (!(lower <= upper)) {
      throw new IllegalArgumentException("RRelu: expected lower <= upper, given " + lower + " and " + upper);
    }
    this.lower = lower;
    this.upper = upper;
  }

  /** Slopes in [1/8, 1/3). */
  public static RRelu of() {
    return of(1.0 / 8, 1.0 / 3);
  }

  /** Slopes in [lower, upper). */
  public static RRelu of(double lower, double upper) {
    return new RRelu(lower, upper);
  }

  static RRelu from(Config c) {
    return of(c.lower, c.upper);
  }

  @Override
  public RRelu name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return pass.isTraining()
        ? Activation.prelu(x, RandomOp.uniform(x.shape(), x.dtype(), lower, upper, pass.random(path())))
        : Activation.rRelu(lower, upper).apply(x);
  }

  @Override
  public Config config() {
    return new Config(lower, upper);
  }
}
