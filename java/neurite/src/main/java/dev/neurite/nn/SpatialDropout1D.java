package dev.neurite.nn;

/**
 * Dropout of whole channels (Tompson et al. 2015): neighbouring values of a feature map are alike, so single ones
 * dropped hide nothing. Kept channels are scaled by {@code 1 / (1 - rate)}; for inference the identity.
 *
 * <p><b>Shapes</b>: [batch, time, channels], unchanged.
 */
public final class SpatialDropout1D extends SpatialDropoutLayer<SpatialDropout1D> {

  /** The options, as saved. */
  public record Config(double rate) {}

  private SpatialDropout1D(double rate) {
    super(rate, "time");
  }

  /**
   * The layer.
   *
   * @param rate part of the channels dropped, in [0, 1)
   */
  public static SpatialDropout1D of(double rate) {
    return new SpatialDropout1D(rate);
  }

  static SpatialDropout1D from(Config c) {
    return of(c.rate);
  }

  @Override
  SpatialDropout1D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
