package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.Resize2d.Mode;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class Resize2dTest extends OpContract {

  private static final double CUBIC = -0.75;

  @Override
  String folder() {
    return "resize2d";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    long[][] sizes = {{3, 3, 6, 6}, {2, 3, 5, 7}, {5, 5, 3, 2}, {4, 4, 4, 4}, {1, 1, 3, 2}, {5, 4, 1, 1}};
    for (long[] size : sizes) {
      for (Mode mode : Mode.values()) {
        for (boolean corners : new boolean[] {false, true}) {
          if (corners && mode.ordinal() < Mode.LINEAR.ordinal()) {
            continue;
          }
          Shape x = Shape.of(2, size[0], size[1], 3);
          all.add(new Case(mode + (corners ? ", corners" : ""),
              t -> Resize2d.apply(t[0], size[2], size[3], mode, corners, CUBIC),
              in -> reference(in[0], x, size, mode, corners), x));
        }
      }
    }
    return all;
  }

  /** Weight of every input cell of an axis in output i. */
  private static double[] weights(int i, int n, int out, Mode mode, boolean corners) {
    double[] w = new double[n];
    switch (mode) {
      case NEAREST -> w[(int) Math.floor((i + 0.5) * n / out)] = 1;
      case NEAREST_FLOOR -> w[i * n / out] = 1;
      case LINEAR -> {
        double source = Math.max(source(i, n, out, corners), 0);
        for (int r = 0; r <= n; r++) {
          w[Math.min(r, n - 1)] += Math.max(0, 1 - Math.abs(source - r));
        }
      }
      case CUBIC -> {
        double source = source(i, n, out, corners);
        for (int r = -3; r < n + 3; r++) {
          w[Math.max(0, Math.min(r, n - 1))] += cubic(Math.abs(source - r));
        }
      }
      default -> throw new AssertionError(mode);
    }
    return w;
  }

  private static double source(int i, int n, int out, boolean corners) {
    return corners ? out == 1 ? 0 : (double) i * (n - 1) / (out - 1) : (i + 0.5) * n / out - 0.5;
  }

  private static double cubic(double d) {
    if (d <= 1) {
      return (CUBIC + 2) * d * d * d - (CUBIC + 3) * d * d + 1;
    }
    return d < 2 ? CUBIC * d * d * d - 5 * CUBIC * d * d + 8 * CUBIC * d - 4 * CUBIC : 0;
  }

  private static double[] reference(double[] in, Shape x, long[] size, Mode mode, boolean corners) {
    int channels = (int) x.dim(3);
    int h = (int) size[0];
    int w = (int) size[1];
    double[] y = new double[(int) (x.dim(0) * size[2] * size[3]) * channels];
    for (int at = 0; at < y.length; at++) {
      int c = at % channels;
      int j = at / channels % (int) size[3];
      int i = at / channels / (int) size[3] % (int) size[2];
      int n = at / channels / (int) (size[3] * size[2]);
      double[] rows = weights(i, h, (int) size[2], mode, corners);
      double[] cols = weights(j, w, (int) size[3], mode, corners);
      for (int r = 0; r < h; r++) {
        for (int q = 0; q < w; q++) {
          y[at] += rows[r] * cols[q] * in[((n * h + r) * w + q) * channels + c];
        }
      }
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("an empty image is refused", ShapeException.class,
            "resize2d: expected [batch, height, width, channels] of at least 1 x 1, given float32[1, 0, 2, 3]",
            () -> Resize2d.apply(Tensor.zeros(Shape.of(1, 0, 2, 3)), 2, 2, Mode.LINEAR, false, CUBIC)),
        new Refusal("an empty output is refused", ShapeException.class,
            "resize2d: expected an output of at least 1 x 1, given 2 x 0",
            () -> Resize2d.apply(Tensor.zeros(Shape.of(1, 2, 2, 3)), 2, 0, Mode.LINEAR, false, CUBIC)));
  }
}
