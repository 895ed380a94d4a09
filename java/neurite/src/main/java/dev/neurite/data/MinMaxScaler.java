package dev.neurite.data;

import dev.neurite.tensor.Tensor;

/**
 * Scaling to a range: {@code y = (x - min) / (max - min) * (high - low) + low} per feature (the last axis). A constant
 * feature becomes {@code low}.
 */
public final class MinMaxScaler {

  private MinMaxScaler() {}

  /** To [0, 1], from a data set's features. */
  public static Scaler fit(Dataset train) {
    return of(FeatureStatistics.of(train), 0, 1);
  }

  /** To [low, high], from a data set's features. */
  public static Scaler fit(Dataset train, double low, double high) {
    return of(FeatureStatistics.of(train), low, high);
  }

  /** To [low, high], from a tensor [..., features]. */
  public static Scaler fit(Tensor train, double low, double high) {
    return of(FeatureStatistics.of(train), low, high);
  }

  private static Scaler of(FeatureStatistics s, double low, double high) {
    if (!(low < high)) {
      throw new IllegalArgumentException("MinMaxScaler: expected low < high, given " + low + " and " + high);
    }
    double[] scale = new double[s.features()];
    for (int i = 0; i < scale.length; i++) {
      double range = s.max(i) - s.min(i);
      scale[i] = range == 0 ? 1 : (high - low) / range;
    }
    return new Scaler("min_max", FeatureStatistics.list(s.mins()), FeatureStatistics.list(scale), low);
  }
}
