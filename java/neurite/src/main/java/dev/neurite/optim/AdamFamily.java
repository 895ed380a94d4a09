package dev.neurite.optim;

import dev.neurite.ops.OptimStep;

/**
 * The options and the update of {@link Adam} and {@link AdamW}.
 *
 * @param <S> the optimiser's own type
 */
public abstract class AdamFamily<S extends AdamFamily<S>> extends TunableOptimizer<S> {

  private double beta1 = 0.9;
  private double beta2 = 0.999;
  private double epsilon = 1e-7;
  private boolean corrected;
  private boolean amsGrad;
  private boolean lazy;

  AdamFamily(String name, LearningRate rate) {
    super(name, rate);
  }

  /** Weights of the old mean and the old mean square, in [0, 1); default 0.9 and 0.999. */
  public final S betas(double first, double second) {
    requireUnused();
    beta1 = requireIn(name(), "beta1", 0, 1, first);
    beta2 = requireIn(name(), "beta2", 0, 1, second);
    return self();
  }

  /** Small number against division by 0; default 1e-7. */
  public final S epsilon(double e) {
    requireUnused();
    epsilon = requireIn(name(), "epsilon", 0, 1, e);
    return self();
  }

  /**
   * Where epsilon goes: added to the root of the raw mean square (default, Keras: the paper's "epsilon hat") or to that
   * of the corrected one (PyTorch, Ng, the paper's algorithm 1; there epsilon is usually 1e-8).
   */
  public final S correctedEpsilon(boolean on) {
    requireUnused();
    corrected = on;
    return self();
  }

  /** Whether the largest mean square so far is used (Reddi et al. 2018); default no. */
  public final S amsGrad(boolean on) {
    requireUnused();
    amsGrad = on;
    return self();
  }

  /**
   * Whether rows of an embedding that were not looked up keep weights and means as they are (PyTorch's SparseAdam)
   * instead of following their old mean and letting it fade; much faster for a large table. Default no: exact.
   */
  public final S lazyRows(boolean on) {
    requireUnused();
    lazy = on;
    return self();
  }

  @Override
  final boolean leavesOtherRows() {
    return lazy;
  }

  @Override
  final String[] slotNames() {
    return new String[] {"momentum", "velocity", amsGrad ? "velocity_hat" : null};
  }

  @Override
  final void update(StepPlan.Group group, long step, OptimStep.Before before) {
    double t = step + 1.0;
    OptimStep.adam(
        group.context, group.dtype, group.table, group.count, corrected, beta1, beta2, epsilon,
        1 - Math.pow(beta1, t), 1 - Math.pow(beta2, t), before);
  }
}
