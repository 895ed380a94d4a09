package dev.neurite.loss;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Device;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks whether what a loss got are probabilities, and logs the first row that is not: most often a softmax or sigmoid
 * is missing at the model's end.
 *
 * <p>Only tensors in host memory are looked at: on a GPU it would stop the queue at every step.
 */
final class Probabilities {

  /** Keras' clip: probabilities stay in {@code [EPSILON, 1 - EPSILON]}. */
  static final double EPSILON = 1e-7;

  private static final System.Logger LOG = System.getLogger("neurite.loss");
  /** Rounding of float32 over wide rows is below, any real mistake far above. */
  private static final double TOLERANCE = 1e-3;

  private final String who;
  private final AtomicBoolean reported = new AtomicBoolean();

  Probabilities(String who) {
    this.who = who;
  }

  /** Reports rows along the axis that do not sum to 1, and values outside [0, 1]. */
  void checkRows(String what, Tensor p, int axis) {
    if (!skips(p)) {
      double[] sums = Tape.noGrad(() -> Scope.run(() -> p.sum(axis).toDoubles()));
      for (int row = 0; row < sums.length; row++) {
        if (!(Math.abs(sums[row] - 1) <= TOLERANCE)) {
          report("row %d of %s sums to %s, not 1", row, what, sums[row]);
        }
      }
      checkValues(what, p);
    }
  }

  /** Reports values outside [0, 1]. */
  void checkValues(String what, Tensor p) {
    if (!skips(p) && Tape.noGrad(() -> Scope.run(() -> isOutside(p.min().item()) || isOutside(p.max().item())))) {
      reportFirstOutside(what, p);
    }
  }

  /** The labels like the predictions; reports values outside [0, 1] in them and, unless logits, the predictions. */
  Tensor checkedLabels(Tensor yTrue, Tensor yPred, boolean logits) {
    Tensor y = Labels.like(who, yTrue, yPred);
    checkValues("the labels", y);
    if (!logits) {
      checkValues("the predictions", yPred);
    }
    return y;
  }

  private static boolean isOutside(double p) {
    return p < -TOLERANCE || p > 1 + TOLERANCE;
  }

  private boolean skips(Tensor p) {
    return reported.get() || p.size() == 0 || p.device().kind() != Device.Kind.CPU;
  }

  private void reportFirstOutside(String what, Tensor p) {
    double[] values = p.toDoubles();
    long width = p.rank() == 0 ? 1 : p.shape().last();
    for (int i = 0; i < values.length; i++) {
      if (isOutside(values[i])) {
        report("row %d of %s holds %s, outside [0, 1]", (int) (i / width), what, values[i]);
        return;
      }
    }
  }

  private void report(String format, int row, String what, double value) {
    if (reported.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          who + ": " + String.format(Locale.ROOT, format, row, what, value)
              + "; the loss expects probabilities: is a softmax or sigmoid missing? fromLogits(true) takes raw scores");
    }
  }
}
