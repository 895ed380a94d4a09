package dev.neurite.cli;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.error.NumericsException;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Finding;
import dev.neurite.train.Fit;
import dev.neurite.train.Health;
import dev.neurite.train.HealthLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Small training runs, made sick on purpose or healthy: what the doctor is tried on. */
final class DoctorRuns {

  private DoctorRuns() {}

  /** A run: what it is called, the disease planted in it (null: healthy), how it is made. */
  record Case(String name, Finding.Kind disease, Plan plan) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Makes a run's parts from a seed. */
  interface Plan {
    Parts parts(SplittableRandom random);
  }

  /** What is trained on what, with what. */
  record Parts(
      Model model, Dataset train, Dataset held, Optimizer optimizer, Loss loss, Metric[] metrics, int epochs) {}

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    all.add(new Case("high bias", Finding.Kind.HIGH_BIAS, DoctorRuns::highBias));
    all.add(new Case("high variance", Finding.Kind.HIGH_VARIANCE, DoctorRuns::highVariance));
    all.add(new Case("high bias and variance", Finding.Kind.HIGH_BIAS_AND_VARIANCE, DoctorRuns::both));
    all.add(new Case("vanishing gradient", Finding.Kind.VANISHING_GRADIENT, DoctorRuns::vanishing));
    all.add(new Case("exploding gradient", Finding.Kind.EXPLODING_GRADIENT, DoctorRuns::exploding));
    all.add(new Case("dead units", Finding.Kind.DEAD_UNITS, DoctorRuns::dead));
    all.add(new Case("saturated units", Finding.Kind.SATURATED_UNITS, DoctorRuns::saturated));
    all.add(new Case("symmetric weights", Finding.Kind.SYMMETRIC_WEIGHTS, DoctorRuns::symmetric));
    all.add(new Case("bad scaling", Finding.Kind.BAD_SCALING, DoctorRuns::badScaling));
    all.add(new Case("divergence", Finding.Kind.DIVERGENCE, DoctorRuns::divergence));
    all.add(new Case("label noise", Finding.Kind.LABEL_NOISE, DoctorRuns::labelNoise));
    all.add(new Case("learning rate too low", Finding.Kind.LEARNING_RATE_TOO_LOW, DoctorRuns::rateTooLow));
    all.add(new Case("learning rate too high", Finding.Kind.LEARNING_RATE_TOO_HIGH, DoctorRuns::rateTooHigh));
    all.add(
        new Case(
            "learning rate far too high", Finding.Kind.LEARNING_RATE_TOO_HIGH,
            r -> digits(mlp(), digits(), Sgd.of(2), 10)));
    all.add(new Case("healthy digits MLP", null, r -> digits(mlp(), digits(), Adam.of(1e-3), 15)));
    all.add(new Case("healthy digits CNN", null, DoctorRuns::cnn));
    all.add(new Case("healthy regression", null, DoctorRuns::regression));
    return all;
  }

  /** Trains; what failed is in the health log. */
  static Health run(Case which, long seed, Path folder) {
    Neurite.seed(seed);
    Parts p = which.plan.parts(new SplittableRandom(seed));
    HealthLog log = folder == null ? HealthLog.inMemory() : HealthLog.to(folder);
    try (Model model = p.model) {
      model.compile(p.optimizer, p.loss, p.metrics);
      model.fit(p.train.shuffle().batch(32), Fit.epochs(p.epochs).seed(seed).validateOn(p.held).callbacks(log));
    } catch (NumericsException e) {
      return log.health();
    }
    return log.health();
  }

  // ---- healthy

  private static Digits digits() {
    return Digits.load();
  }

  private static Model mlp() {
    return Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(64).activation(Activation.RELU),
        Dense.of(32).activation(Activation.RELU), Dense.of(10));
  }

  private static Parts digits(Model model, Digits data, Optimizer optimizer, int epochs) {
    return new Parts(
        model, data.train(), data.test(), optimizer, Losses.softmaxCrossEntropy(), new Metric[] {Metrics.accuracy()},
        epochs);
  }

  private static Parts cnn(SplittableRandom random) {
    Model model = Model.sequential(
        Input.of(8, 8, 1), Conv2D.of(16, 3).padding(Padding.SAME).activation(Activation.RELU), MaxPool2D.of(2),
        Flatten.of(), Dense.of(32).activation(Activation.RELU), Dense.of(10));
    return digits(model, digits(), Adam.of(2e-3), 10);
  }

  private static Parts regression(SplittableRandom random) {
    Model model = Model.sequential(Input.of(3), Dense.of(32).activation(Activation.TANH), Dense.of(1));
    return new Parts(
        model, wave(random, 1500), wave(random, 500), Adam.of(0.01), Losses.meanSquaredError(), new Metric[0], 20);
  }

  /** {@code y = sin(2 a) + b c + noise} on three standardised features. */
  private static Dataset wave(SplittableRandom random, int n) {
    float[][] x = gauss(random, n, 3);
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      y[i] = (float) (Math.sin(2 * x[i][0]) + 0.5 * x[i][1] * x[i][2] + 0.05 * random.nextGaussian());
    }
    return Dataset.of(x, y);
  }

  private static float[][] gauss(SplittableRandom random, int n, int columns) {
    float[][] x = new float[n][columns];
    for (float[] row : x) {
      for (int c = 0; c < columns; c++) {
        row[c] = (float) random.nextGaussian();
      }
    }
    return x;
  }

  // ---- bias and variance

  /** Labels by the sign of the product of the first two features; the rest is noise. */
  private static Dataset quadrants(SplittableRandom random, int n, int columns) {
    float[][] x = gauss(random, n, columns);
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      y[i] = x[i][0] * x[i][1] > 0 ? 1 : 0;
    }
    return Dataset.of(x, y);
  }

  private static Parts classify(Model model, Dataset train, Dataset held, double rate, int epochs) {
    return new Parts(
        model, train, held, Adam.of(rate), Losses.softmaxCrossEntropy(), new Metric[] {Metrics.accuracy()}, epochs);
  }

  /** A line cannot part four quadrants. */
  private static Parts highBias(SplittableRandom random) {
    Model line = Model.sequential(Input.of(2), Dense.of(2));
    return classify(line, quadrants(random, 3000, 2), quadrants(random, 3000, 2), 0.01, 5);
  }

  /** Many weights, few examples with mostly meaningless features. */
  private static Parts highVariance(SplittableRandom random) {
    Model large = Model.sequential(Input.of(20), Dense.of(128).activation(Activation.RELU), Dense.of(2));
    return classify(large, quadrants(random, 100, 20), quadrants(random, 600, 20), 0.003, 40);
  }

  /** A line, and few examples with meaningless features. */
  private static Parts both(SplittableRandom random) {
    Model line = Model.sequential(Input.of(30), Dense.of(2));
    return classify(line, quadrants(random, 120, 30), quadrants(random, 600, 30), 0.01, 60);
  }

  // ---- layers

  private static Model deep(int depth, Activation activation, Initializer kernel) {
    List<Block> blocks = new ArrayList<>();
    blocks.add(Flatten.of());
    for (int i = 0; i < depth; i++) {
      blocks.add(Dense.of(64).activation(activation).kernelInitializer(kernel));
    }
    blocks.add(Dense.of(10));
    return Model.sequential(Input.of(8, 8, 1), blocks.toArray(Block[]::new));
  }

  private static Parts vanishing(SplittableRandom random) {
    return digits(deep(10, Activation.SIGMOID, Initializers.normal(0, 1.0 / 8)), digits(), Adam.of(1e-3), 4);
  }

  private static Parts exploding(SplittableRandom random) {
    return digits(deep(8, Activation.RELU, Initializers.normal(0, 0.8)), digits(), Sgd.of(1e-12), 4);
  }

  private static Parts dead(SplittableRandom random) {
    Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(),
        Dense.of(64).activation(Activation.RELU).biasInitializer(Initializers.constant(-10)), Dense.of(10));
    return digits(model, digits(), Sgd.of(0.05), 8);
  }

  private static Parts saturated(SplittableRandom random) {
    Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(),
        Dense.of(64).activation(Activation.TANH).kernelInitializer(Initializers.normal(0, 3)),
        Dense.of(64).activation(Activation.TANH).kernelInitializer(Initializers.normal(0, 3)), Dense.of(10));
    return digits(model, digits(), Sgd.of(0.05), 8);
  }

  private static Parts symmetric(SplittableRandom random) {
    Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(),
        Dense.of(32).activation(Activation.TANH).kernelInitializer(Initializers.constant(0.05)),
        Dense.of(10).kernelInitializer(Initializers.constant(0.05)));
    return digits(model, digits(), Sgd.of(0.1), 8);
  }

  // ---- data

  /** Age and salary decide; nothing is scaled. */
  private static Parts badScaling(SplittableRandom random) {
    Model model = Model.sequential(Input.of(2), Dense.of(16).activation(Activation.TANH), Dense.of(2));
    return classify(model, salaries(random, 400), salaries(random, 200), 1e-3, 10);
  }

  private static Dataset salaries(SplittableRandom random, int n) {
    float[][] x = new float[n][2];
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      x[i][0] = 18 + random.nextInt(60);
      x[i][1] = 15_000 + random.nextInt(100_000);
      y[i] = (x[i][0] - 48) / 17 + (x[i][1] - 65_000) / 30_000 > 0 ? 1 : 0;
    }
    return Dataset.of(x, y);
  }

  /** A tenth of the training labels is wrong. */
  private static Parts labelNoise(SplittableRandom random) {
    Digits digits = digits();
    Dataset noisy = withWrongLabels(digits.train(), random);
    return digits(mlp(), new Digits(noisy, digits.test()), Adam.of(1e-3), 10);
  }

  private static Dataset withWrongLabels(Dataset data, SplittableRandom random) {
    Batch all = data.all();
    long[] labels = all.y().toLongs();
    for (int i = 0; i < labels.length; i += 10) {
      labels[i] = (labels[i] + 1 + random.nextInt(9)) % 10;
    }
    return Dataset.of(all.x(), Tensor.of(labels, Shape.of(labels.length)));
  }

  // ---- learning rate

  private static Parts divergence(SplittableRandom random) {
    Model model = Model.sequential(Input.of(3), Dense.of(32).activation(Activation.TANH), Dense.of(1));
    return new Parts(
        model, wave(random, 600), wave(random, 300), Sgd.of(10), Losses.meanSquaredError(), new Metric[0], 10);
  }

  private static Parts rateTooLow(SplittableRandom random) {
    return digits(mlp(), digits(), Sgd.of(1e-5), 10);
  }

  private static Parts rateTooHigh(SplittableRandom random) {
    return digits(mlp(), digits(), Adam.of(0.2), 10);
  }
}
