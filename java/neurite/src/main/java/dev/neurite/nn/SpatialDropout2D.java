package dev.neurite.nn;

/**
 * Dropout of whole channels (Tompson et al. 2015): neighbouring values of a feature map are alike, so single ones
 * dropped hide nothing. Kept channels are scaled by {@code 1 / (1 - rate)}; for inference the identity.
 *
 * <p><b>Shapes</b>: [batch, height, width, channels], unchanged.
 */
public final class SpatialDropout2D extends SpatialDropoutLayer<SpatialDropout2D> {

  /** The options, as saved. */
  public record Config(double rate) {}

  private SpatialDropout2D(double rate) {
    super(rate, "height", "width");
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
  SpatialDropout2D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
