package dev.neurite.nn;

/**
 * Dropout of whole channels (Tompson et al. 2015): neighbouring values of a feature map are alike, so single ones
 * dropped hide nothing. Kept channels are scaled by {@code 1 / (1 - rate)}; for inference the identity.
 *
 * <p><b>Shapes</b>: [batch, depth, height, width, channels], unchanged.
 */
public final class SpatialDropout3D extends SpatialDropoutLayer<SpatialDropout3D> {

  /** The options, as saved. */
  public record Config(double rate) {}

  private SpatialDropout3D(double rate) {
    super(rate, "depth", "height", "width");
  }

  /**
   * The layer.
   *
   * @param rate part of the channels dropped, in [0, 1)
   */
  public static SpatialDropout3D of(double rate) {
    return new SpatialDropout3D(rate);
  }

  static SpatialDropout3D from(Config c) {
    return of(c.rate);
  }

  @Override
  SpatialDropout3D self() {
    return this;
  }

  @Override
  public Config config() {
    return new Config(rate);
  }
}
