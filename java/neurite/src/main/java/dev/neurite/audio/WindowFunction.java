package dev.neurite.audio;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/** Weights that fade a frame out at both ends before it is transformed (Harris 1978). */
public enum WindowFunction {
  /** {@code 1}. */
  RECTANGULAR(1),
  /** {@code 0.5 - 0.5 cos(2 pi i / m)}. */
  HANN(0.5, 0.5),
  /** {@code 0.54 - 0.46 cos(2 pi i / m)}. */
  HAMMING(0.54, 0.46),
  /** {@code 0.42 - 0.5 cos(2 pi i / m) + 0.08 cos(4 pi i / m)}. */
  BLACKMAN(0.42, 0.5, 0.08);

  private final double[] terms; // of a cosine series with alternating signs

  WindowFunction(double... terms) {
    this.terms = terms;
  }

  /**
   * The weights.
   *
   * @param length how many, at least 1
   * @param periodic m is the length, as transforms want it; otherwise m is the length less one, and the window is
   *     symmetric, as filters want it
   * @param dtype float32 or float64
   * @return [length]
   */
  public Tensor of(int length, boolean periodic, DType dtype) {
    if (length < 1) {
      throw new IllegalArgumentException("WindowFunction: expected a length of 1 or more, given " + length);
    }
    double[] w = new double[length];
    int m = periodic ? length : length - 1;
    for (int i = 0; i < length; i++) {
      for (int k = 0; k < terms.length; k++) {
        double wave = m == 0 ? 1 : terms[k] * Math.cos(2 * Math.PI * k * i / m);
        w[i] += m == 0 && k > 0 ? 0 : k % 2 == 0 ? wave : -wave;
      }
    }
    return Tensor.of(w, Shape.of(length), dtype);
  }
}
