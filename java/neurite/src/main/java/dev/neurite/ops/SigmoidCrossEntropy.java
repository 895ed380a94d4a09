package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Tensor;

/** Sigmoid and binary cross-entropy in one: {@code loss = max(x, 0) - x*y + log(1 + e^-|x|)}, element by element. */
public final class SigmoidCrossEntropy {

  private SigmoidCrossEntropy() {}

  /**
   * Computes it, with the exact gradient {@code sigmoid(x) - y} also where the parts of the formula have a kink
   * (x = 0).
   *
   * @param logits any shape
   * @param targets the same shape and type, in [0, 1]
   */
  public static Tensor apply(Tensor logits, Tensor targets) {
    Tensor y =
        Tape.noGrad(
            () -> {
              Tensor tail = logits.abs().unary(UnaryOp.SOFTPLUS, -1); // -log(1 + e^-|x|)
              return logits.relu().sub(logits.mul(targets)).sub(tail);
            });
    return Tape.record(
        "sigmoid_cross_entropy", y,
        logits, dy -> dy.mul(logits.sigmoid().sub(targets)),
        targets, dy -> dy.mul(logits).neg(),
        logits, targets);
  }
}
