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
 * The recurrent part of a GRU (Cho et al. 2014) over packed sequences, gates in the order z, r, h; the reset gate acts
 * after or before the recurrent product.
 */
public final class GruOp {

  private static final Access TENSORS = Access.tensors();
  private static final String NAME = "gru";
  private static final int GATES = 3;

  private GruOp() {}

  /**
   * All states and the last ones.
   *
   * @param h [total, units], packed
   * @param last [batch, units], packed order
   */
  public record Result(Tensor h, Tensor last) {}

  /** What backward reads. */
  private record Saved(Tensor h, Tensor gates, Tensor u, Tensor h0, boolean bias, boolean resetAfter) {
    Tensor[] tensors() {
      return Stream.of(h, gates, u, h0).filter(Objects::nonNull).toArray(Tensor[]::new);
    }
  }

  /**
   * Runs the network.
   *
   * @param projected [total, 3 units], inputs times kernel plus bias
   * @param recurrent [units, 3 units]
   * @param bias [units], added to the candidate's recurrent product when the reset comes after it, or null
   * @param h0 [batch, units] in the packed order, or null for zeros
   * @param resetAfter whether the reset gate multiplies the product or the state before it
   */
  public static Result apply(
      Tensor projected, Tensor recurrent, Tensor bias, Tensor h0, PackedSteps steps, boolean resetAfter) {
    long units = steps.requireWeights(NAME, projected, recurrent, GATES);
    steps.requireState(NAME, projected, h0, units);
    requireBias(projected, bias, units, resetAfter);
    Tensor p = projected.contiguous();
    Tensor b = contiguous(bias);
    Saved saved =
        new Saved(
            TENSORS.create(Shape.of(steps.total(), units), p.dtype(), NAME),
            resetAfter && Current.get().tape == null // inference keeps no gates
                ? null
                : TENSORS.create(Shape.of(steps.total(), 4 * units), p.dtype(), NAME),
            recurrent.contiguous(), contiguous(h0), bias != null, resetAfter);
    Tensor last = TENSORS.create(Shape.of(steps.batch(), units), p.dtype(), NAME);
    Status.check(
        Abi.nrt_gru_fwd(
            p.ctx(), p.code(), saved.h.addr(), addr(saved.gates), last.addr(), p.addr(), saved.u.addr(), addr(b),
            addr(saved.h0), steps.rows(), steps.rows().length, steps.batch(), steps.total(), units,
            resetAfter ? 1 : 0),
        NAME, p, saved.u, b, saved.h0);
    Tape.recordMany(
        NAME, new Tensor[] {saved.h, last}, new Tensor[] {projected, recurrent, bias, h0},
        (dy, needed) -> backward(dy, saved, steps), saved.tensors());
    return new Result(saved.h, last);
  }

  private static void requireBias(Tensor projected, Tensor bias, long units, boolean resetAfter) {
    if (bias == null) {
      return;
    }
    Binary.requireAlike(NAME, projected, bias);
    if (!resetAfter || !bias.shape().equals(Shape.of(units))) {
      throw new ShapeException(
          NAME + ": expected a recurrent bias [" + units + "] and the reset after the product, given " + bias.shape());
    }
  }

  private static Tensor[] backward(Tensor[] dy, Saved s, PackedSteps steps) {
    RnnOp.requireFirstOrder(NAME);
    Tensor dh = contiguous(dy[0]);
    Tensor dlast = contiguous(dy[1]);
    long units = s.u.dim(0);
    Shape wide = Shape.of(steps.total(), GATES * units);
    Tensor dp = TENSORS.create(wide, s.h.dtype(), "gru_bwd");
    Tensor du = TENSORS.create(s.u.shape(), s.h.dtype(), "gru_bwd");
    Tensor db = s.bias ? TENSORS.create(Shape.of(units), s.h.dtype(), "gru_bwd") : null;
    Tensor dh0 = s.h0 == null ? null : TENSORS.create(Shape.of(steps.batch(), units), s.h.dtype(), "gru_bwd");
    Tensor previous = steps.ofOneLength() ? null : TENSORS.create(s.h.shape(), s.h.dtype(), "gru_bwd");
    Tensor inner = s.resetAfter ? TENSORS.create(wide, s.h.dtype(), "gru_bwd") : null;
    Status.check(
        Abi.nrt_gru_bwd(
            s.h.ctx(), s.h.code(), dp.addr(), du.addr(), addr(db), addr(dh0), addr(previous), addr(inner), addr(dh),
            addr(dlast), s.h.addr(), s.gates.addr(), s.u.addr(), addr(s.h0), steps.rows(), steps.rows().length,
            steps.batch(), steps.total(), units, s.resetAfter ? 1 : 0),
        "gru_bwd", s.h, s.gates, s.u, s.h0, dh, dlast);
    return new Tensor[] {dp, du, db, dh0};
  }
}
