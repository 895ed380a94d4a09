package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.PackedSteps;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * The loss of sequences: the sum over the steps that count, {@code L = sum_t L_t(y_t, p_t)}, then the mean over the
 * sequences.
 *
 * <p><b>Shapes</b>: labels and predictions {@code [batch, time, ...]} as the loss of a step wants them, with time moved
 * into the batch; lengths {@code [batch]} of integers, or weights {@code [batch, time]}.
 *
 * <p>With lengths, padding is not read at all: it changes neither the loss nor a gradient in any bit, whatever it holds
 * and however much there is. Sequences without steps count as 0; all of them padding give the loss 0. {@link #perStep}
 * divides by the number of steps that count instead of the number of sequences.
 *
 * <pre>{@code
 * SequenceLoss loss = Losses.sequence(Losses.softmaxCrossEntropy());
 * Tensor l = loss.apply(labels, model.call(List.of(x, lengths), pass).get(0), lengths);
 * }</pre>
 */
public final class SequenceLoss implements Loss {

  private static final String NAME = "sequence";

  private final ElementLoss step;
  private final boolean perStep;

  SequenceLoss(ElementLoss step, boolean perStep) {
    this.step = step;
    this.perStep = perStep;
  }

  /** Divides by the number of steps that count (the sum of the weights) instead of the number of sequences. */
  public SequenceLoss perStep(boolean on) {
    return new SequenceLoss(step, on);
  }

  @Override
  public Tensor apply(Tensor yTrue, Tensor yPred) {
    return apply(yTrue, yPred, null);
  }

  /**
   * The loss of padded sequences.
   *
   * @param lengths int64 or int32 [batch], or a weight for every step [batch, time] (0: does not count), or null when
   *     all steps count
   * @throws IllegalArgumentException for a length that is negative or larger than the padded one
   * @throws ShapeException for labels, predictions or weights that do not fit together
   */
  @Override
  public Tensor apply(Tensor yTrue, Tensor yPred, Tensor lengths) {
    if (yTrue.rank() < 2 || yPred.rank() < 2 || !leading(yTrue).equals(leading(yPred))) {
      throw new ShapeException(
          NAME + ": expected labels and predictions [batch, time, ...], given " + yTrue.shape() + " and "
              + yPred.shape());
    }
    boolean weighs = lengths != null && (lengths.dtype().isFloating() || lengths.rank() != 1);
    if (weighs && !lengths.shape().equals(leading(yPred))) {
      throw new ShapeException(
          NAME + ": expected lengths [" + yPred.dim(0) + "] or weights " + leading(yPred) + ", given "
              + lengths.shape());
    }
    PackedSteps steps = PackedSteps.of(NAME, yPred, weighs ? null : lengths, false);
    Tensor values = step.perSample(pack(steps, yTrue), pack(steps, yPred));
    Tensor counted = step.counted(pack(steps, yTrue), pack(steps, yPred));
    if (counted != null) {
      values = values.mul(counted);
    }
    Tensor weights = weighs ? pack(steps, lengths.cast(values.dtype())) : counted;
    Tensor sum = weighs ? values.mul(weights).sum() : values.sum();
    if (!perStep) {
      return sum.div(Math.max(yPred.dim(0), 1));
    }
    if (weights == null) {
      return sum.div(Math.max(steps.total(), 1));
    }
    Tensor divisor = (weighs && counted != null ? weights.mul(counted) : weights).sum();
    return sum.div(divisor.eq(0).where(Tensor.scalar(1, divisor.dtype()), divisor));
  }

  private static Shape leading(Tensor t) {
    return t.shape().slice(0, 2);
  }

  /** [batch, time, ...] to [steps, ...]. */
  private static Tensor pack(PackedSteps steps, Tensor t) {
    Shape rest = t.shape().slice(2, t.rank());
    Tensor rows = t.dtype() == DType.INT32 ? t.cast(DType.INT64) : t;
    return steps.pack(rows.reshape(t.dim(0), t.dim(1), rest.size())).reshape(rest.prepend(steps.total()));
  }

  @Override
  public boolean expectsLogits() {
    return step.expectsLogits();
  }

  @Override
  public String name() {
    return NAME + "(" + step.name() + ")";
  }
}
