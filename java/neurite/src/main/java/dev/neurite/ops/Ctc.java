package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Connectionist temporal classification: minus the log-probability of all alignments of a target. */
public final class Ctc {

  private static final Access TENSORS = Access.tensors();

  private Ctc() {}

  /**
   * One loss per sample, infinite where no alignment fits; gradients there are 0.
   *
   * @param logits [batch, time, classes]; softmax is applied here
   * @param targets int64 [batch, labels]; entries past the lengths are not read
   * @param inputLengths int64 [batch], steps that count
   * @param targetLengths int64 [batch], labels that count
   * @param blank class that stands for no label
   * @return [batch]
   * @throws IllegalArgumentException for a label or length out of range, naming value and place
   */
  public static Tensor apply(Tensor logits, Tensor targets, Tensor inputLengths, Tensor targetLengths, long blank) {
    check(logits, targets, inputLengths, targetLengths);
    Tensor xs = logits.contiguous();
    Tensor ts = targets.contiguous();
    Tensor steps = inputLengths.contiguous();
    Tensor counts = targetLengths.contiguous();
    long batch = xs.dim(0);
    Tensor loss = TENSORS.create(Shape.of(batch), xs.dtype(), "ctc");
    Tensor lse = TENSORS.create(Shape.of(batch, xs.dim(1)), xs.dtype(), "ctc");
    Status.check(
        Abi.nrt_ctc_fwd(
            xs.ctx(), xs.code(), loss.addr(), lse.addr(), xs.addr(), ts.addr(), steps.addr(), counts.addr(), batch,
            xs.dim(1), xs.dim(2), ts.dim(1), blank),
        "ctc", xs, ts, steps, counts);
    return Tape.record(
        "ctc", loss, xs,
        dy -> {
          if (Current.get().tape != null) {
            throw new UnsupportedOperationException(
                "Tape: second-order gradients of 'ctc' are not available (its backward is a fused kernel)");
          }
          Tensor g = dy.contiguous();
          Tensor dx = Tensor.like(xs);
          Status.check(
              Abi.nrt_ctc_bwd(
                  xs.ctx(), xs.code(), dx.addr(), g.addr(), xs.addr(), lse.addr(), ts.addr(), steps.addr(),
                  counts.addr(), batch, xs.dim(1), xs.dim(2), ts.dim(1), blank),
              "ctc_bwd", g, xs, lse, ts, steps, counts);
          return dx;
        },
        xs, ts, steps, counts, lse);
  }

  private static void check(Tensor logits, Tensor targets, Tensor inputLengths, Tensor targetLengths) {
    if (!logits.dtype().isDifferentiable()) {
      throw new DTypeException("ctc: expected float32 or float64 logits, given " + logits.describe());
    }
    if (logits.rank() != 3) {
      throw new ShapeException("ctc: expected logits [batch, time, classes], given " + logits.shape());
    }
    long batch = logits.dim(0);
    if (targets.rank() != 2 || targets.dim(0) != batch) {
      throw new ShapeException("ctc: expected targets [" + batch + ", labels], given " + targets.shape());
    }
    for (Tensor lengths : new Tensor[] {inputLengths, targetLengths}) {
      if (!lengths.shape().equals(Shape.of(batch))) {
        throw new ShapeException("ctc: expected lengths [" + batch + "], given " + lengths.shape());
      }
    }
    for (Tensor whole : new Tensor[] {targets, inputLengths, targetLengths}) {
      if (whole.dtype() != DType.INT64) {
        throw new DTypeException("ctc: expected int64 targets and lengths, given " + whole.describe());
      }
    }
  }
}
