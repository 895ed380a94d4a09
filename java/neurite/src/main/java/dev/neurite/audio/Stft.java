package dev.neurite.audio;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Complex;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Indexing;
import dev.neurite.tensor.Signal;
import dev.neurite.tensor.Tensor;

/**
 * Short-time Fourier transform: frame f covers samples {@code f * hop} to {@code f * hop + length - 1}, is
 * multiplied by a window and transformed; no scaling. Differentiable.
 *
 * <pre>{@code
 * Complex spectrum = Stft.of(512).hop(160).apply(samples);   // [257, frames]
 * }</pre>
 *
 * <p><b>Shapes</b>: [.., samples] to [.., length / 2 + 1, frames]. Defaults (librosa's): hop a quarter of the length,
 * periodic Hann window, no centring.
 */
public final class Stft {

  private final int length;
  private final int hop;
  private final WindowFunction window;
  private final int windowLength;
  private final boolean centre;

  private Stft(int length, int hop, WindowFunction window, int windowLength, boolean centre) {
    if (length < 1 || hop < 1 || windowLength < 1 || windowLength > length) {
      throw new IllegalArgumentException(
          "Stft: expected a length and a hop of 1 or more, and a window no longer than the length, given "
              + length + ", " + hop + " and " + windowLength);
    }
    this.length = length;
    this.hop = hop;
    this.window = window;
    this.windowLength = windowLength;
    this.centre = centre;
  }

  /** A transform of the given length, any number. */
  public static Stft of(int length) {
    return new Stft(length, Math.max(1, length / 4), WindowFunction.HANN, length, false);
  }

  /** Samples from one frame to the next. */
  public Stft hop(int samples) {
    return new Stft(length, samples, window, windowLength, centre);
  }

  /** The window, periodic, over the whole frame. */
  public Stft window(WindowFunction function) {
    return new Stft(length, hop, function, length, centre);
  }

  /** A shorter window in the middle of the frame; zeros around it. */
  public Stft window(WindowFunction function, int samples) {
    return new Stft(length, hop, function, samples, centre);
  }

  /** Puts half a frame of zeros at both ends, so that frame f is centred on sample {@code f * hop}. */
  public Stft centre(boolean on) {
    return new Stft(length, hop, window, windowLength, on);
  }

  /** Length of the transform. */
  public int length() {
    return length;
  }

  /** How many frames a signal has; a rest shorter than a frame is left out. */
  public long frames(long samples) {
    long padded = samples + (centre ? 2L * (length / 2) : 0);
    return padded < length ? 0 : 1 + (padded - length) / hop;
  }

  /**
   * The spectrum.
   *
   * @param x [.., samples]
   * @throws ShapeException when there is no whole frame
   */
  public Complex apply(Tensor x) {
    long count = x.rank() == 0 ? 0 : frames(x.shape().last());
    if (count == 0) {
      throw new ShapeException("Stft: expected at least " + length + " samples, given " + x.describe());
    }
    Tensor signal = x;
    if (centre) {
      long[] border = new long[x.rank()];
      border[x.rank() - 1] = length / 2;
      signal = x.pad(border, border, 0);
    }
    Tensor starts = Tensor.range(0, hop, count, DType.INT64).expandDims(1);
    Tensor ids = starts.add(Tensor.range(0, 1, length, DType.INT64));
    Complex y = Signal.rfft(Indexing.take(signal, ids, -1).mul(weights(x.dtype())));
    return new Complex(y.real().transpose(), y.imaginary().transpose());
  }

  private Tensor weights(DType dtype) {
    Tensor w = window.of(windowLength, true, dtype);
    int before = (length - windowLength) / 2;
    return windowLength == length ? w : w.pad(new long[] {before}, new long[] {length - windowLength - before}, 0);
  }
}
