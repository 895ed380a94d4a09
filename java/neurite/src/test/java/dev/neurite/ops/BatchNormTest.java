package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class BatchNormTest extends OpContract {

  private static final double EPS = 1e-3;

  @Override
  String folder() {
    return "batch_norm";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (Shape x : List.of(Shape.of(8, 3), Shape.of(2, 3, 4, 17), Shape.of(1, 5))) {
      Shape c = Shape.of(x.last());
      all.add(new Case("training", t -> BatchNormOp.train(t[0], t[1], t[2], EPS).y(), v -> train(v, (int) x.last()), x, c, c));
      all.add(new Case("training without gamma and beta", t -> BatchNormOp.train(t[0], null, null, EPS).y(),
          v -> train(new double[][] {v[0], ones(c), new double[(int) c.size()]}, (int) x.last()), x));
      all.add(new Case("inference", t -> BatchNormOp.infer(t[0], t[1], t[2], Tensor.full(c, 0.5, t[0].dtype()),
          Tensor.full(c, 2, t[0].dtype()), EPS), v -> infer(v, (int) x.last()), x, c, c));
      for (boolean relu : new boolean[] {false, true}) {
        all.add(new Case("training with a residual, ReLU " + relu,
            t -> BatchNormOp.train(t[0], t[1], t[2], EPS, t[3], relu).y(),
            v -> behind(train(v, (int) x.last()), v[3], relu), x, c, c, x));
        all.add(new Case("inference with a residual, ReLU " + relu,
            t -> BatchNormOp.infer(t[0], t[1], t[2], Tensor.full(c, 0.5, t[0].dtype()),
                Tensor.full(c, 2, t[0].dtype()), EPS, t[3], relu),
            v -> behind(infer(v, (int) x.last()), v[3], relu), x, c, c, x));
      }
      all.add(new Case("training with a ReLU", t -> BatchNormOp.train(t[0], t[1], t[2], EPS, null, true).y(),
          v -> behind(train(v, (int) x.last()), new double[v[0].length], true), x, c, c));
    }
    return all;
  }

  private static double[] behind(double[] y, double[] residual, boolean relu) {
    double[] sum = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      sum[i] = relu ? Math.max(0, y[i] + residual[i]) : y[i] + residual[i];
    }
    return sum;
  }

  private static double[] ones(Shape c) {
    double[] y = new double[(int) c.size()];
    java.util.Arrays.fill(y, 1);
    return y;
  }

  private static double[] train(double[][] v, int channels) {
    int rows = v[0].length / channels;
    double[] y = new double[v[0].length];
    for (int c = 0; c < channels; c++) {
      double mean = 0;
      double var = 0;
      for (int r = 0; r < rows; r++) {
        mean += v[0][r * channels + c] / rows;
      }
      for (int r = 0; r < rows; r++) {
        var += Math.pow(v[0][r * channels + c] - mean, 2) / rows;
      }
      for (int r = 0; r < rows; r++) {
        y[r * channels + c] = v[1][c] * (v[0][r * channels + c] - mean) / Math.sqrt(var + EPS) + v[2][c];
      }
    }
    return y;
  }

  private static double[] infer(double[][] v, int channels) {
    double[] y = new double[v[0].length];
    for (int i = 0; i < y.length; i++) {
      y[i] = v[1][i % channels] * (v[0][i] - 0.5) / Math.sqrt(2 + EPS) + v[2][i % channels];
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("a residual of another shape is refused", ShapeException.class,
            "batch_norm: expected a residual [2, 3], given [3]",
            () -> BatchNormOp.train(Tensor.zeros(Shape.of(2, 3)), null, null, EPS, Tensor.zeros(Shape.of(3)), true)),
        new Refusal("gamma of another length is refused", ShapeException.class,
            "batch_norm: expected gamma and beta [3], given [4]",
            () -> BatchNormOp.train(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(4), DType.FLOAT32), null, EPS)));
  }
}
