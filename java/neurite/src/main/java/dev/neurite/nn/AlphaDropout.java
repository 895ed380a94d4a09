package dev.neurite.nn;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Dropout for SELU networks (Klambauer et al. 2017): dropped values become {@code a' = -1.7580993408473766}, SELU's
 * lowest value, and an affine map afterwards restores mean 0 and variance 1: {@code y = a*x' + b} with
 * {@code a = ((1-rate)*(1 + rate*a'^2))^-0.5, b = -a*rate*a'}. For inference the identity.
 *
 * <p><b>Shapes</b>: any, unchanged.
 */
public final class AlphaDropout extends Layer {

  /** The options, as saved. */
  public record Config(double rate) {}

  /** SELU's limit, -alpha * lambda. */
  private static final double LOWEST = -1.6732632423543772 * 1.0507009873554805;

  private final double rate;

  private AlphaDropout(double rate) {
    this.rate = DropoutRates.checked("AlphaDropout", rate);
  }

  /**
   * The layer.
   *
   * @param rate part dropped, in [0, 1)
   */
  public static AlphaDropout of(double rate) {
    return new AlphaDropout(rate);
  }

  static AlphaDropout from(Config c) {
    return of(c.rate);
  }

  @Override
  public AlphaDropout name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    if (!pass.drops() || rate == 0) {
      return x;
    }
    double a = 1 / Math.sqrt((1 - rate) * (1 + rate * LOWEST * LOWEST));
    double b = -a * rate * LOWEST;
    Tensor kept = RandomOp.bernoulli(x.shape(), x.dtype(), 1 - rate, pass.random(path()));
    return x.mul(kept).add(kept.rsub(1).mul(LOWEST)).mul(a).add(b);
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
