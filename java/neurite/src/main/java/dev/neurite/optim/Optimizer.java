package dev.neurite.optim;

import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.ops.OptimStep;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Changes parameters so that a loss gets smaller; keeps what its rule remembers per parameter (the slots: velocities,
 * mean squares) and counts the steps.
 *
 * <pre>{@code
 * Param w = Param.of("w", 0f);
 * Optimizer adam = Adam.of(0.1);
 * for (int i = 0; i < 1000; i++) {
 *   adam.minimize(() -> w.square().sub(w.mul(20)).add(25), w);   // scope, tape, backward, step
 * }
 * }</pre>
 *
 * <p>All parameters of one type are updated by one native call. Slots belong to the optimiser, not to a scope; they are
 * freed by {@link #close} or once unreachable. Of a table of which only rows were looked up, {@link Sgd} without
 * momentum, {@link Adagrad} and {@link AdamFamily#lazyRows lazy} Adam visit only those rows; other rules move every row
 * at every step, so they make the gradient whole first. An optimiser is used by one thread at a time.
 */
public abstract class Optimizer implements AutoCloseable {

  /** Larger rates overflow float32 within a step or two; they are refused as a mistake. */
  private static final double LARGEST_RATE = 1e30;

  private final String name;
  private final Map<Param, Slots> slots = new LinkedHashMap<>();
  private final StepPlan plan = new StepPlan();
  private LearningRate rate;
  private long step;
  private int pending; // gradients summed since the last step

  Optimizer(String name, LearningRate rate) {
    this.name = name;
    this.rate = rate;
  }

  // ---- what a rule says about itself

  /** Names of the native table's slot columns; null for a column this configuration does not use. */
  abstract String[] slotNames();

  /** What a slot starts from; column as in {@link #slotNames}. */
  double slotStart(int column) {
    return 0;
  }

  /** Shape of a parameter's slot; the parameter's own unless overridden. */
  Shape slotShape(int column, Param p) {
    return p.shape();
  }

  /**
   * Whether rows of a table that have no gradient keep their values and slots, so that a step need only visit those
   * that have one.
   */
  boolean leavesOtherRows() {
    return false;
  }

  /** One native call for the rows of a group. */
  abstract void update(StepPlan.Group group, long step, OptimStep.Before before);

  /** What to do with gradients before the update. */
  abstract Gating gating();

  // ---- stepping

  /**
   * Makes one step with the given gradients, or sums them up when {@code accumulate} asks for several; parameters
   * without one stay as they are.
   *
   * @throws IllegalArgumentException when a gradient belongs to a tensor that is no parameter
   * @throws dev.neurite.error.ShapeException when a gradient has another shape than its parameter
   * @throws IllegalStateException when the schedule gives a rate that is negative, NaN or infinite
   */
  public final void apply(Gradients gradients) {
    double now = rateOfStep();
    Tape.noGrad(() -> Scope.run(() -> take(gradients, now)));
  }

  private Void take(Gradients gradients, double now) {
    for (var entry : gradients) {
      StepPlan.requireParam(name, entry.getKey());
    }
    Gating gating = gating();
    try {
      if (gating.accumulate > 1) {
        accumulate(gradients, gating);
      } else {
        for (var entry : gradients) {
          plan((Param) entry.getKey(), entry.getValue(), gating);
        }
      }
      if (pending == 0) {
        advance(gating, now);
      }
    } finally {
      plan.clear();
    }
    return null;
  }

  private void plan(Param p, Gradient gradient, Gating gating) {
    if (gradient instanceof Gradient.Rows rows && leavesOtherRows() && !gating.decays(p)) {
      TouchedRows touched = TouchedRows.of(name, p, rows);
      plan.add(p, touched.with(gating.clipped(touched.sums())), slotsOf(p));
    } else {
      plan(p, gradient.dense(), gating);
    }
  }

  private void plan(Param p, Tensor gradient, Gating gating) {
    Tensor g = StepPlan.requireAlike(name, p, gradient).contiguous();
    plan.add(p, gating.clipped(g), slotsOf(p), gating.decays(p));
  }

  /** Adds to the sums of gradients; plans a step with their means when enough have come. */
  private void accumulate(Gradients gradients, Gating gating) {
    for (var entry : gradients) {
      Param p = (Param) entry.getKey();
      slotsOf(p).accumulate(StepPlan.requireAlike(name, p, entry.getValue().dense()));
    }
    pending = (pending + 1) % gating.accumulate;
    if (pending == 0) {
      for (Slots s : slots.values()) {
        if (s.hasAccumulated()) {
          plan(s.param(), s.takeMean(gating.accumulate), gating);
        }
      }
    }
  }

  private void advance(Gating gating, double now) {
    double scale = gating.scale(plan.groups());
    for (StepPlan.Group group : plan.groups()) {
      if (group.count > 0) {
        double rate = now * group.rateFactor;
        update(group, step, gating.before(rate, scale, group));
        group.changed();
        group.finish(rate);
      }
    }
    if (gating.averageWeight > 0) {
      boolean overwrite = gating.overwriteEvery > 0 && (step + 1) % gating.overwriteEvery == 0;
      slots.values().forEach(s -> s.average(gating.averageWeight, overwrite)); // also of what had no gradient now
    }
    step++;
  }

  /**
   * Overwrites the parameters with their moving averages, as at the end of a training that keeps them; does nothing
   * where none are kept.
   */
  public final void assignAverages() {
    slots.values().forEach(Slots::overwrite);
  }

  /**
   * Computes a loss on a tape of its own and makes one step against its gradient.
   *
   * @param loss computes one element from the parameters
   * @param params what to change
   * @return the loss before the step
   * @throws IllegalArgumentException when the loss depends on none of the parameters
   */
  public final double minimize(Supplier<Tensor> loss, Param... params) {
    try (Tape tape = Tape.open()) {
      Tensor value = loss.get();
      Gradients gradients = tape.gradients(value, List.of(params));
      if (!gradients.iterator().hasNext()) {
        throw new IllegalArgumentException(
            name + ": expected a loss that depends on the given parameters, given one that depends on none of "
                + Arrays.stream(params).map(Param::name).toList());
      }
      apply(gradients);
      return value.item();
    }
  }

  private Slots slotsOf(Param p) {
    Slots known = slots.get(p);
    if (known == null) {
      known = Slots.create(p, slotNames(), gating().extraSlots(), this::slotStart, this::slotShape);
      slots.put(p, known);
    }
    return known;
  }

  // ---- learning rate and step

  /** Name of the rule. */
  public final String name() {
    return name;
  }

  /** Number of steps made. */
  public final long step() {
    return step;
  }

  /** Learning rate of the next step. */
  public final double learningRate() {
    return rate.at(step);
  }

  /**
   * Sets a constant rate, also between steps; 0 makes steps do nothing but fill the slots.
   *
   * @throws IllegalArgumentException for a rate that is negative, NaN, infinite or above 1e30
   */
  public final void setLearningRate(double constant) {
    rate = LearningRate.constant(require(name, constant));
  }

  /** Sets a schedule, which counts all steps made so far. */
  public final void setLearningRate(LearningRate schedule) {
    rate = schedule;
  }

  /** True for a rate that was given as a number: then a checkpoint keeps it, as callbacks may have changed it. */
  public final boolean hasConstantRate() {
    return rate instanceof ConstantRate;
  }

  /** The schedule in use. */
  public final LearningRate schedule() {
    return rate;
  }

  private double rateOfStep() {
    double now = rate.at(step);
    if (!isUsable(now)) {
      throw new IllegalStateException(
          name + ": expected a learning rate from 0 to 1e30, given " + now + " by the schedule at step " + step);
    }
    return now;
  }

  static double require(String who, double rate) {
    if (!isUsable(rate)) {
      throw new IllegalArgumentException(who + ": expected a learning rate from 0 to 1e30, given " + rate);
    }
    return rate;
  }

  private static boolean isUsable(double rate) {
    return rate >= 0 && rate <= LARGEST_RATE;
  }

  static double requireIn(String who, String what, double low, double high, double value) {
    if (!(value >= low && value < high)) {
      throw new IllegalArgumentException(
          who + ": expected " + what + " in [" + low + ", " + high + "), given " + value);
    }
    return value;
  }

  final void requireUnused() {
    if (step > 0 || !slots.isEmpty()) {
      throw new IllegalStateException(
          name + ": options are set before the first step; only the learning rate may change later");
    }
  }

  // ---- state for checkpoints

  /**
   * The step count and all slots, under names made of the parameters' own names.
   *
   * @throws IllegalStateException when two parameters share a name; then use {@link #state(Map)}
   */
  public final Map<String, Tensor> state() {
    return state(OptimizerState.named(name, slots.keySet()));
  }

  /**
   * The step count and the number of gradients summed since ({@code step}, int64 [2]), and the slots of the given
   * parameters as {@code path.slot}: what a checkpoint stores. The slots are the optimiser's own tensors, which further
   * steps change.
   *
   * @param params parameters by path
   */
  public final Map<String, Tensor> state(Map<String, Param> params) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(OptimizerState.STEP, Tensor.of(new long[] {step, pending}, Shape.of(2)));
    OptimizerState.collect(params, slots, state);
    return state;
  }

  /**
   * Takes over what {@link #state(Map)} gave. Nothing changes when it throws.
   *
   * @param params parameters by path
   * @param state values by name; entries of other parameters are ignored
   * @throws IllegalArgumentException listing what is missing or has a wrong shape or type
   */
  public final void load(Map<String, Param> params, Map<String, ? extends Tensor> state) {
    String[] columns = slotNames();
    String[] names = Slots.names(columns, gating().extraSlots());
    OptimizerState.require(
        name, params, names, (i, p) -> i < columns.length ? slotShape(i, p) : p.shape(), state);
    long[] counts = state.get(OptimizerState.STEP).toLongs();
    step = counts[0];
    pending = (int) counts[1];
    params.forEach((path, p) -> {
      if (OptimizerState.hasAny(path, names, state)) {
        OptimizerState.restore(path, slotsOf(p), state, step > 0, pending > 0);
      }
    });
  }

  /** Frees the slots. The optimiser can be used again, from step 0 and empty slots. */
  @Override
  public final void close() {
    slots.values().forEach(Slots::close);
    slots.clear();
    step = 0;
    pending = 0;
  }

  /** Bytes held by the slots. */
  public final long bytes() {
    return slots.values().stream().mapToLong(Slots::bytes).sum();
  }

  /** Name, learning rate and step. */
  @Override
  public String toString() {
    return name + "(learningRate=" + learningRate() + ", step=" + step + ")";
  }
}
