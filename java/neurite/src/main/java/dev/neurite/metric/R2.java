package dev.neurite.metric;

import dev.neurite.tensor.Tensor;

/**
 * The coefficient of determination {@code 1 - sum((y - p)^2) / sum((y - mean(y))^2)}, per column of the last axis.
 *
 * <p>A column whose labels are all equal has 1 when predicted perfectly, else 0. Vectors are one column.
 */
public final class R2 implements Metric {

  /** How the columns become one number. */
  public enum Columns {
    /** The mean. */
    UNIFORM,
    /** Weighed by the variance of the labels. */
    VARIANCE_WEIGHTED
  }

  private final Columns columns;
  private final int regressors;
  private double[] origin = new double[0]; // first label of each column: sums of differences lose no digits
  private double[] sum = new double[0];
  private double[] squares = new double[0];
  private double[] errors = new double[0];
  private double[] mean = new double[0]; // of the errors, for the explained variance
  private double[] weight = new double[0];
  private long elements;

  R2() {
    this(Columns.UNIFORM, 0);
  }

  private R2(Columns columns, int regressors) {
    this.columns = columns;
    this.regressors = regressors;
  }

  /** The same metric with columns averaged in another way (default {@link Columns#UNIFORM}). */
  public R2 columns(Columns how) {
    return new R2(how, regressors);
  }

  /**
   * The same metric adjusted for k independent variables: {@code 1 - (1 - r2) * (n-1) / (n-k-1)}, where n counts all
   * labels (samples times columns), as in Keras.
   */
  public R2 adjustedFor(int independentVariables) {
    if (independentVariables < 0) {
      throw new IllegalArgumentException("r2: expected a count of at least 0, given " + independentVariables);
    }
    return new R2(columns, independentVariables);
  }

  @Override
  public String name() {
    return "r2";
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Pairs p = HostBatch.pairs(name(), yTrue, yPred, weights);
    int width = p.width();
    if (origin.length == 0 && p.size() > 0) {
      start(p, width);
    }
    for (int i = 0; i < p.size(); i++) {
      int c = i % width;
      double w = p.weight(i);
      double y = p.labels()[i] - origin[c];
      double error = p.labels()[i] - p.scores()[i];
      sum[c] += w * y;
      squares[c] += w * y * y;
      errors[c] += w * error * error;
      mean[c] += w * error;
      weight[c] += w;
    }
    elements += p.size();
  }

  private void start(HostBatch.Pairs p, int width) {
    origin = java.util.Arrays.copyOf(p.labels(), width);
    sum = new double[width];
    squares = new double[width];
    errors = new double[width];
    mean = new double[width];
    weight = new double[width];
  }

  /** One value per column. */
  @Override
  public double[] values() {
    double[] v = new double[sum.length];
    for (int c = 0; c < v.length; c++) {
      v[c] = score(errors[c], spread(c));
    }
    return v;
  }

  /** {@code 1 - variance(y - p) / variance(y)}, the mean over columns: unlike R2 it forgives a constant offset. */
  public double explainedVariance() {
    double total = 0;
    for (int c = 0; c < sum.length; c++) {
      total += score(errors[c] - mean[c] * mean[c] / weight[c], spread(c));
    }
    return sum.length == 0 ? 0 : total / sum.length;
  }

  private static double score(double error, double spread) {
    return spread > 0 ? 1 - error / spread : error == 0 ? 1 : 0;
  }

  private double spread(int column) {
    return squares[column] - sum[column] * sum[column] / weight[column];
  }

  @Override
  public double result() {
    double total = 0;
    double divisor = 0;
    double[] each = values();
    for (int c = 0; c < each.length; c++) {
      double w = columns == Columns.VARIANCE_WEIGHTED ? spread(c) : 1;
      total += w * each[c];
      divisor += w;
    }
    double r2 = BinaryCounts.ratio(total, divisor);
    long free = elements - regressors - 1;
    return regressors == 0 || free <= 0 ? r2 : 1 - (1 - r2) * (elements - 1) / free;
  }

  @Override
  public double[] state() {
    return HostBatch.joined(new double[] {elements}, origin, sum, squares, errors, mean, weight);
  }

  @Override
  public void restore(double[] state) {
    int each = state.length / 6;
    HostBatch.requireState(name(), 6 * each + 1, state);
    elements = (long) state[0];
    origin = java.util.Arrays.copyOfRange(state, 1, 1 + each);
    sum = java.util.Arrays.copyOfRange(state, 1 + each, 1 + 2 * each);
    squares = java.util.Arrays.copyOfRange(state, 1 + 2 * each, 1 + 3 * each);
    errors = java.util.Arrays.copyOfRange(state, 1 + 3 * each, 1 + 4 * each);
    mean = java.util.Arrays.copyOfRange(state, 1 + 4 * each, 1 + 5 * each);
    weight = java.util.Arrays.copyOfRange(state, 1 + 5 * each, 1 + 6 * each);
  }

  @Override
  public void reset() {
    origin = new double[0];
    sum = new double[0];
    squares = new double[0];
    errors = new double[0];
    mean = new double[0];
    weight = new double[0];
    elements = 0;
  }
}
