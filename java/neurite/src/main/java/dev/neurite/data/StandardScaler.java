package dev.neurite.data;

import dev.neurite.tensor.Tensor;

/**
 * Standardisation: {@code y = (x - mean) / std} per feature (the last axis), with the population's standard deviation.
 * A constant feature is divided by 1 and so becomes 0, as in scikit-learn.
 *
 * <pre>{@code
 * Scaler scaler = StandardScaler.fit(train);                // statistics of the training data only
 * model.fit(scaler.apply(train), Fit.epochs(10).validateOn(scaler.apply(test)));
 * }</pre>
 */
public final class StandardScaler {

  private StandardScaler() {}

  /** Statistics of a data set's features. */
  public static Scaler fit(Dataset train) {
    return of(FeatureStatistics.of(train));
  }

  /** Statistics of a tensor [..., features]. */
  public static Scaler fit(Tensor train) {
    return of(FeatureStatistics.of(train));
  }

  private static Scaler of(FeatureStatistics s) {
    double[] scale = new double[s.features()];
    for (int i = 0; i < scale.length; i++) {
      double deviation = s.deviation(i);
      scale[i] = deviation == 0 ? 1 : 1 / deviation;
    }
    return new Scaler("standard", FeatureStatistics.list(s.means()), FeatureStatistics.list(scale), 0);
  }
}
