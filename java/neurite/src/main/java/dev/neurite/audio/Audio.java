package dev.neurite.audio;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Elementwise;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Small steps of speech processing, along the last axis; all differentiable. */
public final class Audio {

  private Audio() {}

  /** {@code y_t = x_t - coefficient x_(t-1)}, the first sample as it is: raises high frequencies. */
  public static Tensor preEmphasis(Tensor x, double coefficient) {
    long n = requireSamples("preEmphasis", x);
    Tensor rest = x.slice(-1, 1, n).sub(x.slice(-1, 0, n - 1).mul(coefficient));
    return Tensor.concat(-1, List.of(x.slice(-1, 0, 1), rest));
  }

  /**
   * Orthonormal discrete cosine transform of type 2: {@code y_k = s_k sum over t of x_t cos(pi k (2t + 1) / 2n)}, with
   * {@code s_0 = sqrt(1/n)} and {@code s_k = sqrt(2/n)}.
   */
  public static Tensor dct2(Tensor x) {
    return x.matmul(cosines((int) requireSamples("dct2", x), x.dtype()));
  }

  /** The inverse of {@link #dct2}. */
  public static Tensor inverseDct2(Tensor y) {
    return y.matmul(cosines((int) requireSamples("inverseDct2", y), y.dtype()).transpose());
  }

  /** [t, k]; orthogonal. */
  private static Tensor cosines(int n, DType dtype) {
    double[] c = new double[n * n];
    for (int t = 0; t < n; t++) {
      for (int k = 0; k < n; k++) {
        c[t * n + k] = Math.sqrt((k == 0 ? 1.0 : 2.0) / n) * Math.cos(Math.PI * k * (2 * t + 1) / (2.0 * n));
      }
    }
    return Tensor.of(c, Shape.of(n, n), dtype);
  }

  /** {@code 10 log10(max(power, floor))}. */
  public static Tensor decibels(Tensor power, double floor) {
    return Elementwise.log10(power.clamp(floor, Double.POSITIVE_INFINITY)).mul(10);
  }

  private static long requireSamples(String who, Tensor x) {
    if (x.rank() == 0 || x.shape().last() == 0) {
      throw new ShapeException(who + ": expected at least one sample on the last axis, given " + x.describe());
    }
    return x.shape().last();
  }
}
