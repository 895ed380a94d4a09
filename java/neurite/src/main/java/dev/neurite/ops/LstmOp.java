package dev.neurite.ops;

import static dev.neurite.ops.RnnOp.addr;
import static dev.neurite.ops.RnnOp.contiguous;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The recurrent part of an LSTM (Hochreiter and Schmidhuber 1997) over packed sequences, gates in the order i, f, g, o;
 * optionally with peepholes (Gers and Schmidhuber 2000).
 */
public final class LstmOp {

  private static final Access TENSORS = Access.tensors();
  private static final String NAME = "lstm";
  private static final int GATES = 4;

  private LstmOp() {}

  /**
   * All outputs and the last states.
   *
   * @param h [total, units], packed
   * @param last [batch, units], packed order
   * @param lastCell [batch, units], packed order
   */
  public record Result(Tensor h, Tensor last, Tensor lastCell) {}

  /** What backward reads. */
  private record Saved(Tensor h, Tensor c, Tensor gates, Tensor u, Tensor w, Tensor h0, Tensor c0) {
    Tensor[] tensors() {
      return Stream.of(h, c, gates, u, w, h0, c0).filter(Objects::nonNull).toArray(Tensor[]::new);
    }
  }

  /**
   * Runs the network.
   *
   * @param projected [total, 4 units], inputs times kernel plus bias
   * @param recurrent [units, 4 units]
   * @param peephole [3, units] for i, f and o, or null
   * @param h0 [batch, units] in the packed order, or null for zeros
   * @param c0 likewise
   */
  public static Result apply(
      Tensor projected, Tensor recurrent, Tensor peephole, Tensor h0, Tensor c0, PackedSteps steps) {
    long units = steps.requireWeights(NAME, projected, recurrent, GATES);
    steps.requireState(NAME, projected, h0, units);
    steps.requireState(NAME, projected, c0, units);
    if (peephole != null) {
      Binary.requireAlike(NAME, projected, peephole);
      if (!peephole.shape().equals(Shape.of(3, units))) {
        throw new ShapeException(NAME + ": expected peepholes [3, " + units + "], given " + peephole.shape());
      }
    }
    Tensor p = projected.contiguous();
    Shape rows = Shape.of(steps.total(), units);
    Shape state = Shape.of(steps.batch(), units);
    boolean keep = Current.get().tape != null; // inference keeps neither cells nor gates
    Saved saved =
        new Saved(
            TENSORS.create(rows, p.dtype(), NAME), keep ? TENSORS.create(rows, p.dtype(), NAME) : null,
            keep ? TENSORS.create(p.shape(), p.dtype(), NAME) : null, recurrent.contiguous(), contiguous(peephole), contiguous(h0),
            contiguous(c0));
    Tensor last = TENSORS.create(state, p.dtype(), NAME);
    Tensor lastCell = TENSORS.create(state, p.dtype(), NAME);
    Status.check(
        Abi.nrt_lstm_fwd(
            p.ctx(), p.code(), saved.h.addr(), addr(saved.c), addr(saved.gates), last.addr(), lastCell.addr(),
            p.addr(), saved.u.addr(), addr(saved.w), addr(saved.h0), addr(saved.c0), steps.rows(),
            steps.rows().length, steps.batch(), steps.total(), units),
        NAME, p, saved.u, saved.w, saved.h0, saved.c0);
    Tape.recordMany(
        NAME, new Tensor[] {saved.h, last, lastCell}, new Tensor[] {projected, recurrent, peephole, h0, c0},
        (dy, needed) -> backward(dy, saved, steps), saved.tensors());
    return new Result(saved.h, last, lastCell);
  }

  private static Tensor[] backward(Tensor[] dy, Saved s, PackedSteps steps) {
    RnnOp.requireFirstOrder(NAME);
    Tensor dh = contiguous(dy[0]);
    Tensor dlast = contiguous(dy[1]);
    Tensor dcell = contiguous(dy[2]);
    long units = s.u.dim(0);
    Shape state = Shape.of(steps.batch(), units);
    Tensor dp = TENSORS.create(s.gates.shape(), s.h.dtype(), "lstm_bwd");
    Tensor du = TENSORS.create(s.u.shape(), s.h.dtype(), "lstm_bwd");
    Tensor dw = s.w == null ? null : TENSORS.create(s.w.shape(), s.h.dtype(), "lstm_bwd");
    Tensor dh0 = s.h0 == null ? null : TENSORS.create(state, s.h.dtype(), "lstm_bwd");
    Tensor dc0 = TENSORS.create(state, s.h.dtype(), "lstm_bwd");
    Tensor previous = steps.ofOneLength() ? null : TENSORS.create(s.h.shape(), s.h.dtype(), "lstm_bwd");
    Status.check(
        Abi.nrt_lstm_bwd(
            s.h.ctx(), s.h.code(), dp.addr(), du.addr(), addr(dw), addr(dh0), dc0.addr(), addr(previous), addr(dh),
            addr(dlast), addr(dcell), s.h.addr(), s.c.addr(), s.gates.addr(), s.u.addr(), addr(s.w), addr(s.h0),
            addr(s.c0), steps.rows(), steps.rows().length, steps.batch(), steps.total(), units),
        "lstm_bwd", s.h, s.c, s.gates, s.u, s.w, s.h0, s.c0, dh, dlast, dcell);
    return new Tensor[] {dp, du, dw, dh0, dc0};
  }
}
