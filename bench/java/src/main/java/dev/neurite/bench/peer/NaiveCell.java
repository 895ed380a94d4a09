package dev.neurite.bench.peer;

import dev.neurite.nn.Lstm;
import dev.neurite.nn.Recurrent;

/** One sequence's LSTM or GRU in plain loops and doubles, with a layer's weights. */
final class NaiveCell {

  private final boolean lstm;
  private final int units;
  private final float[] kernel;
  private final float[] recurrent;
  private final float[] bias;
  private double[] h;
  private final double[] c;

  private NaiveCell(Recurrent<?> layer) {
    lstm = layer instanceof Lstm;
    units = (int) layer.units();
    kernel = layer.kernel().toFloats();
    recurrent = layer.recurrentKernel().toFloats();
    bias = layer.bias().toFloats();
    h = new double[units];
    c = new double[units];
  }

  static NaiveCell of(Recurrent<?> layer) {
    return new NaiveCell(layer);
  }

  /** The hidden state after one more step. */
  double[] step(double[] x) {
    int width = (lstm ? 4 : 3) * units;
    double[] given = product(x, kernel, width);
    double[] kept = product(h, recurrent, width);
    for (int j = 0; j < width; j++) {
      given[j] += bias[j];
      kept[j] += lstm ? 0 : bias[width + j];
    }
    double[] next = new double[units];
    for (int u = 0; u < units; u++) {
      next[u] = lstm ? lstm(given, kept, u) : gru(given, kept, u);
    }
    h = next;
    return next;
  }

  private double lstm(double[] given, double[] kept, int u) {
    double in = sigmoid(given[u] + kept[u]);
    double forget = sigmoid(given[units + u] + kept[units + u]);
    double candidate = Math.tanh(given[2 * units + u] + kept[2 * units + u]);
    c[u] = forget * c[u] + in * candidate;
    return sigmoid(given[3 * units + u] + kept[3 * units + u]) * Math.tanh(c[u]);
  }

  private double gru(double[] given, double[] kept, int u) {
    double update = sigmoid(given[u] + kept[u]);
    double reset = sigmoid(given[units + u] + kept[units + u]);
    double candidate = Math.tanh(given[2 * units + u] + reset * kept[2 * units + u]);
    return update * h[u] + (1 - update) * candidate;
  }

  private static double[] product(double[] row, float[] matrix, int width) {
    double[] out = new double[width];
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < width; j++) {
        out[j] += row[i] * matrix[i * width + j];
      }
    }
    return out;
  }

  private static double sigmoid(double v) {
    return 1 / (1 + Math.exp(-v));
  }
}
