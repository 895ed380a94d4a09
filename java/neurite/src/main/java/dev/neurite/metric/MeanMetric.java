package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.function.BinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** The weighted mean of a value per sample, such as a loss or whether the prediction was right. */
final class MeanMetric implements Metric {

  private final String name;
  private final BinaryOperator<Tensor> values;
  private final DoubleUnaryOperator finish;
  private final Metric forLogits;
  private double sum;
  private double divisor;

  MeanMetric(String name, BinaryOperator<Tensor> values) {
    this(name, values, v -> v, null);
  }

  /**
   * A mean.
   *
   * @param finish applied to the mean, such as a square root
   * @param forLogits the metric for predictions that are logits; null for the same one
   */
  MeanMetric(String name, BinaryOperator<Tensor> values, DoubleUnaryOperator finish, Metric forLogits) {
    this.name = name;
    this.values = values;
    this.finish = finish;
    this.forLogits = forLogits;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Metric forLogits() {
    return forLogits == null ? this : forLogits;
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Values batch = HostBatch.values(name, () -> values.apply(yTrue, yPred), weights);
    sum += batch.sum();
    divisor += batch.weight();
  }

  @Override
  public double result() {
    return divisor == 0 ? 0 : finish.applyAsDouble(sum / divisor);
  }

  @Override
  public double[] state() {
    return new double[] {sum, divisor};
  }

  @Override
  public void restore(double[] state) {
    HostBatch.requireState(name, 2, state);
    sum = state[0];
    divisor = state[1];
  }

  @Override
  public void reset() {
    sum = 0;
    divisor = 0;
  }
}
