package dev.neurite.optim;

import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * Adafactor (Shazeer and Stern 2018): Adam without momentum whose mean square of a matrix is kept as one mean per row
 * and one per column, {@code v = r*c / mean(r)}: memory for a matrix of n x m values falls from n*m to n+m.
 *
 * <p>With {@code b_t = 1 - t^decay}, {@code r = b_t*r + (1-b_t)*mean_row(g^2 + eps1)} and c likewise;
 * {@code u = g/sqrt(v)}, {@code u = u / max(1, rms(u)/clip)}, {@code w = w - max(eps2, rms(w)) * rho_t * u} with
 * {@code rho_t = min(lr, 1/sqrt(t))} (lr itself with {@code relativeStep(false)}). Parameters with fewer than two axes
 * keep a whole mean square; the last two axes of others are the matrix.
 *
 * <p>Defaults as in Keras: rate 0.001, decay -0.8, eps1 1e-30, eps2 1e-3, clip 1.
 */
public final class Adafactor extends TensorOptimizer<Adafactor> {

  private double decay = -0.8;
  private double epsilon1 = 1e-30;
  private double epsilon2 = 1e-3;
  private double clip = 1;
  private boolean relativeStep = true;

  private Adafactor(LearningRate rate) {
    super("Adafactor", rate);
  }

  /** With the default rate 0.001. */
  public static Adafactor of() {
    return of(0.001);
  }

  /**
   * With a constant rate.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public static Adafactor of(double rate) {
    return new Adafactor(LearningRate.constant(require("Adafactor", rate)));
  }

  /** With a schedule. */
  public static Adafactor of(LearningRate rate) {
    return new Adafactor(rate);
  }

  /** Power of the step in the mean square's weight, below 0; default -0.8. */
  public Adafactor beta2Decay(double power) {
    requireUnused();
    if (!(power < 0)) {
      throw new IllegalArgumentException(name() + ": expected a decay below 0, given " + power);
    }
    decay = power;
    return this;
  }

  /** Added to squared gradients, and the smallest scale of a parameter; default 1e-30 and 1e-3. */
  public Adafactor epsilons(double ofSquares, double ofScale) {
    requireUnused();
    epsilon1 = requireIn(name(), "epsilon of squares", 0, 1, ofSquares);
    epsilon2 = requireIn(name(), "epsilon of the scale", 0, 1, ofScale);
    return this;
  }

  /** Largest root mean square of an update; default 1. */
  public Adafactor clipThreshold(double threshold) {
    requireUnused();
    if (!(threshold > 0)) {
      throw new IllegalArgumentException(name() + ": expected a threshold above 0, given " + threshold);
    }
    clip = threshold;
    return this;
  }

  /** Whether the rate is at most {@code 1/sqrt(t)}; default yes. */
  public Adafactor relativeStep(boolean on) {
    requireUnused();
    relativeStep = on;
    return this;
  }

  @Override
  Adafactor self() {
    return this;
  }

  @Override
  String[] slotNames() {
    return new String[] {"row", "column", "velocity"};
  }

  /** A slot that the parameter's rank does not need has no elements. */
  @Override
  Shape slotShape(int column, Param p) {
    boolean matrix = p.rank() >= 2;
    return switch (column) {
      case 0 -> matrix ? without(p.shape(), -1) : Shape.of(0);
      case 1 -> matrix ? without(p.shape(), -2) : Shape.of(0);
      default -> matrix ? Shape.of(0) : p.shape();
    };
  }

  @Override
  Tensor next(Slots slots, Tensor w, Tensor g, long step, double rate) {
    double t = step + 1.0;
    double weight = 1 - Math.pow(t, decay);
    Tensor square = g.square().add(epsilon1);
    Tensor v;
    if (g.rank() >= 2) {
      Tensor r = blend(slots.value(0), weight, square.mean(-1));
      Tensor c = blend(slots.value(1), weight, square.mean(-2));
      Tensor scaled = r.div(r.mean(-1).expandDims(-1));
      v = scaled.expandDims(-1).mul(c.expandDims(-2));
    } else {
      v = blend(slots.value(2), weight, square);
    }
    Tensor u = g.div(v.sqrt());
    u = u.div(Math.max(1, rms(u) / clip));
    double rho = relativeStep ? Math.min(rate, 1 / Math.sqrt(t)) : rate;
    return w.sub(u.mul(Math.max(epsilon2, rms(w)) * rho));
  }
}
