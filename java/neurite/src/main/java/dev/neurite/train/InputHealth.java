package dev.neurite.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the features of one input are scaled, measured on some training examples. A feature is a column of a table, a
 * channel of pictures and sequences. Its spread is the largest distance from its mean, so that a pixel that is seldom
 * on counts like any other.
 *
 * @param input number of the input, from 0
 * @param features number of features
 * @param constant number of features with one value only; they are left out of what follows
 * @param narrowest feature with the smallest spread, or -1 when all are constant
 * @param smallestSpread its spread
 * @param widest feature with the largest spread, or -1 when all are constant
 * @param largestSpread its spread
 * @param shifted feature whose mean is farthest from 0, counted in spreads, or -1 when all are constant
 * @param largestShift that distance
 * @param means mean of each feature; of the first {@value #LISTED} where there are more
 * @param deviations standard deviation of each feature; of the first {@value #LISTED} where there are more
 * @param normalised true when the network begins with a normalising layer, which mends any scale
 */
public record InputHealth(
    int input,
    long features,
    long constant,
    long narrowest,
    double smallestSpread,
    long widest,
    double largestSpread,
    long shifted,
    double largestShift,
    List<Double> means,
    List<Double> deviations,
    boolean normalised) {

  /** Most features whose mean and deviation are listed. */
  public static final int LISTED = 64;

  /** Copies the lists. */
  public InputHealth {
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
  }

  /**
   * Measures rows of features.
   *
   * @param rows values, one row of features after the other
   * @param features features per row
   */
  static InputHealth measure(int input, double[] rows, int features, boolean normalised) {
    double[] mean = new double[features];
    double[] low = new double[features];
    double[] high = new double[features];
    double[] square = new double[features];
    int count = rows.length / features;
    for (int f = 0; f < features; f++) {
      low[f] = Double.POSITIVE_INFINITY;
      high[f] = Double.NEGATIVE_INFINITY;
      for (int i = f; i < rows.length; i += features) {
        mean[f] += rows[i] / count;
        low[f] = Math.min(low[f], rows[i]);
        high[f] = Math.max(high[f], rows[i]);
      }
      for (int i = f; i < rows.length; i += features) {
        square[f] += (rows[i] - mean[f]) * (rows[i] - mean[f]) / count;
      }
    }
    return summary(input, mean, low, high, square, normalised);
  }

  private static InputHealth summary(
      int input, double[] mean, double[] low, double[] high, double[] square, boolean normalised) {
    int narrow = -1;
    int wide = -1;
    int shifted = -1;
    int constant = 0;
    double[] spread = new double[mean.length];
    for (int f = 0; f < mean.length; f++) {
      spread[f] = Math.max(high[f] - mean[f], mean[f] - low[f]);
      if (high[f] == low[f]) {
        constant++;
        continue;
      }
      narrow = narrow < 0 || spread[f] < spread[narrow] ? f : narrow;
      wide = wide < 0 || spread[f] > spread[wide] ? f : wide;
      shifted = shifted < 0 || shift(mean, spread, f) > shift(mean, spread, shifted) ? f : shifted;
    }
    int listed = Math.min(LISTED, mean.length);
    List<Double> means = java.util.Arrays.stream(mean, 0, listed).boxed().toList();
    List<Double> deviations = java.util.Arrays.stream(square, 0, listed).map(Math::sqrt).boxed().toList();
    return new InputHealth(
        input, mean.length, constant, narrow, narrow < 0 ? 0 : spread[narrow], wide, wide < 0 ? 0 : spread[wide],
        shifted, shifted < 0 ? 0 : shift(mean, spread, shifted), means, deviations, normalised);
  }

  private static double shift(double[] mean, double[] spread, int f) {
    return Math.abs(mean[f]) / spread[f];
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("input", input);
    map.put("features", features);
    map.put("constant", constant);
    map.put("narrowest", narrowest);
    map.put("smallest_spread", HealthJson.number(smallestSpread));
    map.put("widest", widest);
    map.put("largest_spread", HealthJson.number(largestSpread));
    map.put("shifted", shifted);
    map.put("largest_shift", HealthJson.number(largestShift));
    map.put("means", means.stream().map(HealthJson::number).toList());
    map.put("deviations", deviations.stream().map(HealthJson::number).toList());
    map.put("normalised", normalised);
    return map;
  }

  static InputHealth of(HealthJson map) {
    return new InputHealth(
        (int) map.number("input"), (long) map.number("features"), (long) map.number("constant"),
        (long) map.number("narrowest"), map.number("smallest_spread"), (long) map.number("widest"),
        map.number("largest_spread"), (long) map.number("shifted"), map.number("largest_shift"),
        map.numbers("means"), map.numbers("deviations"), map.flag("normalised"));
  }
}
