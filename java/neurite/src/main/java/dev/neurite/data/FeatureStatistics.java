package dev.neurite.data;

import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Mean, deviation and extremes of each feature, gathered row by row in double (Welford 1962). */
final class FeatureStatistics {

  private final double[] mean;
  private final double[] squares; // sums of squared distances from the mean
  private final double[] min;
  private final double[] max;
  private long count;

  private FeatureStatistics(int features) {
    mean = new double[features];
    squares = new double[features];
    min = new double[features];
    max = new double[features];
    Arrays.fill(min, Double.POSITIVE_INFINITY);
    Arrays.fill(max, Double.NEGATIVE_INFINITY);
  }

  static FeatureStatistics of(Dataset data) {
    FeatureStatistics s = null;
    for (Batch batch : data) {
      s = s == null ? new FeatureStatistics(width(batch.x())) : s;
      s.add(batch.x());
    }
    return require(s);
  }

  static FeatureStatistics of(Tensor x) {
    FeatureStatistics s = new FeatureStatistics(width(x));
    s.add(x);
    return require(s);
  }

  private static FeatureStatistics require(FeatureStatistics s) {
    if (s == null || s.count == 0) {
      throw new IllegalArgumentException("scaler: expected at least one row to find statistics of, given none");
    }
    return s;
  }

  private static int width(Tensor x) {
    if (x.rank() == 0) {
      throw new dev.neurite.error.ShapeException("scaler: expected [..., features], given " + x.shape());
    }
    return Math.toIntExact(x.shape().last());
  }

  private void add(Tensor x) {
    try (Scope scope = Scope.open()) {
      double[] v = x.toDoubles();
      int n = mean.length;
      if (width(x) != n) {
        throw new dev.neurite.error.ShapeException("scaler: expected " + n + " features, given " + x.shape());
      }
      for (int i = 0; i < v.length; i++) {
        int f = i % n;
        count += f == 0 ? 1 : 0;
        if (!Double.isFinite(v[i])) {
          throw new IllegalArgumentException(
              "scaler: expected finite features, given " + v[i] + " in row " + (count - 1) + ", feature " + f);
        }
        double away = v[i] - mean[f];
        mean[f] += away / count;
        squares[f] += away * (v[i] - mean[f]);
        min[f] = Math.min(min[f], v[i]);
        max[f] = Math.max(max[f], v[i]);
      }
    }
  }

  int features() {
    return mean.length;
  }

  double[] means() {
    return mean;
  }

  double[] mins() {
    return min;
  }

  double min(int feature) {
    return min[feature];
  }

  double max(int feature) {
    return max[feature];
  }

  double deviation(int feature) {
    return Math.sqrt(squares[feature] / count);
  }

  static List<Double> list(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
