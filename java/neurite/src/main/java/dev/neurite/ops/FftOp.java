package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Complex;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Discrete Fourier transform along the last axis, unscaled in both directions. */
public final class FftOp {

  private static final Access TENSORS = Access.tensors();

  private FftOp() {}

  /** {@code Y_k = sum over t of X_t e^(-2 pi i k t / n)}; inverse: {@code e^(+...)}, without {@code 1/n}. */
  public static Complex apply(Tensor real, Tensor imaginaryOrNull, boolean inverse) {
    if (!real.dtype().isDifferentiable()) {
      throw new DTypeException("fft: expected float32 or float64, given " + real.describe());
    }
    if (real.rank() == 0 || real.shape().last() == 0) {
      throw new ShapeException("fft: expected at least one element along the last axis, given " + real.describe());
    }
    if (imaginaryOrNull != null) {
      Binary.requireAlike("fft", real, imaginaryOrNull);
      if (!real.shape().equals(imaginaryOrNull.shape())) {
        throw new ShapeException(
            "fft: expected equal shapes of the parts, given " + real.shape() + " and " + imaginaryOrNull.shape());
      }
    }
    Tensor re = real.contiguous();
    Tensor im = imaginaryOrNull == null ? null : imaginaryOrNull.contiguous();
    Tensor yRe = TENSORS.create(real.shape(), real.dtype(), "fft");
    Tensor yIm = TENSORS.create(real.shape(), real.dtype(), "fft");
    long n = real.shape().last();
    Status.check(
        Abi.nrt_fft_fwd(
            re.ctx(), re.code(), yRe.addr(), yIm.addr(), re.addr(), im == null ? 0 : im.addr(), re.size() / n, n,
            inverse ? 1 : 0),
        "fft", new Tensor[] {re, im});
    Tape.recordMany(
        "fft", new Tensor[] {yRe, yIm}, new Tensor[] {re, im}, (dy, needed) -> backward(dy, needed, inverse));
    return new Complex(yRe, yIm);
  }

  /** The transform's adjoint is the transform in the other direction. */
  private static Tensor[] backward(Tensor[] dy, boolean[] needed, boolean inverse) {
    Tensor re = dy[0] == null ? Tensor.zeros(dy[1].shape(), dy[1].dtype()) : dy[0];
    Complex dx = apply(re, dy[1], !inverse);
    return new Tensor[] {dx.real(), needed[1] ? dx.imaginary() : null};
  }
}
