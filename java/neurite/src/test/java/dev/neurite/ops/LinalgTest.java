package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Linalg;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Shaping;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Decompositions are compared through what does not depend on the signs of their vectors. */
class LinalgTest extends OpContract {

  private static final int N = 3;

  @Override
  String folder() {
    return "linalg";
  }

  @Override
  List<Case> cases() {
    Shape two = Shape.of(2, N, N);
    Shape one = Shape.of(N, N);
    return List.of(
        new Case("determinant", t -> Linalg.det(t[0]), v -> each(v[0], m -> new double[] {det(m)}), two)
            .tolerance(1e-4),
        new Case("inverse", t -> Linalg.inverse(regular(t[0])), v -> each(v[0], m -> inverse(plus(m, 5))), two),
        new Case("solution", t -> Linalg.solve(regular(t[0]), t[1]),
            v -> product(inverse(plus(v[0], 5)), v[1], 2), one, Shape.of(N, 2)),
        new Case("solution for a vector", t -> Linalg.solve(regular(t[0]), t[1]),
            v -> product(inverse(plus(v[0], 5)), v[1], 1), one, Shape.of(N)),
        new Case("solution with one matrix for a batch", t -> Linalg.solve(regular(t[0]), t[1]),
            v -> each(v[1], m -> product(inverse(plus(v[0], 5)), m, N)), one, two),
        new Case("lower triangle", t -> Linalg.solveTriangular(regular(t[0]), t[1], true),
            v -> product(inverse(triangle(plus(v[0], 5), true)), v[1], 2), one, Shape.of(N, 2)),
        new Case("upper triangle", t -> Linalg.solveTriangular(regular(t[0]), t[1], false),
            v -> product(inverse(triangle(plus(v[0], 5), false)), v[1], 2), one, Shape.of(N, 2)),
        new Case("cholesky", t -> Linalg.cholesky(regular(t[0]).add(t[0])), v -> each(v[0], m -> cholesky(m)), two)
            .range(-1, 1),
        new Case("eigenvalues", t -> Linalg.eigvalsh(t[0]).pow(3).sum(-1),
            v -> each(v[0], m -> new double[] {trace(power(symmetric(m), 3))}), two).tolerance(1e-4),
        new Case("eigenvectors", t -> {
          Linalg.Eigen e = Linalg.eigh(t[0]);
          return e.vectors().mul(e.values().exp().expandDims(-2)).matmul(e.vectors().transpose());
        }, v -> each(v[0], m -> exponential(symmetric(m))), two).tolerance(1e-4),
        new Case("singular values", t -> Linalg.singularValues(t[0]).pow(4).sum(-1),
            v -> new double[] {trace(power(gram(v[0], 5), 2))}, Shape.of(5, N)).tolerance(1e-4),
        new Case("singular vectors", t -> {
          Linalg.Svd d = Linalg.svd(regular(t[0]));
          return d.u().matmul(d.v().transpose());
        }, v -> each(v[0], m -> polar(plus(m, 5))), two).tolerance(1e-4),
        new Case("decomposition of a wide matrix", t -> {
          Linalg.Svd d = Linalg.svd(t[0]);
          return d.u().mul(d.s().expandDims(-2)).matmul(d.v().transpose());
        }, v -> v[0], Shape.of(2, 2, 4)));
  }

  private static Tensor regular(Tensor x) {
    return x.add(Shaping.eye(N, N, x.dtype()).mul(5));
  }

  @FunctionalInterface
  private interface OfMatrix {
    double[] apply(double[] m);
  }

  private static double[] each(double[] x, OfMatrix f) {
    double[][] parts = new double[x.length / (N * N)][];
    int size = 0;
    for (int b = 0; b < parts.length; b++) {
      parts[b] = f.apply(java.util.Arrays.copyOfRange(x, b * N * N, (b + 1) * N * N));
      size += parts[b].length;
    }
    double[] y = new double[size];
    for (int b = 0, at = 0; b < parts.length; at += parts[b++].length) {
      System.arraycopy(parts[b], 0, y, at, parts[b].length);
    }
    return y;
  }

  private static double[] plus(double[] m, double diagonal) {
    double[] y = m.clone();
    for (int i = 0; i < N; i++) {
      y[i * N + i] += diagonal;
    }
    return y;
  }

  private static double det(double[] m) {
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  }

  private static double[] inverse(double[] m) {
    double[] y = new double[N * N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        int a = (j + 1) % N;
        int b = (j + 2) % N;
        int c = (i + 1) % N;
        int d = (i + 2) % N;
        y[i * N + j] = (m[a * N + c] * m[b * N + d] - m[a * N + d] * m[b * N + c]) / det(m);
      }
    }
    return y;
  }

  /** [N, N] times [N, cols]. */
  private static double[] product(double[] a, double[] b, int cols) {
    double[] y = new double[N * cols];
    for (int i = 0; i < y.length; i++) {
      for (int k = 0; k < N; k++) {
        y[i] += a[i / cols * N + k] * b[k * cols + i % cols];
      }
    }
    return y;
  }

  private static double[] triangle(double[] m, boolean lower) {
    double[] y = m.clone();
    for (int i = 0; i < y.length; i++) {
      y[i] = lower ? (i % N > i / N ? 0 : y[i]) : (i % N < i / N ? 0 : y[i]);
    }
    return y;
  }

  private static double[] symmetric(double[] m) {
    double[] y = new double[m.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (m[i] + m[i % N * N + i / N]) / 2;
    }
    return y;
  }

  /** Of the symmetric part of 2m + 5, which the case makes positive definite. */
  private static double[] cholesky(double[] m) {
    double[] a = plus(symmetric(java.util.Arrays.stream(m).map(x -> 2 * x).toArray()), 5);
    double[] l = new double[N * N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j <= i; j++) {
        double rest = a[i * N + j];
        for (int k = 0; k < j; k++) {
          rest -= l[i * N + k] * l[j * N + k];
        }
        l[i * N + j] = i == j ? Math.sqrt(rest) : rest / l[j * N + j];
      }
    }
    return l;
  }

  private static double[] power(double[] m, int p) {
    return p == 1 ? m : product(m, power(m, p - 1), N);
  }

  private static double trace(double[] m) {
    return m[0] + m[4] + m[8];
  }

  /** {@code x^T x} of [rows, N]. */
  private static double[] gram(double[] x, int rows) {
    double[] y = new double[N * N];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < y.length; i++) {
        y[i] += x[r * N + i / N] * x[r * N + i % N];
      }
    }
    return y;
  }

  /** The series of the matrix exponential. */
  private static double[] exponential(double[] m) {
    double[] term = plus(new double[N * N], 1);
    double[] sum = term.clone();
    for (int k = 1; k < 60; k++) {
      term = product(term, m, N);
      for (int i = 0; i < term.length; i++) {
        term[i] /= k;
        sum[i] += term[i];
      }
    }
    return sum;
  }

  /** The orthogonal factor, by Newton's iteration (Higham 1986). */
  private static double[] polar(double[] m) {
    double[] x = m;
    for (int step = 0; step < 40; step++) {
      double[] inverse = inverse(x);
      double[] next = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        next[i] = (x[i] + inverse[i % N * N + i / N]) / 2;
      }
      x = next;
    }
    return x;
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("a singular matrix is named", IllegalArgumentException.class,
            "inverse: matrix 0 of the batch is singular", () -> Linalg.inverse(Tensor.zeros(Shape.of(2, 2)))),
        new Refusal("an indefinite matrix is named", IllegalArgumentException.class,
            "cholesky: matrix 0 of the batch is not positive definite",
            () -> Linalg.cholesky(Tensor.zeros(Shape.of(2, 2)))),
        new Refusal("a matrix that is not square is refused", ShapeException.class,
            "det: expected square matrices, given float32[2, 3]", () -> Linalg.det(Tensor.zeros(Shape.of(2, 3)))),
        new Refusal("a right side of another height is refused", ShapeException.class,
            "solve: expected 2 rows on the right side, given [2, 2] and [3, 1]",
            () -> Linalg.solve(Tensor.zeros(Shape.of(2, 2)), Tensor.zeros(Shape.of(3, 1)))));
  }
}
