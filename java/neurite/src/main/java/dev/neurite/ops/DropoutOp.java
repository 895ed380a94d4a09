package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Inverted dropout; backward applies the same counters to the gradient, so no mask is stored. */
public final class DropoutOp {

  private static final Access TENSORS = Access.tensors();

  private DropoutOp() {}

  /**
   * {@code y = x / (1 - rate)} where the stream keeps the element, else 0.
   *
   * @param rate part dropped, [0, 1)
   */
  public static Tensor apply(Tensor x, double rate, long seed, long stream, long offset) {
    Tensor source = x.contiguous();
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "dropout");
    Status.check(
        Abi.nrt_dropout_fwd(x.ctx(), x.code(), y.addr(), source.addr(), x.size(), rate, seed, stream, offset),
        "dropout", source);
    return Tape.record("dropout", y, source, dy -> apply(dy, rate, seed, stream, offset));
  }

  /** Blocks of the stream one call uses. */
  public static long blocks(long elements) {
    return (elements + 3) / 4;
  }
}
