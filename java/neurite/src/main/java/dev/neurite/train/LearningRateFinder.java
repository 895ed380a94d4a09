package dev.neurite.train;

import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.RootSeed;
import dev.neurite.optim.Optimizer;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds a learning rate by trying: some training steps with a rate that grows from step to step by a constant factor,
 * the loss watched. The suggestion lies where the smoothed loss falls fastest. Weights, buffers and the optimiser are
 * then put back, bit for bit. Source: L. Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
 *
 * <pre>{@code
 * model.compile(Adam.of(), Losses.softmaxCrossEntropy());
 * double rate = LearningRateFinder.of(model).run(train).suggestion();
 * model.trainer().optimizer().setLearningRate(rate);
 * }</pre>
 */
public final class LearningRateFinder {

  private static final double SMOOTHING = 0.9;
  private static final double BLOWN_UP = 4; // times the best smoothed loss: further steps tell nothing

  private static final int WINDOW = 10;

  private final Model model;
  private final double low;
  private final double high;
  private final int steps;
  private final Long seed;

  private LearningRateFinder(Model model, double low, double high, int steps, Long seed) {
    this.model = model;
    this.low = low;
    this.high = high;
    this.steps = steps;
    this.seed = seed;
  }

  /** For a compiled model: 100 steps from 1e-7 to 10. */
  public static LearningRateFinder of(Model model) {
    return new LearningRateFinder(model, 1e-7, 10, 100, null);
  }

  /** Tries rates from {@code low} to {@code high}. */
  public LearningRateFinder range(double low, double high) {
    if (!(low > 0 && high > low && Double.isFinite(high))) {
      throw new IllegalArgumentException(
          "LearningRateFinder.range: expected 0 < low < high, given " + low + " and " + high);
    }
    return new LearningRateFinder(model, low, high, steps, seed);
  }

  /** Tries so many rates, at least 10. */
  public LearningRateFinder steps(int n) {
    if (n < 10) {
      throw new IllegalArgumentException("LearningRateFinder.steps: expected 10 or more, given " + n);
    }
    return new LearningRateFinder(model, low, high, n, seed);
  }

  /** Seed of shuffling and dropout (default: the library's). */
  public LearningRateFinder seed(long value) {
    return new LearningRateFinder(model, low, high, steps, value);
  }

  /**
   * What was seen.
   *
   * @param rates learning rate of each step
   * @param losses loss before each step
   * @param smoothed running mean of the losses
   * @param suggestion the rate at which the smoothed loss falls fastest
   * @param largest the rate at which the smoothed loss was smallest: from there on training becomes unstable
   */
  public record Result(
      List<Double> rates, List<Double> losses, List<Double> smoothed, double suggestion, double largest) {

    /** Copies the lists. */
    public Result {
      rates = List.copyOf(rates);
      losses = List.copyOf(losses);
      smoothed = List.copyOf(smoothed);
    }

    /** {@code learning rate 0.0031 suggested (loss falls fastest), below 0.052 (loss smallest)}. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "learning rate %.2g suggested (loss falls fastest), below %.2g (loss smallest)", suggestion,
          largest);
    }
  }

  /**
   * Sweeps.
   *
   * @param data training examples, in batches; read again from the beginning where one epoch is not enough
   * @throws IllegalArgumentException for data without examples or without targets
   * @throws IllegalStateException before the model is compiled
   */
  public Result run(Dataset data) {
    if (data.size() == 0) {
      throw new IllegalArgumentException("LearningRateFinder: expected at least one example, given an empty data set");
    }
    return model.whileOpen(() -> {
      Optimizer optimizer = model.trainer().optimizer();
      WeightsCopy weights = WeightsCopy.replace(null, model);
      try (OptimizerCopy before = new OptimizerCopy(optimizer, paths(model))) {
        try {
          return sweep(data, optimizer);
        } finally {
          weights.restore();
          before.restore();
        }
      } finally {
        weights.close();
      }
    });
  }

  static Map<String, Param> paths(Model model) {
    Map<String, Param> paths = new LinkedHashMap<>(model.state());
    List<Param> params = model.params();
    paths.values().removeIf(p -> params.stream().noneMatch(q -> q == p));
    return paths;
  }

  private Result sweep(Dataset data, Optimizer optimizer) {
    long root = seed == null ? RootSeed.get() : seed;
    List<Double> rates = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    List<Double> smoothed = new ArrayList<>();
    double running = 0;
    double best = Double.POSITIVE_INFINITY;
    int epoch = 0;
    while (rates.size() < steps) {
      int before = rates.size();
      try (BatchIterator batches = data.epoch(root, epoch++)) {
        while (rates.size() < steps && batches.hasNext()) {
          double rate = low * Math.pow(high / low, rates.size() / (steps - 1.0));
          optimizer.setLearningRate(rate);
          double loss = step(batches, optimizer, Pass.training(root, rates.size()));
          running = SMOOTHING * running + (1 - SMOOTHING) * loss;
          double value = running / (1 - Math.pow(SMOOTHING, rates.size() + 1));
          if (!Double.isFinite(value) || value > BLOWN_UP * best) {
            return result(rates, losses, smoothed);
          }
          rates.add(rate);
          losses.add(loss);
          smoothed.add(value);
          best = Math.min(best, Math.max(value, 0));
        }
      }
      if (rates.size() == before) {
        throw new IllegalArgumentException("LearningRateFinder: expected at least one batch, given none");
      }
    }
    return result(rates, losses, smoothed);
  }

  private double step(BatchIterator batches, Optimizer optimizer, Pass pass) {
    try (Scope scope = Scope.open();
        Batch batch = batches.next()) {
      if (batch.y() == null) {
        throw new IllegalArgumentException("LearningRateFinder: expected examples with targets, given some without");
      }
      try (Tape tape = Tape.open()) {
        Tensor answer = model.call(batch.inputs(), pass).get(0);
        Tensor loss = model.trainer().loss().apply(batch.y(), answer, batch.weights());
        Tensor total = model.regularization().map(loss::add).orElse(loss);
        double value = total.item();
        if (Double.isFinite(value)) {
          optimizer.apply(tape.gradients(total, model.trainableParams()));
        }
        return value;
      }
    }
  }

  /**
   * Slopes before the smallest smoothed loss, against the logarithm of the rate, in which the rates are evenly spaced;
   * as differences over a tenth of the sweep to either side, as single steps are noise.
   */
  private static Result result(List<Double> rates, List<Double> losses, List<Double> smoothed) {
    if (rates.isEmpty()) {
      throw new IllegalStateException("LearningRateFinder: expected a finite loss before the first step");
    }
    int lowest = 0;
    for (int i = 1; i < smoothed.size(); i++) {
      lowest = smoothed.get(i) < smoothed.get(lowest) ? i : lowest;
    }
    int steepest = 0;
    double fall = 0;
    int reach = Math.max(1, rates.size() / WINDOW);
    for (int i = reach; i < lowest; i++) {
      int right = Math.min(i + reach, lowest);
      double slope = (smoothed.get(i - reach) - smoothed.get(right)) / (right - i + reach);
      if (slope > fall) {
        fall = slope;
        steepest = i;
      }
    }
    return new Result(rates, losses, smoothed, rates.get(steepest), rates.get(lowest));
  }
}
