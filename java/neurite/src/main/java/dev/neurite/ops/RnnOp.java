package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** The recurrent part of a simple RNN (Elman 1990) over packed sequences: {@code h_t = act(p_t + h_{t-1} U)}. */
public final class RnnOp {

  private static final Access TENSORS = Access.tensors();
  private static final String NAME = "rnn";

  private RnnOp() {}

  /**
   * All states and the last ones.
   *
   * @param h [total, units], packed
   * @param last [batch, units], packed order
   */
  public record Result(Tensor h, Tensor last) {}

  /** True for the activations the kernel has. */
  public static boolean fuses(UnaryOp activation) {
    return activation != null && MatMul.fuses(activation);
  }

  /**
   * Runs the network.
   *
   * @param projected [total, units], inputs times kernel plus bias
   * @param recurrent [units, units]
   * @param h0 [batch, units] in the packed order, or null for zeros
   */
  public static Result apply(Tensor projected, Tensor recurrent, Tensor h0, PackedSteps steps, UnaryOp activation) {
    if (!fuses(activation)) {
      throw new DTypeException(NAME + ": expected identity, relu, sigmoid or tanh, given " + activation);
    }
    long units = steps.requireWeights(NAME, projected, recurrent, 1);
    steps.requireState(NAME, projected, h0, units);
    Tensor p = projected.contiguous();
    Tensor u = recurrent.contiguous();
    Tensor start = h0 == null ? null : h0.contiguous();
    Tensor h = TENSORS.create(Shape.of(steps.total(), units), p.dtype(), NAME);
    Tensor last = TENSORS.create(Shape.of(steps.batch(), units), p.dtype(), NAME);
    Status.check(
        Abi.nrt_rnn_fwd(
            p.ctx(), p.code(), h.addr(), last.addr(), p.addr(), u.addr(), addr(start), steps.rows(),
            steps.rows().length, steps.batch(), steps.total(), units, activation.code()),
        NAME, p, u, start);
    Tape.recordMany(
        NAME, new Tensor[] {h, last}, new Tensor[] {projected, recurrent, h0},
        (dy, needed) -> backward(dy, h, u, start, steps, activation),
        start == null ? new Tensor[] {h, u} : new Tensor[] {h, u, start});
    return new Result(h, last);
  }

  private static Tensor[] backward(
      Tensor[] dy, Tensor h, Tensor u, Tensor h0, PackedSteps steps, UnaryOp activation) {
    requireFirstOrder(NAME);
    Tensor dh = contiguous(dy[0]);
    Tensor dlast = contiguous(dy[1]);
    Tensor dp = TENSORS.create(h.shape(), h.dtype(), "rnn_bwd");
    Tensor du = TENSORS.create(u.shape(), h.dtype(), "rnn_bwd");
    Tensor dh0 = h0 == null ? null : TENSORS.create(Shape.of(steps.batch(), u.dim(0)), h.dtype(), "rnn_bwd");
    Tensor previous = steps.ofOneLength() ? null : TENSORS.create(h.shape(), h.dtype(), "rnn_bwd");
    Status.check(
        Abi.nrt_rnn_bwd(
            h.ctx(), h.code(), dp.addr(), du.addr(), addr(dh0), addr(previous), addr(dh), addr(dlast), h.addr(),
            u.addr(), addr(h0), steps.rows(), steps.rows().length, steps.batch(), steps.total(), u.dim(0),
            activation.code()),
        "rnn_bwd", h, u, h0, dh, dlast);
    return new Tensor[] {dp, du, dh0};
  }

  /** A fused backward has no derivative of its own. */
  static void requireFirstOrder(String op) {
    if (Current.get().tape != null) {
      throw new UnsupportedOperationException(
          op + ": second-order gradients (createGraph) are not supported by the fused kernel"
              + "\n  set fused(false) on the layer: it then runs in tensor ops, which have them");
    }
  }

  static Tensor contiguous(Tensor t) {
    return t == null ? null : t.contiguous();
  }

  static long addr(Tensor t) {
    return t == null ? 0 : t.addr();
  }
}
