package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Dropout of whole channels (Tompson et al. 2015): neighbouring values of a feature map are alike, so single ones dropped hide
 * nothing. Kept channels are scaled by {@code 1 / (1 - rate)}; for inference the identity.
 *
 * <p><b>Shapes</b>: [batch, height, width, channels], unchanged.
 */
public final class SpatialDropout2D extends Layer {

  /** The options, as saved. */
  public record Config(double rate) {}

  private final double rate;

  private SpatialDropout2D(double rate) {
    this.rate = DropoutRates.checked("SpatialDropout2D", rate);
  }

  /**
   * The layer.
   *
   * @param rate part of the channels dropped, in [0, 1)
   */
  public static SpatialDropout2D of(double rate) {
    return new SpatialDropout2D(rate);
  }

  static SpatialDropout2D from(Config c) {
    return of(c.rate);
  }

  @Override
  public SpatialDropout2D name(String name) {
    super.name(name);
    return this;
  }

  @Override
  protected Shape build(Shape in) {
    if (in.rank() != 4) {
      throw new ShapeException(who() + ": expected [batch, height, width, channels], given " + in);
    }
    return in;
  }

  @Override
  protected Tensor forward(Tensor x, Pass pass) {
    return DropoutRates.channels(x, rate, pass, path());
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
