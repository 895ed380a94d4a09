package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Complex;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Signal;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class FftTest extends OpContract {

  @Override
  String folder() {
    return "fft";
  }

  @Override
  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int n : new int[] {1, 8, 12, 7}) {
      cases.add(new Case(
          "real of " + n, t -> joined(Signal.fft(t[0])), v -> dft(v[0], new double[v[0].length], n, -1, n),
          Shape.of(2, n)));
      cases.add(new Case(
          "half of " + n, t -> joined(Signal.rfft(t[0])), v -> dft(v[0], new double[v[0].length], n, -1, n / 2 + 1),
          Shape.of(2, n)));
      cases.add(new Case(
          "complex of " + n, t -> joined(Signal.fft(new Complex(t[0], t[1]))), v -> dft(v[0], v[1], n, -1, n),
          Shape.of(2, n), Shape.of(2, n)));
      cases.add(new Case(
          "inverse of " + n, t -> joined(Signal.inverseFft(new Complex(t[0], t[1]))),
          v -> Arrays.stream(dft(v[0], v[1], n, 1, n)).map(y -> y / n).toArray(), Shape.of(2, n), Shape.of(2, n)));
      cases.add(new Case(
          "there and back with " + n, t -> Signal.inverseRfft(Signal.rfft(t[0]), n), v -> v[0], Shape.of(2, n)));
    }
    return cases;
  }

  private static Tensor joined(Complex y) {
    return Tensor.concat(0, List.of(y.real(), y.imaginary()));
  }

  /** Rows of n; the first `half` frequencies, all real parts before all imaginary ones. */
  private static double[] dft(double[] re, double[] im, int n, int sign, int half) {
    int rows = re.length / n;
    double[] y = new double[2 * rows * half];
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < half; k++) {
        for (int t = 0; t < n; t++) {
          double angle = sign * 2 * Math.PI * (k * t % n) / n;
          y[r * half + k] += re[r * n + t] * Math.cos(angle) - im[r * n + t] * Math.sin(angle);
          y[(rows + r) * half + k] += re[r * n + t] * Math.sin(angle) + im[r * n + t] * Math.cos(angle);
        }
      }
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("integers are refused", DTypeException.class, "fft: expected float32 or float64, given int64[2]",
            () -> Signal.fft(Tensor.ofLongs(1, 2))),
        new Refusal("nothing to transform", ShapeException.class,
            "fft: expected at least one element along the last axis, given float32[2, 0]",
            () -> Signal.fft(Tensor.zeros(Shape.of(2, 0)))),
        new Refusal("half a spectrum of another length", ShapeException.class,
            "inverseRfft: expected a last axis of 5 for length 8, given [4]",
            () -> Signal.inverseRfft(Signal.rfft(Tensor.zeros(Shape.of(7))), 8)));
  }
}
