package dev.neurite.optim;

/**
 * Adam (Kingma and Ba 2015): {@code m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g^2;
 * w = w - lr * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v) + eps)}.
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.999, eps 1e-7.
 *
 * <pre>{@code
 * model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy());
 * Adam.of(1e-3).epsilon(1e-8).correctedEpsilon(true);               // PyTorch's numbers
 * }</pre>
 */
public final class Adam extends AdamFamily<Adam> {

  private Adam(LearningRate rate) {
    super("Adam", rate);
  }

  /** With the default rate 0.001. */
  public static Adam of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Adam of(double rate) {
    return new Adam(LearningRate.constant(require("Adam", rate)));
  }

  /** With a schedule. */
  public static Adam of(LearningRate rate) {
    return new Adam(rate);
  }

  @Override
  Adam self() {
    return this;
  }
}
