package dev.neurite.optim;

import dev.neurite.tensor.Tensor;

/**
 * LAMB (You et al. 2020), Adam for very large batches: Adam's direction {@code u = m^ / (sqrt(v^) + eps)} is scaled so
 * that each parameter moves by its own norm, {@code w = w - lr * |w|/|u| * u} (factor 1 where a norm is 0).
 *
 * <p>Defaults as in Keras: rate 0.001, betas 0.9 and 0.999, eps 1e-7. Norms are over a whole parameter.
 */
public final class Lamb extends TensorOptimizer<Lamb> {

  private double beta1 = 0.9;
  private double beta2 = 0.999;
  private double epsilon = 1e-7;

  private Lamb(LearningRate rate) {
    super("Lamb", rate);
  }

  /** With the default rate 0.001. */
  public static Lamb of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Lamb of(double rate) {
    return new Lamb(LearningRate.constant(require("Lamb", rate)));
  }

  /** With a schedule. */
  public static Lamb of(LearningRate rate) {
    return new Lamb(rate);
  }

  /** Weights of the old mean and the old mean square, in [0, 1); default 0.9 and 0.999. */
  public Lamb betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return this;
  }

  /** Small number against division by 0; default 1e-7. */
  public Lamb epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return this;
  }

  @Override
  Lamb self() {
    return this;
  }

  @Override
  String[] slotNames() {
    return new String[] {"momentum", "velocity"};
  }

  @Override
  Tensor next(Slots slots, Tensor w, Tensor g, long step, double rate) {
    double t = step + 1.0;
    Tensor m = blend(slots.value(0), beta1, g).div(1 - Math.pow(beta1, t));
    Tensor v = blend(slots.value(1), beta2, g.square()).div(1 - Math.pow(beta2, t));
    Tensor u = m.div(v.sqrt().add(epsilon));
    double weightNorm = norm(w);
    double stepNorm = norm(u);
    double trust = weightNorm > 0 && stepNorm > 0 ? weightNorm / stepNorm : 1;
    return w.sub(u.mul(rate * trust));
  }
}
