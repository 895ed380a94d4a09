package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Batch;
import dev.neurite.data.BreastCancer;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.data.Split;
import dev.neurite.error.ShapeException;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Models;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A18 to A22, B9 to B13, K64: regressions and dense networks on bundled and drawn data. */
class ClassicalModelsFeaturesTest {

  // ---- data

  /** Columns shifted and scaled by the mean and deviation of the training part. */
  private static Tensor standardised(Tensor x, Tensor train) {
    Tensor mean = train.mean(0);
    Tensor deviation = train.variance(0).sqrt();
    return x.sub(mean).div(deviation);
  }

  private static Tensor column(Tensor labels) {
    return labels.cast(DType.FLOAT32).reshape(labels.size(), 1);
  }

  private static Tensor normal(long rows, long columns, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[(int) (rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Tensor.of(values, Shape.of(rows, columns));
  }

  // ---- regressions

  @Test
  void A18_logisticRegressionOnBreastCancer() {
    Neurite.seed(1);
    try (Scope scope = Scope.open();
        Model model = Models.logisticRegression(30)) {
      Split split = BreastCancer.load().stratifiedSplit(.75, 3);
      Batch train = split.first().all();
      Batch test = split.second().all();
      model.compile(Adam.of(.05), Losses.binaryCrossEntropy(), Metrics.binaryAccuracy());
      model.fit(standardised(train.x(), train.x()), column(train.y()), Fit.epochs(20).batch(64));
      double accuracy =
          model.evaluate(standardised(test.x(), train.x()), column(test.y())).value("binaryAccuracy");
      assertTrue(accuracy >= .95, "accuracy " + accuracy);
    }
  }

  @Test
  void K64_hingeLossMakesALinearSupportVectorMachine() {
    Neurite.seed(1);
    try (Scope scope = Scope.open();
        Model model = Models.perceptron(30, L2.of(1e-3))) {
      Split split = BreastCancer.load().stratifiedSplit(.75, 3);
      Batch train = split.first().all();
      Batch test = split.second().all();
      model.compile(Adam.of(.02), Losses.hinge());
      model.fit(standardised(train.x(), train.x()), column(train.y()), Fit.epochs(20).batch(64));
      Tensor side = model.predict(standardised(test.x(), train.x())).gt(0);
      double accuracy = side.eq(column(test.y()).gt(.5)).cast(DType.FLOAT32).mean().item();
      assertTrue(accuracy >= .95, "accuracy " + accuracy);
    }
  }

  @Test
  void A19_logisticGradientEqualsTheClosedForm() {
    try (Scope scope = Scope.open();
        Model model =
            Model.sequential(Input.of(7).dtype(DType.FLOAT64), Dense.of(1).activation(Activation.SIGMOID));
        Tape tape = Tape.open()) {
      Tensor x = normal(50, 7, 1);
      Tensor y = normal(50, 1, 2).gt(0).cast(DType.FLOAT64);
      Param w = model.trainableParams().get(0);
      Param b = model.trainableParams().get(1);
      Tensor a = model.call(x);
      Gradients g = tape.gradients(Losses.binaryCrossEntropy().apply(y, a), List.of(w, b));
      Tensor dz = a.sub(y);
      assertArrayEquals(
          x.transpose().matmul(dz).mul(1 / 50.0).toDoubles(), g.of(w).toDoubles(), 1e-10);
      assertEquals(dz.mean().item(), g.of(b).item(), 1e-10);
    }
  }

  @Test
  void A20_gradientDescentReachesTheClosedFormOfTheLine() {
    int n = 40;
    double[] xs = new double[n];
    double[] ys = new double[n];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < n; i++) {
      xs[i] = random.nextDouble(-2, 3);
      ys[i] = 1.7 * xs[i] - .6 + .3 * random.nextGaussian();
    }
    double sx = 0;
    double sy = 0;
    double sxy = 0;
    double sxx = 0;
    for (int i = 0; i < n; i++) {
      sx += xs[i];
      sy += ys[i];
      sxy += xs[i] * ys[i];
      sxx += xs[i] * xs[i];
    }
    double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    double intercept = (sy - slope * sx) / n;
    try (Scope scope = Scope.open();
        Model line = Model.sequential(Input.of(1).dtype(DType.FLOAT64), Dense.of(1))) {
      Tensor x = Tensor.of(xs, Shape.of(n, 1));
      Tensor y = Tensor.of(ys, Shape.of(n, 1));
      Param[] params = line.trainableParams().toArray(new Param[0]);
      try (Sgd sgd = Sgd.of(.1)) {
        for (int i = 0; i < 300; i++) {
          sgd.minimize(() -> Losses.meanSquaredError().apply(y, line.call(x)), params);
        }
      }
      assertEquals(slope, params[0].item(), 1e-4);
      assertEquals(intercept, params[1].item(), 1e-4);
      double residuals = Losses.meanSquaredError().apply(y, line.call(x)).item() * n;
      double best = 0;
      for (int i = 0; i < n; i++) {
        best += Math.pow(ys[i] - slope * xs[i] - intercept, 2);
      }
      assertEquals(best, residuals, 1e-6);
    }
  }

  /**
   * The row asks for R2 of 0.40 on the diabetes data, whose page names no licence, so it is not bundled. This table has
   * its size (442 x 10), correlated columns and noise that leave the best line an R2 of about one half, as there.
   */
  @Test
  void A20_linearRegressionOnATableLikeDiabetes() {
    Neurite.seed(2);
    try (Scope scope = Scope.open();
        Model model = Models.linearRegression(10)) {
      Tensor x = normal(442, 10, 7).matmul(normal(10, 10, 8)).cast(DType.FLOAT32);
      Tensor signal = standardised(x, x).matmul(normal(10, 1, 9).cast(DType.FLOAT32));
      Tensor scaled = signal.div(signal.variance().sqrt());
      Tensor y = scaled.add(normal(442, 1, 10).cast(DType.FLOAT32)).mul(77).add(152);
      Tensor trainX = x.slice(0, 0, 332).contiguous();
      Tensor trainY = y.slice(0, 0, 332).contiguous();
      model.compile(Adam.of(2), Losses.meanSquaredError(), Metrics.r2());
      model.fit(standardised(trainX, trainX), trainY, Fit.epochs(60).batch(64));
      double r2 =
          model.evaluate(standardised(x.slice(0, 332, 442), trainX), y.slice(0, 332, 442).contiguous()).value("r2");
      assertTrue(r2 >= .40 && r2 < .65, "r2 " + r2);
    }
  }

  @Test
  void A21_threeTargetsAtOnce() {
    Neurite.seed(3);
    try (Scope scope = Scope.open();
        Model model = Models.linearRegression(6, 3)) {
      Tensor x = normal(400, 6, 11).cast(DType.FLOAT32);
      Tensor y =
          x.matmul(normal(6, 3, 12).cast(DType.FLOAT32)).add(Tensor.of(1f, -2f, 3f))
              .add(normal(400, 3, 13).cast(DType.FLOAT32).mul(.2));
      Loss sumOverTargets = (t, p) -> p.sub(t).square().sum(-1).mean();
      assertEquals(
          3 * Losses.meanSquaredError().apply(y, model.call(x)).item(), sumOverTargets.apply(y, model.call(x)).item(),
          1e-3);
      model.compile(Adam.of(.05), sumOverTargets);
      model.fit(x.slice(0, 0, 300).contiguous(), y.slice(0, 0, 300).contiguous(), Fit.epochs(60).batch(50));
      Tensor truth = y.slice(0, 300, 400);
      Tensor errors = truth.sub(model.predict(x.slice(0, 300, 400).contiguous())).square().sum(0);
      Tensor r2 = errors.div(truth.variance(0).mul(100)).rsub(1);
      assertTrue(r2.min().item() >= .95, r2.toString());
    }
  }

  @Test
  void A22_gradientsOfTheLineHaveTheFactorOneOverN() {
    try (Scope scope = Scope.open();
        Param m = Param.of("m", .7, DType.FLOAT64);
        Param c = Param.of("c", -.3, DType.FLOAT64);
        Tape tape = Tape.open()) {
      double[] x = {1, 2, 3.5, -1};
      double[] y = {2, 1, 4, .5};
      Tensor guess = Tensor.of(x).mul(m).add(c);
      Tensor loss = Losses.meanSquaredError().apply(Tensor.of(y).reshape(4, 1), guess.reshape(4, 1));
      Gradients g = tape.gradients(loss, List.of(m, c));
      double dm = 0;
      double dc = 0;
      for (int i = 0; i < x.length; i++) {
        double miss = y[i] - (.7 * x[i] - .3);
        dm += -2.0 / x.length * x[i] * miss;
        dc += -2.0 / x.length * miss;
      }
      assertEquals(dm, g.of(m).item(), 1e-12);
      assertEquals(dc, g.of(c).item(), 1e-12);
    }
  }

  // ---- dense networks

  private static Batch flat(Dataset images) {
    Batch all = images.all();
    return Batch.of(all.x().reshape(all.x().dim(0), 64), all.y());
  }

  private static double digitsAccuracy(Model model, double rate, int epochs, Loss loss) {
    Digits digits = Digits.load();
    Batch train = flat(digits.train());
    Batch test = flat(digits.test());
    model.compile(Adam.of(rate), loss, Metrics.accuracy());
    model.fit(train.x(), train.y(), Fit.epochs(epochs).batch(64));
    return model.evaluate(test.x(), test.y()).value("accuracy");
  }

  @Test
  void B9_aHiddenLayerOf64ReadsDigits() {
    Neurite.seed(4);
    try (Scope scope = Scope.open();
        Model model = Models.mlp(Activation.RELU, 64, 64, 10)) {
      double accuracy = digitsAccuracy(model, .01, 25, Losses.softmaxCrossEntropy());
      assertTrue(accuracy >= .965, "accuracy " + accuracy);
    }
  }

  @Test
  void B10_linearLayersCollapseIntoOne() {
    Neurite.seed(5);
    try (Scope scope = Scope.open();
        Model deep = Models.mlp(Activation.LINEAR, 64, 40, 30, 10);
        Model flat = Models.mlp(Activation.LINEAR, 64, 10)) {
      List<Param> p = deep.trainableParams();
      p.forEach(w -> w.assign(normal(1, w.size(), w.size()).mul(.2).cast(DType.FLOAT32).reshape(w.shape())));
      Tensor product = p.get(0).matmul(p.get(2)).matmul(p.get(4));
      Tensor offset =
          p.get(1).expandDims(0).matmul(p.get(2)).add(p.get(3)).matmul(p.get(4)).add(p.get(5));
      Tensor x = normal(20, 64, 14).mul(.3).cast(DType.FLOAT32);
      assertArrayEquals(x.matmul(product).add(offset).toDoubles(), deep.call(x).toDoubles(), 1e-5);
      Neurite.seed(6);
      double layers = digitsAccuracy(deep, .01, 12, Losses.softmaxCrossEntropy());
      double one = digitsAccuracy(flat, .02, 30, Losses.softmaxCrossEntropy());
      assertTrue(layers <= one + .01, layers + " against " + one);
    }
  }

  @Test
  void B11_softmaxRegressionReadsDigitsAndHardmaxIsItsArgmax() {
    Neurite.seed(7);
    try (Scope scope = Scope.open();
        Model model = Models.softmaxRegression(64, 10)) {
      double accuracy = digitsAccuracy(model, .02, 30, Losses.sparseCategoricalCrossEntropy());
      assertTrue(accuracy >= .95, "accuracy " + accuracy);
      Tensor p = model.call(flat(Digits.load().test()).x().slice(0, 0, 50).contiguous());
      Tensor hard = Activation.HARDMAX.apply(p);
      assertArrayEquals(p.argmax(-1).oneHot(10, DType.FLOAT32).toDoubles(), hard.toDoubles());
      assertArrayEquals(p.argmax(-1).toLongs(), hard.argmax(-1).toLongs());
      // linear boundaries: along a line between two images the winner's region is one interval
      Tensor images = flat(Digits.load().test()).x();
      Tensor from = images.select(0, 3);
      Tensor way = images.select(0, 77).sub(from);
      Tensor steps = Tensor.range(0, 1 / 200.0, 201, DType.FLOAT32).expandDims(1);
      long[] winners = model.call(steps.mul(way).add(from)).argmax(-1).toLongs();
      boolean[] left = new boolean[10];
      for (int i = 1; i < winners.length; i++) {
        if (winners[i] != winners[i - 1]) {
          left[(int) winners[i - 1]] = true;
          assertTrue(!left[(int) winners[i]], "class " + winners[i] + " comes back at step " + i);
        }
      }
    }
  }

  @Test
  void B12_independentSigmoidsAnswerSeveralQuestions() {
    Neurite.seed(8);
    try (Scope scope = Scope.open();
        Model model = Models.multiLabel(8, 3)) {
      Tensor x = normal(1200, 8, 15).cast(DType.FLOAT32);
      Tensor y = x.matmul(normal(8, 3, 16).cast(DType.FLOAT32)).add(Tensor.of(.3f, -.5f, 0f)).gt(0)
          .cast(DType.FLOAT32);
      model.compile(Adam.of(.05), Losses.binaryCrossEntropy());
      model.fit(x.slice(0, 0, 1000).contiguous(), y.slice(0, 0, 1000).contiguous(), Fit.epochs(25).batch(50));
      Tensor p = model.predict(x.slice(0, 1000, 1200).contiguous());
      Tensor right = p.gt(.5).eq(y.slice(0, 1000, 1200).gt(.5)).cast(DType.FLOAT32).mean(0);
      assertTrue(right.min().item() >= .95, right.toString());
      double several = p.gt(.5).cast(DType.FLOAT32).sum(-1).gt(1.5).cast(DType.FLOAT32).sum().item();
      assertTrue(several > 0, "no example has two labels: the answers are not independent");
    }
  }

  @Test
  void B13_summaryHasTheDimensionsOfEveryLayer() {
    long[] n = {12288, 20, 7, 5, 1};
    try (Model model = Models.mlp(Activation.RELU, n)) {
      String summary = model.summary();
      for (int l = 1; l < n.length; l++) {
        String line = "W" + l + " (" + n[l] + ", " + n[l - 1] + "), b" + l + " (" + n[l] + ", 1)";
        assertTrue(summary.lines().anyMatch(line::equals), summary);
      }
      assertTrue(summary.contains("mlp"), summary);
    }
    try (Model inner = Models.mlp(Activation.RELU, 6, 4)) {
      ShapeException e =
          assertThrows(ShapeException.class, () -> Model.sequential(Input.of(5), Dense.of(3).name("narrow"), inner));
      assertTrue(e.getMessage().contains("mlp") && e.getMessage().contains("6") && e.getMessage().contains("3"),
          e.getMessage());
    }
    ShapeException e =
        assertThrows(
            ShapeException.class,
            () -> Model.sequential(Input.of(4), Conv2D.of(2, 3).name("first_filters")));
    assertTrue(e.getMessage().contains("first_filters"), e.getMessage());
  }
}
