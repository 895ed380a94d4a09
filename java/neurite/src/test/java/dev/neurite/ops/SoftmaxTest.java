package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class SoftmaxTest extends OpContract {

  @Override
  String folder() {
    return "softmax";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (long cols : new long[] {1, 3, 10, 65}) {
      int c = (int) cols;
      Shape shape = Shape.of(4, cols);
      all.add(new Case("softmax", t -> t[0].softmax(-1), v -> rows(v[0], c, false), shape).range(-5, 5));
      all.add(new Case("log softmax", t -> t[0].logSoftmax(1), v -> rows(v[0], c, true), shape).range(-5, 5));
    }
    all.add(new Case("softmax over the first axis", t -> t[0].softmax(0).transpose(),
        v -> rows(transposed(v[0]), 4, false), Shape.of(4, 3)));
    all.add(new Case("softmax of large logits", t -> t[0].softmax(-1), v -> rows(v[0], 6, false), Shape.of(2, 6))
        .range(-1e4, 1e4).noGradient());
    return all;
  }

  private static double[] transposed(double[] v) {
    double[] y = new double[12];
    for (int i = 0; i < 12; i++) {
      y[i] = v[i % 4 * 3 + i / 4];
    }
    return y;
  }

  private static double[] rows(double[] v, int cols, boolean log) {
    double[] y = new double[v.length];
    for (int r = 0; r < v.length / cols; r++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < cols; j++) {
        max = Math.max(max, v[r * cols + j]);
      }
      double sum = 0;
      for (int j = 0; j < cols; j++) {
        sum += Math.exp(v[r * cols + j] - max);
      }
      for (int j = 0; j < cols; j++) {
        double z = v[r * cols + j] - max;
        y[r * cols + j] = log ? z - Math.log(sum) : Math.exp(z) / sum;
      }
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("softmax of labels is refused", DTypeException.class,
            "softmax: expected float32 or float64, given int64[2]", () -> Tensor.ofLongs(1, 2).softmax(0)));
  }
}
