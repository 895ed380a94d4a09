package dev.neurite.metric;

import dev.neurite.loss.ElementLoss;
import dev.neurite.tensor.Tensor;

/**
 * {@code e^(mean negative log-likelihood)} over tokens: a model that is undecided between V words has V.
 *
 * <p><b>Shapes</b>: labels {@code [batch, time]} of integers, predictions {@code [batch, time, words]} (logits or
 * probabilities, as the loss says).
 */
final class Perplexity implements Metric {

  private final ElementLoss loss;
  private double sum;
  private double tokens;

  Perplexity(ElementLoss loss) {
    this.loss = loss;
  }

  @Override
  public String name() {
    return "perplexity";
  }

  @Override
  public void update(Tensor yTrue, Tensor yPred, Tensor weights) {
    HostBatch.Values values = HostBatch.values(name(), () -> loss.perSample(yTrue, yPred), weights);
    double[] counted =
        HostBatch.onHost(
            () -> {
              Tensor c = loss.counted(yTrue, yPred);
              return c == null ? null : HostBatch.doubles(c);
            });
    for (int i = 0; i < values.values().length; i++) {
      double w = (values.weights() == null ? 1 : values.weights()[i]) * (counted == null ? 1 : counted[i]);
      sum += w * values.values()[i];
      tokens += w;
    }
  }

  @Override
  public double result() {
    return tokens == 0 ? 0 : Math.exp(sum / tokens);
  }

  @Override
  public double[] state() {
    return new double[] {sum, tokens};
  }

  @Override
  public void restore(double[] state) {
    HostBatch.requireState(name(), 2, state);
    sum = state[0];
    tokens = state[1];
  }

  @Override
  public void reset() {
    sum = 0;
    tokens = 0;
  }
}
