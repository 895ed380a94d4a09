package dev.neurite.data;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Linalg;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * Principal component analysis: the directions in which the data vary most, and how much. The covariance has divisor n
 * - 1; a component's sign is such that its largest value by magnitude is positive.
 *
 * @param mean of each feature
 * @param components one row per component, by falling variance: [features][features]
 * @param variance along each component
 */
public record Pca(double[] mean, double[][] components, double[] variance) {

  /**
   * Fits all components.
   *
   * @param x [rows, features], at least two rows
   */
  public static Pca fit(Tensor x) {
    if (x.rank() != 2 || x.dim(0) < 2) {
      throw new ShapeException("Pca: expected [rows, features] with at least 2 rows, given " + x.shape());
    }
    try (Scope scope = Scope.open()) {
      Tensor rows = x.cast(DType.FLOAT64);
      Tensor mean = rows.mean(0);
      Tensor centred = rows.sub(mean);
      Linalg.Eigen eigen = Linalg.eigh(centred.transpose().matmul(centred).div(x.dim(0) - 1.0));
      int n = (int) x.dim(1);
      double[] ascending = eigen.values().toDoubles();
      double[] vectors = eigen.vectors().toDoubles();
      double[] variance = new double[n];
      double[][] components = new double[n][n];
      for (int k = 0; k < n; k++) {
        int column = n - 1 - k;
        variance[k] = Math.max(ascending[column], 0); // rounding may leave a tiny negative one
        components[k] = signed(column(vectors, n, column));
      }
      return new Pca(mean.toDoubles(), components, variance);
    }
  }

  private static double[] column(double[] matrix, int n, int column) {
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = matrix[i * n + column];
    }
    return v;
  }

  private static double[] signed(double[] v) {
    double largest = 0;
    for (double e : v) {
      largest = Math.abs(e) > Math.abs(largest) ? e : largest;
    }
    for (int i = 0; largest < 0 && i < v.length; i++) {
      v[i] = -v[i];
    }
    return v;
  }

  /** Part of the whole variance along each component; zeros when nothing varies. */
  public double[] ratio() {
    double sum = 0;
    for (double v : variance) {
      sum += v;
    }
    double[] ratio = new double[variance.length];
    for (int i = 0; i < ratio.length; i++) {
      ratio[i] = sum == 0 ? 0 : variance[i] / sum;
    }
    return ratio;
  }

  /**
   * The data along the first components.
   *
   * @param x [rows, features]
   * @param count number of components
   * @return [rows, count]
   */
  public Tensor project(Tensor x, int count) {
    if (count < 1 || count > components.length) {
      throw new IllegalArgumentException(
          "Pca: expected 1 to " + components.length + " components, given " + count);
    }
    Tensor centred = x.sub(Tensor.of(mean, dev.neurite.tensor.Shape.of(mean.length), x.dtype()));
    List<Tensor> rows = java.util.stream.IntStream.range(0, count)
        .mapToObj(k -> Tensor.of(components[k], dev.neurite.tensor.Shape.of(mean.length), x.dtype()))
        .toList();
    return centred.matmul(Tensor.stack(1, rows));
  }
}
