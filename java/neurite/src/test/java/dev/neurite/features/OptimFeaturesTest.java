package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.data.Dataset;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adadelta;
import dev.neurite.optim.Adagrad;
import dev.neurite.optim.Adam;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Nadam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.RmsProp;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Callback;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import dev.neurite.train.LambdaCallback;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Section F of the feature map: update rules and schedules. */
class OptimFeaturesTest {

  private static final Shape ONE = Shape.of(1);

  /** w after each of two steps from w = 1 with gradient 0.5, in float64. */
  private static void assertTwoSteps(Optimizer rule, double first, double second, double tolerance) {
    try (Scope scope = Scope.open(); Param w = Param.of("w", Tensor.of(new double[] {1}, ONE, DType.FLOAT64))) {
      Tensor g = Tensor.of(new double[] {0.5}, ONE, DType.FLOAT64);
      rule.apply(new Gradients(List.of(w), List.of(new Gradient.Dense(g))));
      assertEquals(first, w.item(), tolerance);
      rule.apply(new Gradients(List.of(w), List.of(new Gradient.Dense(g))));
      assertEquals(second, w.item(), tolerance);
    }
    rule.close();
  }

  /** n rows of two features; y = 2 x0 - x1 + 0.5. */
  private static Dataset rows(int n) {
    float[] x = new float[2 * n];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[2 * i] = (i * 7 % 11) / 5f - 1;
      x[2 * i + 1] = (i * 5 % 13) / 6f - 1;
      y[i] = 2 * x[2 * i] - x[2 * i + 1] + 0.5f;
    }
    return Dataset.of(Tensor.of(x, Shape.of(n, 2)), Tensor.of(y, Shape.of(n, 1)));
  }

  private static Model linear(Optimizer rule) {
    Neurite.seed(3);
    return Model.sequential(Input.of(2), Dense.of(1)).compile(rule, Losses.meanSquaredError());
  }

  @Test
  void F1_batchGradientDescentMakesOneUpdatePerEpochAndTheLossFallsMonotonically() {
    // Hessian of the mean squared error: 2/n * sum of (x0, x1, 1)(x0, x1, 1)^T; its trace bounds the largest eigenvalue L.
    Optimizer rule = Sgd.of(0.3);
    Model model = linear(rule);
    double trace = 0;
    try (Scope scope = Scope.open()) {
      for (var batch : rows(50).batch(50)) {
        trace = 2 * (batch.x().square().sum().item() / 50 + 1);
      }
    }
    assertTrue(0.3 < 2 / trace, "rate below 2/L, L <= " + trace);
    History history = model.fit(rows(50), Fit.epochs(30).batch(50));
    assertEquals(30, rule.step());
    double[] loss = history.values("loss");
    for (int i = 1; i < loss.length; i++) {
      assertTrue(loss[i] < loss[i - 1], "epoch " + i + ": " + loss[i] + " after " + loss[i - 1]);
    }
    model.close();
  }

  @Test
  void F2_stochasticGradientDescentUpdatesOncePerRow() {
    Optimizer rule = Sgd.of(0.01);
    Model model = linear(rule);
    model.fit(rows(50), Fit.epochs(10).batch(1));
    assertEquals(500, rule.step());
    model.close();
  }

  @Test
  void F3_miniBatchesOf150From400RowsAre150And150And100AndTheLastIsWeighedByItsRows() {
    List<Long> sizes = new ArrayList<>();
    List<Double> sums = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (var batch : rows(400).batch(150)) {
        sizes.add(batch.x().dim(0));
        sums.add(batch.y().square().sum().item());
      }
    }
    assertEquals(List.of(150L, 150L, 100L), sizes);
    Model model = linear(Sgd.of(0));
    model.fit(rows(400), Fit.epochs(1).batch(150));
    double whole = model.evaluate(rows(400).batch(400)).loss();
    double parts = model.evaluate(rows(400).batch(150)).loss();
    assertEquals(whole, parts, 1e-5 * whole, "the mean over rows, not over batches");
    assertEquals(whole, model.fit(rows(400), Fit.epochs(1).batch(150)).last("loss"), 1e-5 * whole);
    model.close();
  }

  @Test
  void F4_momentumInBothForms() {
    assertTwoSteps(Sgd.of(0.1).momentum(0.9).form(Sgd.Form.EWMA), 0.995, 0.9855, 1e-12);
    assertTwoSteps(Sgd.of(0.1).momentum(0.9), 0.95, 0.855, 1e-12);
    assertTwoSteps(Sgd.of(0.1).momentum(0.9).form(Sgd.Form.PYTORCH), 0.95, 0.855, 1e-12);
  }

  @Test
  void F5_rmsProp() {
    assertTwoSteps(RmsProp.of(0.1).rho(0.9), 0.683772, 0.454357, 2e-6);
  }

  @Test
  void F6_adamWithBiasCorrection() {
    assertTwoSteps(Adam.of(0.1).epsilon(1e-8).correctedEpsilon(true), 0.9, 0.8, 1e-8);
  }

  @Test
  void F7_adagrad() {
    assertTwoSteps(Adagrad.of(0.1).initialAccumulator(0).epsilon(1e-10).epsilonInside(false), 0.9, 0.829289, 5e-7);
  }

  @Test
  void F8_adadelta() {
    assertTwoSteps(Adadelta.of(1).rho(0.9).epsilon(1e-6), 0.996838, 0.993593, 5e-7);
  }

  @Test
  void F9_nadamWithoutMomentumSchedule() {
    assertTwoSteps(Nadam.of(0.1).epsilon(1e-8).plain(true), 0.852632, 0.736900, 5e-7);
  }

  private static void assertRates(LearningRate rate, int firstEpoch, double tolerance, double... want) {
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], rate.at(firstEpoch + i), tolerance, "epoch " + (firstEpoch + i));
    }
  }

  @Test
  void F13_inverseTimeDecay() {
    assertRates(LearningRate.inverseTimeDecay(0.2, 1, 1), 1, 5e-5, 0.1, 0.0667, 0.05, 0.04);
  }

  @Test
  void F14_exponentialDecay() {
    assertRates(LearningRate.exponentialDecay(0.2, 1, 0.95), 1, 1e-12, 0.19, 0.1805, 0.171475);
  }

  @Test
  void F15_inverseSquareRootDecay() {
    // Epochs are counted from 1 there, steps from 0 here.
    assertRates(LearningRate.inverseSquareRootDecay(0.2), 0, 5e-7, 0.2, 0.141421, 0.115470);
  }

  @Test
  void F16_staircaseChangesAtGivenEpochsAndTheRateCanBeSetBetweenBatches() {
    assertRates(
        LearningRate.piecewiseConstant(new long[] {1, 3}, new double[] {0.1, 0.01, 0.001}), 0, 0, 0.1, 0.1, 0.01, 0.01,
        0.001);
    Optimizer rule = Sgd.of(0.5);
    Model model = linear(rule);
    List<Double> used = new ArrayList<>();
    Callback byHand =
        LambdaCallback.onBatchEnd(
            run -> {
              used.add(rule.learningRate());
              rule.setLearningRate(rule.learningRate() / 2);
            });
    model.fit(rows(40), Fit.epochs(1).batch(10).callbacks(byHand));
    assertEquals(List.of(0.5, 0.25, 0.125, 0.0625), used);
    model.close();
  }

  @Test
  void F18_clippingByValueAndByGlobalNormKeepsTheDirection() {
    try (Scope scope = Scope.open()) {
      Tensor g = Tensor.of(new double[] {30, -40}, Shape.of(2), DType.FLOAT64); // norm 50
      Param w = Param.of("w", Tensor.zeros(Shape.of(2), DType.FLOAT64));
      Sgd.of(1).globalClipNorm(5).apply(new Gradients(List.of(w), List.of(new Gradient.Dense(g))));
      double[] step = w.neg().toDoubles();
      assertEquals(5, Math.hypot(step[0], step[1]), 1e-12);
      double cosine = (step[0] * 30 + step[1] * -40) / (5 * 50);
      assertEquals(1, cosine, 1e-12);

      Param v = Param.of("v", Tensor.zeros(Shape.of(2), DType.FLOAT64));
      Sgd.of(1).clipValue(35).apply(new Gradients(List.of(v), List.of(new Gradient.Dense(g))));
      assertEquals(-30, v.get(0));
      assertEquals(35, v.get(1));
    }
  }

  @Test
  void F20_theQuadraticOfTheDemo() {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Param w = Param.of("w", 0, dtype);
      Optimizer rule = Sgd.of(0.01);
      double cost = 0;
      for (int i = 1; i <= 1000; i++) {
        rule.minimize(() -> w.square().sub(w.mul(20)).add(25), w);
        if (i == 1) {
          assertEquals(0.2, w.item(), 1e-7);
        }
      }
      try (Scope scope = Scope.open()) {
        cost = w.square().sub(w.mul(20)).add(25).item();
      }
      assertEquals(dtype == DType.FLOAT64 ? 9.99999998 : 9.99998, w.item(), dtype == DType.FLOAT64 ? 5e-9 : 5e-6);
      assertEquals(-75, cost, 1e-5);
      w.close();
    }
  }

  /** What another Java thread draws from the same seed, with one native thread. */
  private static double[] drawnElsewhere(dev.neurite.init.Initializer init, Shape shape) {
    int before = Neurite.threads();
    Neurite.threads(1);
    try {
      return CompletableFuture.supplyAsync(
              () -> Scope.run(() -> init.create(shape, DType.FLOAT32, dev.neurite.tensor.RandomStream.of(7, "g")))
                  .toDoubles())
          .join();
    } finally {
      Neurite.threads(before);
    }
  }

  private static void assertDrawn(dev.neurite.init.VarianceScaling init, double want250, boolean isLimit) {
    double unit = isLimit ? Math.sqrt(3) : 1;
    assertEquals(want250, unit * init.deviation(Shape.of(250, 250)), 5e-7);
    Shape large = Shape.of(1000, 1000);
    try (Scope scope = Scope.open()) {
      Tensor a = init.create(large, DType.FLOAT32, dev.neurite.tensor.RandomStream.of(7, "g"));
      double[] alone = drawnElsewhere(init, large);
      assertArrayEquals(alone, a.toDoubles(), "the same seed draws the same, on any number of threads");
      double deviation = init.deviation(large);
      double[] values = a.toDoubles();
      double sum = 0;
      double squares = 0;
      double largest = 0;
      for (double v : values) {
        sum += v;
        squares += v * v;
        largest = Math.max(largest, Math.abs(v));
      }
      assertEquals(0, sum / values.length, 0.01 * deviation);
      assertEquals(deviation * deviation, squares / values.length, 0.01 * deviation * deviation);
      double bound = isLimit ? Math.sqrt(3) * deviation : 2 / 0.87962566103423978 * deviation;
      assertTrue(largest <= bound * (1 + 1e-6), largest + " above " + bound);
      assertTrue(largest > 0.99 * bound, largest + " far below " + bound);
    }
  }

  @Test
  void G5_glorotNormal() {
    assertDrawn(Initializers.glorotNormal(), 0.063246, false);
  }

  @Test
  void G6_xavierWithOneOverFanIn() {
    assertDrawn(Initializers.lecunNormal(), 0.063246, false);
  }

  @Test
  void G7_glorotUniform() {
    assertDrawn(Initializers.glorotUniform(), 0.109545, true);
  }

  @Test
  void G8_heNormal() {
    assertDrawn(Initializers.heNormal(), 0.089443, false);
  }

  @Test
  void G9_heUniform() {
    assertDrawn(Initializers.heUniform(), 0.154919, true);
  }
}
