package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

class SoftmaxXentTest extends OpContract {

  private static final long IGNORED = -1;
  private static final long[] LABELS = {2, 0, 4, IGNORED};

  @Override
  String folder() {
    return "softmax_xent";
  }

  @Override
  List<Case> cases() {
    Shape logits = Shape.of(4, 5);
    return List.of(
        new Case("integer labels", t -> SoftmaxCrossEntropy.sparse(t[0], labels(), 0, IGNORED), v -> sparse(v[0], 0), logits),
        new Case("smoothed labels", t -> SoftmaxCrossEntropy.sparse(t[0], labels(), 0.1, IGNORED),
            v -> sparse(v[0], 0.1), logits),
        new Case("dense targets", t -> SoftmaxCrossEntropy.dense(t[0], t[1].softmax(-1).contiguous()), SoftmaxXentTest::dense,
            logits, logits).noGradient(),
        new Case("dense targets, gradient to the logits",
            t -> SoftmaxCrossEntropy.dense(t[0], Tensor.full(logits, 0.2, t[0].dtype())), SoftmaxXentTest::uniform, logits),
        new Case("logits of 10,000", t -> SoftmaxCrossEntropy.sparse(t[0], labels(), 0, IGNORED), v -> sparse(v[0], 0), logits)
            .range(-1e4, 1e4).noGradient());
  }

  private static Tensor labels() {
    return Tensor.ofLongs(LABELS);
  }

  private static double lse(double[] x, int row) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < 5; j++) {
      max = Math.max(max, x[row * 5 + j]);
    }
    double sum = 0;
    for (int j = 0; j < 5; j++) {
      sum += Math.exp(x[row * 5 + j] - max);
    }
    return max + Math.log(sum);
  }

  private static double[] sparse(double[] x, double smoothing) {
    double[] loss = new double[4];
    for (int r = 0; r < 4; r++) {
      if (LABELS[r] == IGNORED) {
        continue;
      }
      double sum = 0;
      for (int j = 0; j < 5; j++) {
        sum += x[r * 5 + j];
      }
      loss[r] = lse(x, r) - (1 - smoothing) * x[r * 5 + (int) LABELS[r]] - smoothing / 5 * sum;
    }
    return loss;
  }

  private static double[] dense(double[]... v) {
    double[] loss = new double[4];
    for (int r = 0; r < 4; r++) {
      double norm = lse(v[1], r);
      loss[r] = lse(v[0], r);
      for (int j = 0; j < 5; j++) {
        loss[r] -= Math.exp(v[1][r * 5 + j] - norm) * v[0][r * 5 + j];
      }
    }
    return loss;
  }

  private static double[] uniform(double[]... v) {
    double[] loss = new double[4];
    for (int r = 0; r < 4; r++) {
      loss[r] = lse(v[0], r);
      for (int j = 0; j < 5; j++) {
        loss[r] -= 0.2 * v[0][r * 5 + j];
      }
    }
    return loss;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("a label out of range is named with its row and the range", IllegalArgumentException.class,
            "softmax_cross_entropy: label 3 at row 1 is outside [0, 3)",
            () -> SoftmaxCrossEntropy.sparse(Tensor.zeros(Shape.of(2, 3)), Tensor.ofLongs(0, 3), 0, SoftmaxCrossEntropy.NONE)),
        new Refusal("labels of another shape are refused", ShapeException.class,
            "softmax_cross_entropy: expected labels [2] for logits [2, 3], given [3]",
            () -> SoftmaxCrossEntropy.sparse(Tensor.zeros(Shape.of(2, 3)), Tensor.ofLongs(0, 1, 2), 0, SoftmaxCrossEntropy.NONE)));
  }
}
