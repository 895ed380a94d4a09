package dev.neurite.tensor;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.FftOp;
import java.util.List;

/** Discrete Fourier transforms along the last axis, of any length, differentiable. Scaled as NumPy does. */
public final class Signal {

  private Signal() {}

  /** {@code Y_k = sum over t of x_t e^(-2 pi i k t / n)} of real values: [.., n] to [.., n]. */
  public static Complex fft(Tensor x) {
    return FftOp.apply(x, null, false);
  }

  /** The same of complex values. */
  public static Complex fft(Complex x) {
    return FftOp.apply(x.real(), x.imaginary(), false);
  }

  /** {@code x_t = 1/n sum over k of Y_k e^(2 pi i k t / n)}. */
  public static Complex inverseFft(Complex y) {
    double scale = 1.0 / y.real().shape().last();
    Complex x = FftOp.apply(y.real(), y.imaginary(), true);
    return new Complex(x.real().mul(scale), x.imaginary().mul(scale));
  }

  /** The half of {@link #fft(Tensor)} that real input leaves free: [.., n] to [.., n/2 + 1]. */
  public static Complex rfft(Tensor x) {
    Complex y = fft(x);
    long half = x.shape().last() / 2 + 1;
    return new Complex(y.real().slice(-1, 0, half), y.imaginary().slice(-1, 0, half));
  }

  /**
   * Real values from half a spectrum, the inverse of {@link #rfft}.
   *
   * @param y [.., n/2 + 1]
   * @param n length of the result: twice the last axis less 2, or one more
   */
  public static Tensor inverseRfft(Complex y, long n) {
    long half = y.real().shape().last();
    if (n / 2 + 1 != half) {
      throw new ShapeException(
          "inverseRfft: expected a last axis of " + (n / 2 + 1) + " for length " + n + ", given " + y.real().shape());
    }
    Tensor re = mirrored(y.real(), n, y.real());
    Tensor im = mirrored(y.imaginary(), n, y.imaginary().neg());
    return FftOp.apply(re, im, true).real().mul(1.0 / n);
  }

  /** The other half of the spectrum: frequency n - k from frequency k. */
  private static Tensor mirrored(Tensor half, long n, Tensor source) {
    long rest = n - half.shape().last();
    return rest == 0 ? half : Tensor.concat(-1, List.of(half, source.slice(-1, 1, 1 + rest).flip(-1)));
  }
}
