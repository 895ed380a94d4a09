package dev.neurite.nn;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A weighted threshold unit with Rosenblatt's learning rule: an example on the wrong side moves the line towards it,
 * {@code w = w + rate * y * x; b = b + rate * y} for {@code y * (w . x + b) <= margin}, labels being -1 and 1.
 *
 * <p>It fires for {@code w . x + b >= 0}. Where the data cannot be separated, training stops after
 * {@link #maxEpochs} and keeps the weights that erred least on all of it (Gallant's pocket). For the perceptron's loss
 * with gradient descent and penalties see {@link Models#perceptron}.
 *
 * <pre>{@code
 * Perceptron p = Perceptron.of(2).learningRate(0.1);
 * Perceptron.Training t = p.fit(x, y);        // t.separated(), t.updates(): every step of the line
 * p.predict(x);                               // int64 0 and 1
 * }</pre>
 */
public final class Perceptron {

  private final double[] weights;
  private double bias;
  private double rate = 1;
  private double margin;
  private int maxEpochs = 1000;
  private Long shuffle;

  private Perceptron(double bias, double[] weights) {
    if (weights.length == 0) {
      throw new IllegalArgumentException("Perceptron: expected at least one input, given none");
    }
    this.bias = bias;
    this.weights = weights;
  }

  /**
   * An untrained unit: all weights 0.
   *
   * @throws IllegalArgumentException unless there is an input
   */
  public static Perceptron of(int inputs) {
    if (inputs < 1) {
      throw new IllegalArgumentException("Perceptron: expected at least one input, given " + inputs);
    }
    return new Perceptron(0, new double[inputs]);
  }

  /** A unit with given weights; the bias is the weight w0 of a constant 1. */
  public static Perceptron withWeights(double bias, double... weights) {
    return new Perceptron(bias, weights.clone());
  }

  /** Length of a step (default 1); from weights 0 it only sets their scale. */
  public Perceptron learningRate(double rate) {
    this.rate = requirePositive("a learning rate", rate);
    return this;
  }

  /** How far on the right side an example must be, in units of {@code w . x + b} (default 0: just not on the line). */
  public Perceptron margin(double distance) {
    if (!(distance >= 0) || Double.isInfinite(distance)) {
      throw new IllegalArgumentException("Perceptron: expected a margin of 0 or more, given " + distance);
    }
    margin = distance;
    return this;
  }

  /** After how many passes over the data to give up (default 1000). */
  public Perceptron maxEpochs(int epochs) {
    if (epochs < 1) {
      throw new IllegalArgumentException("Perceptron: expected at least one epoch, given " + epochs);
    }
    maxEpochs = epochs;
    return this;
  }

  /** Takes the examples in a random order, another one each epoch (default: in their own). */
  public Perceptron shuffle(long seed) {
    shuffle = seed;
    return this;
  }

  private static double requirePositive(String what, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("Perceptron: expected " + what + " above 0, given " + value);
    }
    return value;
  }

  /**
   * One step of the line.
   *
   * @param number counts from 1
   * @param epoch counts from 0
   * @param row the example that was on the wrong side
   * @param bias after the step
   * @param weights after the step
   */
  public record Update(long number, int epoch, int row, double bias, List<Double> weights) {}

  /**
   * How a training went.
   *
   * @param separated whether a pass over the data found nothing to correct
   * @param epochs passes made
   * @param errors examples the unit now has on the wrong side
   * @param examples all examples
   * @param updates every step
   */
  public record Training(boolean separated, int epochs, long errors, long examples, List<Update> updates) {

    /** One line for people. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%s after %d epochs and %d updates: %d of %d right", separated ? "separated" : "not separated",
          epochs, updates.size(), examples - errors, examples);
    }
  }

  /** {@code w . x + b}. */
  public double sum(double... x) {
    if (x.length != weights.length) {
      throw new ShapeException("Perceptron: expected " + weights.length + " inputs, given " + x.length);
    }
    double sum = bias;
    for (int i = 0; i < x.length; i++) {
      sum += weights[i] * x[i];
    }
    return sum;
  }

  /** Whether {@code w . x + b >= 0}. */
  public boolean fires(double... x) {
    return sum(x) >= 0;
  }

  /**
   * 1 for each row it fires for, else 0.
   *
   * @param x {@code [batch, inputs]}
   * @return int64 {@code [batch]}
   */
  public Tensor predict(Tensor x) {
    double[][] rows = rows(x);
    return Tensor.ofLongs(Arrays.stream(rows).mapToLong(row -> fires(row) ? 1 : 0).toArray());
  }

  /** The weights, a copy. */
  public double[] weights() {
    return weights.clone();
  }

  /** The bias. */
  public double bias() {
    return bias;
  }

  private double[][] rows(Tensor x) {
    if (x.rank() != 2 || x.dim(1) != weights.length) {
      throw new ShapeException(
          "Perceptron: expected inputs [batch, " + weights.length + "], given " + x.shape());
    }
    double[] flat = x.toDoubles();
    double[][] rows = new double[(int) x.dim(0)][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * weights.length, (i + 1) * weights.length);
    }
    return rows;
  }

  /** Labels as -1 and 1. */
  private static double[] signs(Tensor y, int rows) {
    if (y.size() != rows || rows == 0) {
      throw new ShapeException("Perceptron: expected a label for each of 1 or more examples, given " + y.shape()
          + " for " + rows + " examples");
    }
    double[] signs = y.toDoubles();
    for (int i = 0; i < signs.length; i++) {
      if (signs[i] != 0 && Math.abs(signs[i]) != 1) {
        throw new IllegalArgumentException(
            "Perceptron: expected labels 0 and 1, or -1 and 1, given " + signs[i] + " at index " + i);
      }
      signs[i] = signs[i] > 0 ? 1 : -1;
    }
    return signs;
  }

  /**
   * Trains from the present weights until a pass over the data finds nothing to correct, or {@link #maxEpochs}.
   *
   * @param x {@code [examples, inputs]}
   * @param y labels 0 and 1, or -1 and 1 {@code [examples]}
   * @throws ShapeException when they do not go together, or without examples
   * @throws IllegalArgumentException for other labels
   */
  public Training fit(Tensor x, Tensor y) {
    double[][] rows = rows(x);
    return new Fitting(rows, signs(y, rows.length)).run();
  }

  /** One training under way. */
  private final class Fitting {
    private final double[][] rows;
    private final double[] signs;
    private final List<Update> updates = new ArrayList<>();
    private double[] bestWeights = weights.clone();
    private double bestBias = bias;
    private long fewestErrors;

    Fitting(double[][] rows, double[] signs) {
      this.rows = rows;
      this.signs = signs;
      fewestErrors = errors();
    }

    Training run() {
      RandomStream random = shuffle == null ? null : RandomStream.of(shuffle, "perceptron");
      for (int epoch = 0; epoch < maxEpochs; epoch++) {
        if (!pass(epoch, order(random))) {
          return new Training(true, epoch + 1, errors(), rows.length, List.copyOf(updates));
        }
      }
      System.arraycopy(bestWeights, 0, weights, 0, weights.length);
      bias = bestBias;
      return new Training(false, maxEpochs, fewestErrors, rows.length, List.copyOf(updates));
    }

    private long[] order(RandomStream random) {
      if (random == null) {
        return null;
      }
      try (Scope scope = Scope.open()) {
        return RandomOp.permutation(rows.length, random).toLongs();
      }
    }

    /** Whether anything had to be corrected. */
    private boolean pass(int epoch, long[] order) {
      boolean corrected = false;
      for (int i = 0; i < rows.length; i++) {
        int row = order == null ? i : (int) order[i];
        if (signs[row] * sum(rows[row]) <= margin) {
          correct(epoch, row);
          corrected = true;
        }
      }
      return corrected;
    }

    private void correct(int epoch, int row) {
      for (int j = 0; j < weights.length; j++) {
        weights[j] += rate * signs[row] * rows[row][j];
      }
      bias += rate * signs[row];
      List<Double> now = Arrays.stream(weights).boxed().toList();
      updates.add(new Update(updates.size() + 1L, epoch, row, bias, now));
      long errors = errors();
      if (errors < fewestErrors) {
        fewestErrors = errors;
        bestWeights = weights.clone();
        bestBias = bias;
      }
    }

    private long errors() {
      long errors = 0;
      for (int i = 0; i < rows.length; i++) {
        errors += fires(rows[i]) == signs[i] > 0 ? 0 : 1;
      }
      return errors;
    }
  }

  /** {@code Perceptron(-1.0 + 1.1*x1 + 1.1*x2 >= 0)}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Perceptron(").append(bias);
    for (int i = 0; i < weights.length; i++) {
      text.append(weights[i] < 0 ? " - " : " + ").append(Math.abs(weights[i])).append("*x").append(i + 1);
    }
    return text.append(" >= 0)").toString();
  }
}
