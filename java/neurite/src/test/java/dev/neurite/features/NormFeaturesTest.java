package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.init.Initializers;
import dev.neurite.loss.CtcLoss;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Layer;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** C16 to C18, E14, H18, N11, N18: batch normalisation and connectionist temporal classification. */
class NormFeaturesTest {

  private static final Pass TRAINING = Pass.training(1);

  private static Tensor normal(double mean, double deviation, String name, long... dims) {
    return Initializers.normal(mean, deviation).create(Shape.of(dims), DType.FLOAT64, RandomStream.of(7, name));
  }

  private static Tensor mean(Tensor x) {
    return x.reshape(-1, x.shape().last()).mean(0);
  }

  private static Tensor variance(Tensor x) {
    return x.reshape(-1, x.shape().last()).variance(0);
  }

  // ---- C16

  @Test
  void C16_aRowsEvaluationAfterTrainingDoesNotDependOnItsBatch() {
    Neurite.seed(1);
    try (Scope scope = Scope.open();
        Model model = Model.sequential(
            Input.of(6, 6, 2).dtype(DType.FLOAT64), Conv2D.of(3, 3), BatchNorm.of().momentum(0.9), Activation.RELU,
            Flatten.of(), Dense.of(4), BatchNorm.of().momentum(0.9), Dense.of(1))) {
      Tensor x = normal(1, 2, "x", 24, 6, 6, 2);
      model.compile(Adam.of(0.01), Losses.meanSquaredError());
      model.fit(x, normal(0, 1, "y", 24, 1), Fit.epochs(3).batch(8));

      double[] whole = model.call(x).toDoubles();
      for (int row = 0; row < 24; row += 5) {
        assertEquals(whole[row], model.call(x.slice(0, row, row + 1)).item(), 1e-12);
        Tensor others = Tensor.concat(0, List.of(normal(9, 5, "other" + row, 3, 6, 6, 2), x.slice(0, row, row + 1)));
        assertEquals(whole[row], model.call(others).toDoubles()[3], 1e-12);
      }
    }
  }

  @Test
  void C16_gammaOfTheDeviationAndBetaOfTheMeanRestoreTheInput() {
    try (Scope scope = Scope.open()) {
      for (long[] dims : new long[][] {{40, 3}, {6, 7, 3}, {4, 5, 6, 3}, {2, 3, 4, 5, 3}}) {
        Tensor x = normal(5, 3, "x", dims).add(Tensor.of(new double[] {-4, 0, 7}));
        BatchNorm layer = BatchNorm.of().epsilon(1e-12);
        layer.call(x);
        layer.gamma().assign(variance(x).sqrt());
        layer.beta().assign(mean(x));

        assertArrayEquals(x.toDoubles(), layer.call(x, TRAINING).toDoubles(), 1e-9);
      }
    }
  }

  @Test
  void C16_everyFeatureAndEveryChannelIsNormalisedByItself() {
    try (Scope scope = Scope.open()) {
      for (long[] dims : new long[][] {{64, 3}, {8, 5, 3}, {4, 5, 6, 3}, {2, 3, 4, 5, 3}}) {
        Tensor y = BatchNorm.of().epsilon(1e-12).call(normal(-3, 4, "x", dims), TRAINING);

        assertArrayEquals(new double[3], mean(y).toDoubles(), 1e-10);
        assertArrayEquals(new double[] {1, 1, 1}, variance(y).toDoubles(), 1e-9);
      }
    }
  }

  // ---- C17

  @Test
  void C17_movingAveragesConvergeToTheStatisticsOfTheData() {
    Neurite.seed(2);
    try (Scope scope = Scope.open()) {
      Tensor deviations = Tensor.of(new double[] {2, 0.5, 3});
      Tensor x = normal(0, 1, "x", 512, 3).mul(deviations).add(Tensor.of(new double[] {4, -1, 0}));
      BatchNorm layer = BatchNorm.of().momentum(0.9);
      Model model = Model.sequential(Input.of(3).dtype(DType.FLOAT64), layer, Dense.of(1));
      model.compile(Adam.of(1e-3), Losses.meanSquaredError());
      model.fit(Dataset.of(x, normal(0, 1, "y", 512, 1)).shuffle().batch(128), Fit.epochs(25));

      double[] mean = mean(x).toDoubles();
      double[] variance = variance(x).toDoubles();
      for (int c = 0; c < 3; c++) {
        assertEquals(mean[c], layer.movingMean().toDoubles()[c], 0.1 * Math.sqrt(variance[c]));
        assertEquals(variance[c], layer.movingVariance().toDoubles()[c], 0.1 * variance[c]);
      }
      BatchNorm same = BatchNorm.of().momentum(0.9);
      for (int i = 0; i < 300; i++) {
        same.call(x, TRAINING); // the same batch again and again: to the last digits
      }
      assertArrayEquals(mean, same.movingMean().toDoubles(), 1e-9);
      assertArrayEquals(variance, same.movingVariance().toDoubles(), 1e-9);
      model.close();
    }
  }

  @Test
  void C17_evaluationAndFrozenLayersLeaveTheAveragesAndUseThem() {
    try (Scope scope = Scope.open()) {
      Tensor x = normal(3, 2, "x", 32, 4);
      BatchNorm layer = BatchNorm.of().momentum(0.5);
      layer.call(x, TRAINING);
      double[] mean = layer.movingMean().toDoubles();
      double[] variance = layer.movingVariance().toDoubles();
      double[] evaluated = layer.call(x).toDoubles();
      Tensor expected = x.sub(layer.movingMean()).div(layer.movingVariance().add(1e-3).sqrt());

      assertArrayEquals(expected.toDoubles(), evaluated, 1e-12);
      layer.trainable(false);
      assertArrayEquals(evaluated, layer.call(x, TRAINING).toDoubles());
      assertArrayEquals(mean, layer.movingMean().toDoubles());
      assertArrayEquals(variance, layer.movingVariance().toDoubles());
      layer.trainable(true);
      layer.call(x, TRAINING);
      assertTrue(mean[0] != layer.movingMean().toDoubles()[0]);
    }
  }

  // ---- C18

  @Test
  void C18_theLayerBeforeMayGoWithoutItsBias() {
    Neurite.seed(5);
    try (Scope scope = Scope.open()) {
      Tensor rows = normal(0, 1, "rows", 16, 5);
      Tensor pictures = normal(0, 1, "pictures", 4, 6, 6, 2);
      withoutBias(Dense.of(3), Dense.of(3).bias(false), rows);
      withoutBias(Conv2D.of(3, 3), Conv2D.of(3, 3).bias(false), pictures);
    }
  }

  private static void withoutBias(Layer with, Layer without, Tensor x) {
    with.call(x);
    without.call(x);
    without.ownParams().get("kernel").assign(with.ownParams().get("kernel"));
    with.ownParams().get("bias").assign(Tensor.of(new double[] {3, -7, 0.5}));
    BatchNorm a = BatchNorm.of();
    BatchNorm b = BatchNorm.of();

    assertArrayEquals(
        b.call(without.call(x), TRAINING).toDoubles(), a.call(with.call(x), TRAINING).toDoubles(), 1e-10);
    assertArrayEquals(b.movingVariance().toDoubles(), a.movingVariance().toDoubles(), 1e-10);
  }

  @Test
  void C18_foldedForInferenceTheOutputsAreEqual() {
    Neurite.seed(6);
    try (Scope scope = Scope.open();
        Model model = Model.sequential(
            Input.of(6, 6, 2).dtype(DType.FLOAT64), Conv2D.of(4, 3).bias(false), BatchNorm.of().momentum(0.9),
            Activation.RELU, Flatten.of(), Dense.of(3), BatchNorm.of().momentum(0.9))) {
      Tensor x = normal(1, 2, "x", 12, 6, 6, 2);
      model.compile(Adam.of(0.01), Losses.meanSquaredError());
      model.fit(x, normal(0, 1, "y", 12, 3), Fit.epochs(4).batch(4));
      try (Model folded = BatchNorm.fold(model)) {
        assertArrayEquals(model.call(x).toDoubles(), folded.call(x).toDoubles(), 1e-10);
        assertEquals(
            List.of("conv2d.kernel", "conv2d.bias", "dense.kernel", "dense.bias"),
            List.copyOf(folded.state().keySet()));
      }
    }
  }

  // ---- H18

  /** The documentation is the class comment of BatchNorm; this measures what it says. */
  @Test
  void H18_smallBatchesAddNoiseThatInferenceDoesNotHave() {
    try (Scope scope = Scope.open()) {
      BatchNorm layer = BatchNorm.of().momentum(0.99);
      Tensor row = Tensor.of(new double[][] {{0.7, -1.2}});
      double[] noise = new double[3];
      int[] sizes = {4, 16, 64};
      for (int i = 0; i < sizes.length; i++) {
        noise[i] = deviation(layer, row, sizes[i], TRAINING);
      }

      assertTrue(
          noise[0] > 1.5 * noise[1] && noise[1] > 1.5 * noise[2],
          String.format(Locale.ROOT, "deviations %.3f %.3f %.3f", noise[0], noise[1], noise[2]));
      assertTrue(noise[0] > 0.3 && noise[2] > 0.03, Arrays.toString(noise));
      assertEquals(0, deviation(layer, row, 4, Pass.inference()), 1e-12);
    }
  }

  /** Deviation of one row's output over 100 batches of others. */
  private static double deviation(BatchNorm layer, Tensor row, int batch, Pass pass) {
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Tensor others = normal(0, 1, "batch " + batch + " " + i, batch - 1, 2);
      outputs.add(layer.call(Tensor.concat(0, List.of(row, others)), pass).slice(0, 0, 1));
    }
    return Math.sqrt(Tensor.concat(0, outputs).variance(0).mean().item());
  }

  // ---- N11

  @Test
  void N11_batchNormOfOneToFour() {
    try (Scope scope = Scope.open()) {
      Tensor z = Tensor.of(new double[][] {{1}, {2}, {3}, {4}});
      BatchNorm keras = BatchNorm.of().momentum(0);

      assertArrayEquals(
          new double[] {-1.341104, -.447035, .447035, 1.341104}, keras.call(z, TRAINING).toDoubles(), 5e-7);
      assertEquals(2.5, keras.movingMean().item(), 1e-12);
      assertEquals(1.25, keras.movingVariance().item(), 1e-12);
      assertArrayEquals(
          new double[] {-1.341635, -.447212, .447212, 1.341635},
          BatchNorm.of().epsilon(1e-5).call(z, TRAINING).toDoubles(), 5e-7);
    }
  }

  @Test
  void N11_fortyParametersOfWhichThirtyAreTrained() {
    BatchNorm first = BatchNorm.of();
    try (Model model =
        Model.sequential(Input.of(2), Dense.of(3), first, Dense.of(2), BatchNorm.of(), Dense.of(1))) {
      long[] each = model.children().values().stream()
          .mapToLong(b -> b.state().values().stream().mapToLong(Tensor::size).sum()).toArray();

      assertArrayEquals(new long[] {9, 12, 8, 8, 3}, each);
      assertEquals(40, model.parameterCount());
      assertEquals(30, model.trainableParams().stream().mapToLong(Tensor::size).sum());
      assertEquals(6, first.ownParams().values().stream().mapToLong(Tensor::size).sum());
      assertEquals(6, first.ownBuffers().values().stream().mapToLong(Tensor::size).sum());
    }
  }

  // ---- E14, N18

  private static double ctc(Tensor logits, long... target) {
    return Losses.ctc().apply(
        Tensor.of(target, Shape.of(1, target.length)), logits.expandDims(0), Tensor.ofLongs(logits.dim(0)),
        Tensor.ofLongs(target.length)).item();
  }

  @Test
  void E14_uniformProbabilitiesOverThreeSymbols() {
    try (Scope scope = Scope.open()) {
      assertEquals(1.098612, ctc(Tensor.zeros(Shape.of(2, 3), DType.FLOAT64), 1), 5e-7);
      assertEquals(1.686399, ctc(Tensor.zeros(Shape.of(3, 3), DType.FLOAT64), 1, 2), 5e-7);
      assertEquals(3.295837, ctc(Tensor.zeros(Shape.of(3, 3), DType.FLOAT64), 1, 1), 5e-7);
    }
  }

  @Test
  void E14_equalsTheSumOverAllPathsUpToFiveSteps() {
    try (Scope scope = Scope.open()) {
      for (int time = 1; time <= 5; time++) {
        Tensor logits = normal(0, 1.5, "logits " + time, time, 3);
        double[] p = logits.softmax(-1).toDoubles();
        for (long[] target : targets(5)) {
          double sum = paths(p, 0, 1, 0, new ArrayList<>(), target);
          double loss = ctc(logits, target);
          if (sum == 0) {
            assertEquals(Double.POSITIVE_INFINITY, loss);
          } else {
            assertEquals(-Math.log(sum), loss, 1e-10, time + " steps, " + Arrays.toString(target));
          }
        }
      }
    }
  }

  /** All targets over two symbols with up to the given length. */
  private static List<long[]> targets(int longest) {
    List<long[]> all = new ArrayList<>();
    for (int length = 0; length <= longest; length++) {
      for (int code = 0; code < 1 << length; code++) {
        long[] target = new long[length];
        for (int i = 0; i < length; i++) {
          target[i] = 1 + (code >> i & 1);
        }
        all.add(target);
      }
    }
    return all;
  }

  private static double paths(double[] p, int t, double product, int before, List<Integer> read, long[] target) {
    if (3 * t == p.length) {
      return Arrays.equals(read.stream().mapToLong(i -> i).toArray(), target) ? product : 0;
    }
    double sum = 0;
    for (int k = 0; k < 3; k++) {
      List<Integer> next = new ArrayList<>(read);
      if (k != 0 && k != before) {
        next.add(k);
      }
      sum += paths(p, t + 1, product * p[3 * t + k], k, next, target);
    }
    return sum;
  }

  @Test
  void E14_impossibleTargetsAreInfiniteOrZeroedByOption() {
    try (Scope scope = Scope.open()) {
      Tensor logits = normal(0, 1, "logits", 2, 2, 3);
      Tensor targets = Tensor.of(new long[] {1, 1, 1, 2}, Shape.of(2, 2));
      CtcLoss loss = Losses.ctc().reduction(Reduction.NONE);
      double[] plain = loss.apply(targets, logits).toDoubles();
      double[] zeroed = loss.zeroInfinity(true).apply(targets, logits).toDoubles();

      assertEquals(Double.POSITIVE_INFINITY, plain[0]);
      assertEquals(0, zeroed[0]);
      assertTrue(Double.isFinite(plain[1]));
      assertEquals(plain[1], zeroed[1]);
    }
  }

  @Test
  void N18_ctcOfATableOfThreeSteps() {
    try (Scope scope = Scope.open()) {
      Tensor table = Tensor.of(new double[][] {{.6, .3, .1}, {.4, .1, .5}, {.5, .2, .3}});
      double loss = ctc(table.log(), 1, 2);

      assertEquals(1.698269, loss, 5e-7);
      assertEquals(.183, Math.exp(-loss), 1e-12);
    }
  }
}
