package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.ops.RandomOp;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.Constraint;
import dev.neurite.regularizer.Constraints;
import dev.neurite.regularizer.L1;
import dev.neurite.regularizer.L2;
import dev.neurite.regularizer.ProximalL1;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Section H of the feature map, as far as penalties, constraints, dropout and batch norm go. */
class RegularizationFeaturesTest {

  @TempDir Path folder;

  @Test
  void H7_aStepWithoutDataGradientShrinksWeightsByExactlyTheStatedFactor() {
    try (Scope scope = Scope.open()) {
      double[] start = {0.5, -1.25, 3};
      Tensor none = Tensor.zeros(Shape.of(3), DType.FLOAT64);
      Param decayed = Param.of("w", Tensor.of(start, Shape.of(3), DType.FLOAT64));
      Sgd.of(0.1).weightDecay(0.02).apply(new Gradients(List.of(decayed), List.of(new Gradient.Dense(none))));
      double factor = 1 - 0.1 * 0.02;
      assertArrayEquals(new double[] {0.5 * factor, -1.25 * factor, 3 * factor}, decayed.toDoubles());

      Param penalised = Param.of("w", Tensor.of(start, Shape.of(3), DType.FLOAT64));
      Sgd.of(0.1).minimize(() -> L2.of(0.02).penalty(penalised), penalised);
      double twice = 1 - 2 * 0.1 * 0.02;
      assertArrayEquals(new double[] {0.5 * twice, -1.25 * twice, 3 * twice}, penalised.toDoubles(), 1e-15);
    }
  }

  /** Weights of a linear model of 50 features, 5 of which matter, after gradient descent. */
  private static double[] sparseTask(Regularizer penalty) {
    Neurite.seed(8);
    try (Scope scope = Scope.open()) {
      Tensor x = RandomOp.normal(Shape.of(400, 50), DType.FLOAT32, 0, 1, RandomStream.of(4, "x"));
      float[] truth = new float[50];
      for (int i = 0; i < 5; i++) {
        truth[10 * i] = i % 2 == 0 ? 1.5f : -2;
      }
      Tensor y = x.matmul(Tensor.of(truth, Shape.of(50, 1)));
      y = y.add(RandomOp.normal(y.shape(), DType.FLOAT32, 0, 0.1, RandomStream.of(4, "noise")));
      Dense unit = Dense.of(1).kernelRegularizer(penalty);
      Model model = Model.sequential(Input.of(50), unit).compile(Sgd.of(0.05), Losses.meanSquaredError());
      model.fit(Dataset.of(x, y), Fit.epochs(400).batch(400).shuffle(false));
      double[] w = unit.kernel().toDoubles();
      model.close();
      return w;
    }
  }

  @Test
  void H8_aProximalStepMakesIdleWeightsExactlyZeroAndTheSubgradientOnlySmall() {
    double[] proximal = sparseTask(ProximalL1.of(0.05));
    double[] subgradient = sparseTask(L1.of(0.05));
    int zeros = 0;
    for (int i = 0; i < 50; i++) {
      if (i % 10 == 0) {
        assertTrue(Math.abs(proximal[i]) > 1, "weight " + i + ": " + proximal[i]);
        continue;
      }
      zeros += proximal[i] == 0 ? 1 : 0;
      assertTrue(Math.abs(subgradient[i]) < 5e-3, "weight " + i + ": " + subgradient[i]);
    }
    assertEquals(45, zeros);
  }

  /** 600 digits, 30 % of them with a label drawn at random. */
  private static Dataset scrambled(Scope scope, long seed) {
    Tensor x = null;
    long[] labels = null;
    for (var batch : Digits.load().train().shuffle(seed).batch(600)) {
      x = scope.keep(batch.x().add(0));
      labels = batch.y().cast(DType.INT64).toLongs();
      break;
    }
    long[] drawn = RandomOp.integers(Shape.of(600), 0, 10, RandomStream.of(seed, "labels")).toLongs();
    for (int i = 0; i < 600; i++) {
      labels[i] = i % 10 < 3 ? drawn[i] : labels[i];
    }
    return Dataset.of(x, Tensor.of(labels, Shape.of(600)));
  }

  private static Dense hidden() {
    return Dense.of(256).activation(Activation.RELU).kernelInitializer(Initializers.heNormal());
  }

  private static Model wide(double rate) {
    Neurite.seed(21);
    return Model.sequential(
            Input.of(8, 8, 1), Flatten.of(), hidden(), Dropout.of(rate), hidden(), Dropout.of(rate), Dense.of(10))
        .compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
  }

  @Test
  void H9_dropoutSavesTheTestAccuracyOfAModelTrainedOnScrambledLabels() {
    double[] accuracy = new double[2];
    for (int i = 0; i < 2; i++) {
      for (long seed = 1; seed <= 3; seed++) {
        try (Scope scope = Scope.open()) {
          Model model = wide(i == 0 ? 0 : 0.5);
          model.fit(scrambled(scope, seed), Fit.epochs(60).batch(32).seed(seed));
          accuracy[i] += model.evaluate(Digits.load().test().batch(256)).value("accuracy") / 3;
          model.close();
        }
      }
    }
    assertTrue(accuracy[1] >= 0.90, "with dropout " + accuracy[1]);
    assertTrue(accuracy[1] - accuracy[0] >= 0.08, "with " + accuracy[1] + ", without " + accuracy[0]);
  }

  @Test
  void H10_trainingIsSlowerTheHigherTheRate() {
    double[] loss = new double[3];
    double[] rates = {0, 0.3, 0.6};
    for (int i = 0; i < 3; i++) {
      Model model = wide(rates[i]);
      History history = model.fit(Digits.load().train(), Fit.epochs(3).batch(64).seed(5));
      loss[i] = history.last("loss");
      model.close();
    }
    assertTrue(loss[0] < loss[1] && loss[1] < loss[2], loss[0] + ", " + loss[1] + ", " + loss[2]);
  }

  @Test
  void H11_dropoutIsOffForPredictionAndMonteCarloPassesAverageOut() {
    try (Scope scope = Scope.open()) {
      Model model = wide(0.5);
      Tensor x = RandomOp.uniform(Shape.of(3, 8, 8, 1), DType.FLOAT32, 0, 1, RandomStream.of(1, "x"));
      assertArrayEquals(model.call(x).toFloats(), model.call(x).toFloats());
      Tensor sum = Tensor.zeros(Shape.of(3, 10), DType.FLOAT32);
      double spread = 0;
      int passes = 400;
      for (int i = 0; i < passes; i++) {
        Tensor y = model.call(x, Pass.monteCarlo(i));
        spread += y.sub(model.call(x)).square().mean().item() / passes;
        sum = sum.add(y);
      }
      double off = sum.div(passes).sub(model.call(x)).square().mean().item();
      assertTrue(spread > 0 && off < spread / 10, "spread " + spread + ", mean off by " + off);
      model.close();
    }
  }

  @Test
  void H18_batchNormAddsMoreNoiseTheSmallerTheBatch() {
    try (Scope scope = Scope.open()) {
      Tensor x = RandomOp.normal(Shape.of(512, 4), DType.FLOAT32, 0, 1, RandomStream.of(3, "x"));
      BatchNorm norm = BatchNorm.of();
      double[] noise = new double[2];
      int[] sizes = {8, 128};
      for (int i = 0; i < 2; i++) {
        Tensor whole = norm.call(x, Pass.training(1));
        for (int begin = 0; begin < 512; begin += sizes[i]) {
          Tensor part = norm.call(x.slice(0, begin, begin + sizes[i]), Pass.training(1));
          noise[i] += part.sub(whole.slice(0, begin, begin + sizes[i])).square().sum().item();
        }
      }
      assertTrue(noise[0] > 5 * noise[1], noise[0] + " against " + noise[1]);
    }
  }

  private static double[] projected(Constraint constraint) {
    try (Scope scope = Scope.open()) {
      Param w = Param.of("w", Tensor.of(new double[] {3, 0.3, 4, -0.4}, Shape.of(2, 2), DType.FLOAT64));
      w.afterStep((v, rate) -> constraint.project(v));
      Tensor none = Tensor.zeros(Shape.of(2, 2), DType.FLOAT64);
      Sgd.of(0.1).apply(new Gradients(List.of(w), List.of(new Gradient.Dense(none))));
      return w.toDoubles();
    }
  }

  @Test
  void constraintsProjectAfterEveryStep() {
    assertArrayEquals(new double[] {1.2, 0.3, 1.6, -0.4}, projected(Constraints.maxNorm(2)), 1e-6);
    assertArrayEquals(new double[] {0.6, 0.6, 0.8, -0.8}, projected(Constraints.unitNorm()), 1e-6);
    assertArrayEquals(new double[] {1.2, 0.6, 1.6, -0.8}, projected(Constraints.minMaxNorm(1, 2)), 1e-6);
    assertArrayEquals(new double[] {3, 0.3, 4, 0}, projected(Constraints.nonNegative()), 0);
    assertArrayEquals(
        new double[] {0.75, 0.3, 1, -0.4},
        projected(new Constraints.MaxNorm(1.25, List.of(0L))), 1e-6);
  }

  @Test
  void aModelTrainsUnderItsConstraintsAndRatesAndSavesThem() {
    Neurite.seed(2);
    Dense hidden = Dense.of(8).activation(Activation.TANH);
    Dense frozen = Dense.of(1);
    Model model = Model.sequential(
            Input.of(4), hidden.constrain("kernel", Constraints.maxNorm(0.5)), frozen.learningRate(0))
        .compile(Sgd.of(0.1), Losses.meanSquaredError());
    float[] before = frozen.kernel().toFloats();
    try (Scope scope = Scope.open()) {
      Tensor x = RandomOp.normal(Shape.of(64, 4), DType.FLOAT32, 0, 1, RandomStream.of(4, "x"));
      model.fit(Dataset.of(x, x.sum(1).expandDims(1)), Fit.epochs(3).batch(16));
      assertTrue(hidden.kernel().square().sum(0).sqrt().max().item() <= 0.5 + 1e-6);
    }
    assertArrayEquals(before, frozen.kernel().toFloats());
    Path file = folder.resolve("constrained.neurite");
    model.save(file);
    Model back = Model.load(file);
    Param kernel = ((Dense) back.children().get("dense")).kernel();
    assertEquals(0, ((Dense) back.children().get("dense_1")).kernel().learningRateFactor());
    try (Scope scope = Scope.open()) {
      Tensor projected = kernel.afterStep().apply(kernel.mul(100), 0.1);
      assertTrue(projected.square().sum(0).sqrt().max().item() <= 0.5 + 1e-6);
    }
    model.close();
    back.close();
  }
}
