package dev.neurite.ops;

import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Recurrent networks written down plainly: one sequence after the other, one unit after the other. Results are the
 * outputs [batch, time, units], padding repeating the last one, then the last states.
 */
final class RecurrentReference {

  final int batch;
  final int time;
  final int units;
  final long[] lengths;
  final boolean reverse;

  RecurrentReference(int batch, int time, int units, long[] lengths, boolean reverse) {
    this.batch = batch;
    this.time = time;
    this.units = units;
    this.lengths = lengths;
    this.reverse = reverse;
  }

  /** New states (h, and c where there is one) from the projections of a step and the old states. */
  interface Step {
    double[][] apply(double[] projected, double[][] states);
  }

  /** The layout under test. */
  PackedSteps steps(Tensor x) {
    return PackedSteps.of("test", x, lengths == null ? null : Tensor.ofLongs(lengths), reverse);
  }

  /** Flat outputs and states of the op under test, in the order of {@link #run}. */
  Tensor flat(PackedSteps steps, Tensor h, Tensor... last) {
    Tensor all = steps.unpack(h, false, false).reshape((long) batch * time * units);
    for (Tensor state : last) {
      all = Tensor.concat(0, List.of(all, steps.original(state).reshape((long) batch * units)));
    }
    return all;
  }

  double[] run(double[] projected, int width, double[][] first, Step step) {
    int states = first.length;
    double[] out = new double[batch * time * units + states * batch * units];
    for (int b = 0; b < batch; b++) {
      int length = lengths == null ? time : (int) lengths[b];
      double[][] s = new double[states][units];
      for (int k = 0; k < states; k++) {
        if (first[k] != null) {
          System.arraycopy(first[k], b * units, s[k], 0, units);
        }
      }
      for (int t = 0; t < time; t++) {
        if (t < length) {
          double[] p = new double[width];
          System.arraycopy(projected, (b * time + (reverse ? length - 1 - t : t)) * width, p, 0, width);
          s = step.apply(p, s);
        }
        if (length > 0) {
          System.arraycopy(s[0], 0, out, (b * time + t) * units, units);
        }
      }
      for (int k = 0; k < states; k++) {
        System.arraycopy(s[k], 0, out, batch * time * units + (k * batch + b) * units, units);
      }
    }
    return out;
  }

  /** {@code sum_i h_i u[i, column]} for u [units, width]. */
  static double product(double[] h, double[] u, int width, int column) {
    double sum = 0;
    for (int i = 0; i < h.length; i++) {
      sum += h[i] * u[i * width + column];
    }
    return sum;
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
