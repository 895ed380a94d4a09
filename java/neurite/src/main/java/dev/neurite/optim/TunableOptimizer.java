package dev.neurite.optim;

import dev.neurite.tensor.Param;
import java.util.function.Predicate;

/**
 * The options all optimisers share; each returns the optimiser itself. They are set before the first step.
 *
 * @param <S> the optimiser's own type
 */
public abstract class TunableOptimizer<S extends TunableOptimizer<S>> extends Optimizer {

  private final Gating gating = new Gating();

  TunableOptimizer(String name, LearningRate rate) {
    super(name, rate);
  }

  abstract S self();

  @Override
  final Gating gating() {
    return gating;
  }

  /**
   * Cuts each element of a gradient to {@code [-max, max]}.
   *
   * @throws IllegalArgumentException unless max is positive
   * @throws IllegalStateException when another kind of clipping is set
   */
  public final S clipValue(double max) {
    requireClip("clipValue", max);
    gating.clipValue = max;
    return self();
  }

  /**
   * Shortens each parameter's gradient to the L2 norm {@code max}.
   *
   * @throws IllegalArgumentException unless max is positive
   * @throws IllegalStateException when another kind of clipping is set
   */
  public final S clipNorm(double max) {
    requireClip("clipNorm", max);
    gating.clipNorm = max;
    return self();
  }

  /**
   * Shortens all gradients together to the L2 norm {@code max}; their direction stays.
   *
   * @throws IllegalArgumentException unless max is positive
   * @throws IllegalStateException when another kind of clipping is set
   */
  public final S globalClipNorm(double max) {
    return globalClipNorm(max, 0);
  }

  /** As {@link #globalClipNorm(double)}, with {@code epsilon} added to the norm (PyTorch: 1e-6). */
  public final S globalClipNorm(double max, double epsilon) {
    requireClip("globalClipNorm", max);
    gating.globalClipNorm = max;
    gating.clipEpsilon = requireIn(name(), "the norm's epsilon", 0, 1, epsilon);
    return self();
  }

  private void requireClip(String what, double max) {
    requireUnused();
    if (!(max > 0)) {
      throw new IllegalArgumentException(name() + ": expected " + what + " above 0, given " + max);
    }
    if (gating.clips()) {
      throw new IllegalStateException(name() + ": expected one of clipValue, clipNorm, globalClipNorm, given two");
    }
  }

  /** Decoupled weight decay: weights are multiplied by {@code 1 - lr*decay} before each update. */
  public final S weightDecay(double decay) {
    requireUnused();
    gating.decoupled = requireIn(name(), "weight decay", 0, Double.POSITIVE_INFINITY, decay);
    return self();
  }

  /** Coupled weight decay, PyTorch's: {@code decay * w} is added to the gradient. */
  public final S coupledWeightDecay(double decay) {
    requireUnused();
    gating.coupled = requireIn(name(), "weight decay", 0, Double.POSITIVE_INFINITY, decay);
    return self();
  }

  /** Which parameters decay; all unless set. */
  public final S decayOnly(Predicate<Param> which) {
    requireUnused();
    gating.decayed = which;
    return self();
  }

  /** Leaves biases and the scales of normalisation (parameters with fewer than two axes) out of weight decay. */
  public final S decayKernelsOnly() {
    return decayOnly(p -> p.rank() > 1);
  }

  /** Averages the gradients of so many calls into one step, as if their batches were one; default 1. */
  public final S accumulate(int calls) {
    requireUnused();
    if (calls < 1) {
      throw new IllegalArgumentException(name() + ": expected at least 1 call per step, given " + calls);
    }
    gating.accumulate = calls;
    return self();
  }

  /** {@link #average(double, int)} without overwriting; {@link #assignAverages} does it at the end. */
  public final S average(double weight) {
    return average(weight, 0);
  }

  /**
   * Keeps a moving average of the parameters, {@code a = weight*a + (1-weight)*w} after each step, which starts as a
   * copy.
   *
   * @param weight of the old average, in (0, 1)
   * @param overwriteEvery steps after which the parameters become their average; 0 for never
   */
  public final S average(double weight, int overwriteEvery) {
    requireUnused();
    if (!(weight > 0 && weight < 1) || overwriteEvery < 0) {
      throw new IllegalArgumentException(
          name() + ": expected a weight in (0, 1) and a count of at least 0, given " + weight + " and "
              + overwriteEvery);
    }
    gating.averageWeight = weight;
    gating.overwriteEvery = overwriteEvery;
    return self();
  }
}
