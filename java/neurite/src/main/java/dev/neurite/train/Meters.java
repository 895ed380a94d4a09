package dev.neurite.train;

import dev.neurite.data.Batch;
import dev.neurite.metric.Metric;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Running values over the batches of an epoch: the mean loss per example, and the metrics. */
final class Meters {

  private final List<Metric> metrics;
  private double lossSum;
  private double penaltySum;
  private boolean penalised;
  private long count;

  Meters(List<Metric> metrics) {
    this.metrics = metrics;
  }

  void reset() {
    lossSum = 0;
    penaltySum = 0;
    penalised = false;
    count = 0;
    metrics.forEach(Metric::reset);
  }

  /** Takes a batch in; a smaller last batch counts by its examples. */
  void add(Batch batch, Tensor output, double loss, double penalty) {
    long n = batch.size();
    lossSum += loss * n;
    penaltySum += penalty * n;
    penalised |= penalty != 0;
    count += n;
    for (Metric metric : metrics) {
      metric.update(batch.y(), output, batch.weights());
    }
  }

  /** Loss (penalties included), the penalties where there are any, and the metrics. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", lossSum / count);
    if (penalised) {
      values.put("penalty", penaltySum / count);
    }
    metrics.forEach(metric -> values.put(metric.name(), metric.result()));
    return values;
  }

  /** The sums, without those of the metrics. */
  double[] state() {
    return new double[] {lossSum, penaltySum, penalised ? 1 : 0, count};
  }

  void restore(double[] state) {
    lossSum = state[0];
    penaltySum = state[1];
    penalised = state[2] != 0;
    count = (long) state[3];
  }
}
