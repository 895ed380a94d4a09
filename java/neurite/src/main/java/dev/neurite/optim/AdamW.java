package dev.neurite.optim;

/**
 * {@link Adam} with decoupled weight decay (Loshchilov and Hutter 2019): {@code w = w * (1 - lr*decay)} before each of
 * Adam's updates.
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.999, eps 1e-7, decay 0.004 ({@link #weightDecay} changes it).
 */
public final class AdamW extends AdamFamily<AdamW> {

  private AdamW(LearningRate rate) {
    super("AdamW", rate);
    weightDecay(0.004);
  }

  /** With the default rate 0.001. */
  public static AdamW of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static AdamW of(double rate) {
    return new AdamW(LearningRate.constant(require("AdamW", rate)));
  }

  /** With a schedule. */
  public static AdamW of(LearningRate rate) {
    return new AdamW(rate);
  }

  @Override
  AdamW self() {
    return this;
  }
}
