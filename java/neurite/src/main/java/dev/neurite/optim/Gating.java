package dev.neurite.optim;

import dev.neurite.ops.OptimStep;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.function.Predicate;

/** Clipping, weight decay, accumulation and averages: what happens around the rule proper. */
final class Gating {

  private static final double NONE = 0;

  double clipValue = NONE;
  double clipNorm = NONE;
  double globalClipNorm = NONE;
  /** Added to the global norm before dividing by it. */
  double clipEpsilon;
  double decoupled;
  double coupled;
  Predicate<Param> decayed = p -> true;
  /** Gradients averaged for one step. */
  int accumulate = 1;
  /** Weight of the old average of the parameters; 0 when none is kept. */
  double averageWeight;
  /** Steps after which the parameters become their average; 0 for never. */
  int overwriteEvery;

  /** Slots beside those of the rule. */
  String[] extraSlots() {
    return new String[] {accumulate > 1 ? Slots.SUM : null, averageWeight > 0 ? Slots.AVERAGE : null};
  }

  boolean clips() {
    return clipValue != NONE || clipNorm != NONE || globalClipNorm != NONE;
  }

  boolean decays(Param p) {
    return (decoupled != 0 || coupled != 0) && decayed.test(p);
  }

  /** The gradient, shortened to the largest norm allowed for one parameter. */
  Tensor clipped(Tensor g) {
    if (clipNorm == NONE) {
      return g;
    }
    double norm = Math.sqrt(sumSquares(g.ctx(), g.dtype(), List.of(g)));
    return norm > clipNorm ? g.mul(clipNorm / norm) : g;
  }

  /** Factor that brings all gradients together to the largest global norm. */
  double scale(List<StepPlan.Group> groups) {
    if (globalClipNorm == NONE) {
      return 1;
    }
    double sum = 0;
    for (StepPlan.Group g : groups) {
      sum += g.count == 0 ? 0 : sumSquares(g.context, g.dtype, g.gradients());
    }
    double norm = Math.sqrt(sum) + clipEpsilon;
    return norm > globalClipNorm ? globalClipNorm / norm : 1;
  }

  OptimStep.Before before(double rate, double scale, StepPlan.Group group) {
    return new OptimStep.Before(rate, scale, clipValue, group.decays ? coupled : 0, group.decays ? decoupled : 0);
  }

  private static double sumSquares(long context, DType dtype, List<Tensor> gradients) {
    long[] table = new long[2 * gradients.size()];
    int at = 0;
    for (Tensor g : gradients) {
      table[at++] = g.addr();
      table[at++] = g.size();
    }
    double sum = OptimStep.sumSquares(context, dtype, table, gradients.size());
    java.lang.ref.Reference.reachabilityFence(gradients);
    return sum;
  }
}
