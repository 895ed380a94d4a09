package dev.neurite.optim;

import dev.neurite.ops.OptimStep;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * An optimiser whose rule needs norms or means over a whole parameter and is written in tensor operations.
 *
 * @param <S> the optimiser's own type
 */
public abstract class TensorOptimizer<S extends TensorOptimizer<S>> extends TunableOptimizer<S> {

  TensorOptimizer(String name, LearningRate rate) {
    super(name, rate);
  }

  /** The parameter's new values; writes to the slots. */
  abstract Tensor next(Slots slots, Tensor w, Tensor g, long step, double rate);

  @Override
  final void update(StepPlan.Group group, long step, OptimStep.Before b) {
    for (int i = 0; i < group.count; i++) {
      Param p = group.slots().get(i).param();
      Tensor g = group.gradients().get(i).mul(b.scale());
      g = b.clip() > 0 ? g.clamp(-b.clip(), b.clip()) : g;
      g = b.l2() == 0 ? g : g.add(p.mul(b.l2()));
      Tensor w = b.decay() == 0 ? p : p.mul(1 - b.lr() * b.decay());
      p.assign(next(group.slots().get(i), w, g, step, b.lr()));
    }
  }

  /** {@code weight*old + (1-weight)*fresh}, written to the slot. */
  static Tensor blend(Param slot, double weight, Tensor fresh) {
    slot.assign(slot.mul(weight).add(fresh.mul(1 - weight)));
    return slot;
  }

  static double norm(Tensor t) {
    return Math.sqrt(t.square().sum().item());
  }

  static double rms(Tensor t) {
    return Math.sqrt(t.square().mean().item());
  }

  static Shape without(Shape shape, int axis) {
    long[] dims = shape.dims();
    long[] out = new long[dims.length - 1];
    int drop = shape.axis(axis);
    for (int i = 0; i < out.length; i++) {
      out[i] = dims[i < drop ? i : i + 1];
    }
    return Shape.of(out);
  }
}
