package dev.neurite.metric;

import dev.neurite.tensor.Tensor;
import java.util.function.BinaryOperator;

/** The weighted sum of a value per sample. */
final class SumMetric implements Metric {

  private final String name;
  private final BinaryOperator<Tensor> values;
  private double sum;

  SumMetric(String name, BinaryOperator<Tensor> values) {
    this.name = name;
    this.values = values;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    sum += HostBatch.values(name, () -> values.apply(yTrue, yPred), weights).sum();
  }

  @Override
  public double result() {
    return sum;
  }

  @Override
  public double[] state() {
    return new double[] {sum};
  }

  @Override
  public void restore(double[] state) {
    HostBatch.requireState(name, 1, state);
    sum = state[0];
  }

  @Override
  public void reset() {
    sum = 0;
  }
}
