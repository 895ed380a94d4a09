package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class GemmTest extends OpContract {

  @Override
  String folder() {
    return "gemm";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    int[][] sizes = {{1, 1, 1}, {3, 5, 7}, {17, 33, 9}, {4, 10, 8}, {1, 40, 30}, {2, 3, 0}};
    for (int[] s : sizes) {
      int m = s[0];
      int n = s[1];
      int k = s[2];
      all.add(new Case("matmul", t -> t[0].matmul(t[1]), v -> product(v[0], v[1], m, n, k), Shape.of(m, k), Shape.of(k, n)));
      all.add(new Case("matmul NT", t -> MatMul.product(t[0], t[1], false, true),
          v -> product(v[0], turned(v[1], n, k), m, n, k), Shape.of(m, k), Shape.of(n, k)));
      all.add(new Case("matmul TN", t -> MatMul.product(t[0], t[1], true, false),
          v -> product(turned(v[0], k, m), v[1], m, n, k), Shape.of(k, m), Shape.of(k, n)));
    }
    all.add(new Case("matmul of batches", t -> t[0].matmul(t[1]), GemmTest::batches, Shape.of(2, 3, 4), Shape.of(4, 5)));
    all.add(new Case("dot", t -> t[0].matmul(t[1]), v -> product(v[0], v[1], 1, 1, 6), Shape.of(6), Shape.of(6)));
    for (UnaryOp act : new UnaryOp[] {UnaryOp.IDENTITY, UnaryOp.RELU, UnaryOp.SIGMOID, UnaryOp.TANH}) {
      all.add(new Case("dense " + act, t -> MatMul.dense(t[0], t[1], t[2], act),
          v -> dense(v, act), Shape.of(3, 4), Shape.of(4, 5), Shape.of(5)));
    }
    return all;
  }

  private static double[] product(double[] a, double[] b, int m, int n, int k) {
    double[] c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < k; p++) {
          c[i * n + j] += a[i * k + p] * b[p * n + j];
        }
      }
    }
    return c;
  }

  private static double[] turned(double[] v, int rows, int cols) {
    double[] y = new double[v.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j++) {
        y[j * rows + i] = v[i * cols + j];
      }
    }
    return y;
  }

  private static double[] batches(double[]... v) {
    return product(v[0], v[1], 6, 5, 4);
  }

  private static double[] dense(double[][] v, UnaryOp act) {
    double[] y = product(v[0], v[1], 3, 5, 4);
    for (int i = 0; i < y.length; i++) {
      double z = y[i] + v[2][i % 5];
      y[i] = switch (act) {
        case RELU -> Math.max(z, 0);
        case SIGMOID -> 1 / (1 + Math.exp(-z));
        case TANH -> Math.tanh(z);
        default -> z;
      };
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("unequal inner lengths are named", ShapeException.class,
            "matmul: expected equal inner lengths, given [2, 3] and [4, 5]",
            () -> Tensor.zeros(Shape.of(2, 3)).matmul(Tensor.zeros(Shape.of(4, 5)))),
        new Refusal("a scalar factor is refused", ShapeException.class,
            "matmul: expected at least one axis, given [] and [2]",
            () -> Tensor.zeros(Shape.scalar()).matmul(Tensor.zeros(Shape.of(2)))));
  }
}
