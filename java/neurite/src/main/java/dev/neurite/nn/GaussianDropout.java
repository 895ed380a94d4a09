package dev.neurite.nn;

import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Multiplies with normal noise of mean 1 and standard deviation {@code sqrt(rate / (1 - rate))} (Srivastava et al.
 * 2014, section 10): as much noise as dropout at that rate. For inference the identity.
 *
 * <p><b>Shapes</b>: any, unchanged.
 */
public final class GaussianDropout extends Layer {

  /** The options, as saved. */
  public record Config(double rate) {}

  private final double rate;

  private GaussianDropout(double rate) {
    this.rate = DropoutRates.checked("GaussianDropout", rate);
  }

  /**
   * The layer.
   *
   * @param rate as of dropout, in [0, 1)
   */
  public static GaussianDropout of(double rate) {
    return new GaussianDropout(rate);
  }

  static GaussianDropout from(Config c) {
    return of(c.rate);
  }

  @Override
  public GaussianDropout name(String name) {
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
    return x.mul(RandomOp.normal(x.shape(), x.dtype(), 1, Math.sqrt(rate / (1 - rate)), pass.random(path())));
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
