package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.init.Initializer;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Block;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.BiasVariance;
import dev.neurite.train.Checkups;
import dev.neurite.train.Diagnosis;
import dev.neurite.train.DiagnosisOptions;
import dev.neurite.train.Finding;
import dev.neurite.train.Fit;
import dev.neurite.train.FitShape;
import dev.neurite.train.Health;
import dev.neurite.train.HealthLog;
import dev.neurite.train.History;
import dev.neurite.train.LayerHealth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** What the doctor sees: start values, gradients, units, errors and curves. */
class DoctorFeaturesTest {

  private static final int WIDTH = 64;
  private static final DiagnosisOptions QUICK = DiagnosisOptions.standard().learningRate(false);

  /** Rows of standard normal features and one-hot targets. */
  private static Dataset gauss(int rows) {
    SplittableRandom random = new SplittableRandom(7);
    float[][] x = new float[rows][WIDTH];
    int[] y = new int[rows];
    for (int i = 0; i < rows; i++) {
      for (int c = 0; c < WIDTH; c++) {
        x[i][c] = (float) random.nextGaussian();
      }
      y[i] = random.nextInt(WIDTH);
    }
    return Dataset.of(x, y).batch(rows);
  }

  private static Model deep(int depth, Activation activation, Initializer kernel) {
    Neurite.seed(11);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      blocks.add(Dense.of(WIDTH).activation(activation).kernelInitializer(kernel));
    }
    return Model.sequential(Input.of(WIDTH), blocks.toArray(Block[]::new));
  }

  /** The layers before training; the loss compares the last layer's outputs with class numbers. */
  private static Diagnosis examined(Activation activation, Initializer kernel) {
    try (Model model = deep(10, activation, kernel)) {
      model.compile(Sgd.of(0.01), (y, p) -> Losses.softmaxCrossEntropy().apply(y, p));
      return model.diagnose(gauss(256), null, QUICK);
    }
  }

  private static double firstToLast(Diagnosis d) {
    return d.layers().get(0).gradient() / d.layers().get(d.layers().size() - 1).gradient();
  }

  // ---- start values

  private static void assertStaysSymmetric(Initializer kernel) {
    Neurite.seed(1);
    HealthLog log = HealthLog.inMemory();
    try (Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(16).activation(Activation.SIGMOID).kernelInitializer(kernel),
        Dense.of(10).kernelInitializer(kernel))) {
      model.compile(Sgd.of(0.1), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      model.fit(Digits.load().train().shuffle().batch(64), Fit.epochs(5).seed(1).callbacks(log));
    }
    for (Health.Checkup checkup : log.health().checkups()) {
      assertEquals(1, checkup.layers().get(0).alike(), "epoch " + checkup.epoch());
    }
    Diagnosis d = Diagnosis.of(log.health());
    assertEquals(Finding.Kind.SYMMETRIC_WEIGHTS, d.first().kind(), d.toString());
    assertEquals("dense", d.first().layer());
  }

  @Test
  void G1_zeroWeightsKeepHiddenUnitsIdenticalAndTheDoctorWarns() {
    assertStaysSymmetric(Initializers.zeros());
  }

  @Test
  void G2_constantWeightsKeepHiddenUnitsIdenticalAndTheDoctorWarns() {
    assertStaysSymmetric(Initializers.constant(0.1));
  }

  @Test
  void G3_smallRandomWeightsLetActivationsDieOut() {
    List<LayerHealth> layers = examined(Activation.TANH, Initializers.normal(0, 0.01)).layers();

    double last = layers.get(9).deviation();
    assertTrue(last > 5e-12 && last < 2e-11, "about 1e-11, given " + last);
  }

  @Test
  void G4_largeRandomWeightsSaturateAndExplode() {
    Diagnosis d = examined(Activation.TANH, Initializers.normal(0, 1));

    assertEquals(0.95, d.layers().get(8).deviation(), 0.01);
    assertTrue(firstToLast(d) > 100, "first/last gradient " + firstToLast(d));
    assertTrue(d.findings().stream().anyMatch(f -> f.kind() == Finding.Kind.SATURATED_UNITS), d.toString());
    assertTrue(d.findings().stream().anyMatch(f -> f.kind() == Finding.Kind.EXPLODING_GRADIENT), d.toString());
  }

  // ---- gradients and units

  @Test
  void H1_vanishingGradientIsDetected() {
    Diagnosis d = examined(Activation.SIGMOID, Initializers.normal(0, 1 / Math.sqrt(WIDTH)));

    assertTrue(firstToLast(d) < 1e-4, "first/last gradient " + firstToLast(d));
    assertEquals(Finding.Kind.VANISHING_GRADIENT, d.first().kind(), d.toString());
  }

  @Test
  void H2_reluWithHeNormalCuresTheVanishingGradient() {
    Diagnosis d = examined(Activation.RELU, Initializers.heNormal());

    assertTrue(firstToLast(d) > 0.1 && firstToLast(d) < 10, "first/last gradient " + firstToLast(d));
    assertTrue(d.healthy(), d.toString());
  }

  @Test
  void H4_saturatedUnitsAreReportedPerLayer() {
    try (Scope scope = Scope.open();
        Model model = deep(3, Activation.TANH, Initializers.normal(0, 1))) {
      Tensor x = gauss(128).all().x();
      Map<String, Double> shares = Checkups.saturatedUnits(model, x);

      Pass pass = Pass.inference().capturing("dense", "dense_1", "dense_2");
      model.call(x, pass);
      assertEquals(List.of("dense", "dense_1", "dense_2"), List.copyOf(shares.keySet()));
      shares.forEach((layer, share) -> {
        double[] values = pass.captured(layer).toDoubles();
        long beyond = java.util.Arrays.stream(values).filter(v -> Math.abs(v) > 0.95).count();
        assertEquals(beyond / (double) values.length, share, 1e-9, layer);
        assertTrue(share > 0.5, layer);
      });
    }
  }

  @Test
  void D6_deadUnitCounterFindsEveryUnit() {
    try (Scope scope = Scope.open();
        Model model = Model.sequential(
            Input.of(WIDTH),
            Dense.of(32).activation(Activation.RELU).biasInitializer(Initializers.constant(-10))
                .kernelInitializer(Initializers.normal(0, 0.01)),
            Dense.of(32).activation(Activation.LEAKY_RELU), Dense.of(2))) {
      Map<String, Double> dead = Checkups.deadUnits(model, gauss(128).all().x());

      assertEquals(1, dead.get("dense"));
      assertEquals(0, dead.get("dense_1"));
    }
  }

  @Test
  void H5_sigmoidNeedsFiveTimesTheEpochsOfTanh() {
    int tanh = epochsTo95(Activation.TANH, 30);
    assertTrue(tanh < 30, "tanh reaches 95 %");
    assertEquals(5 * tanh, epochsTo95(Activation.SIGMOID, 5 * tanh), "sigmoid is not there after 5 times the epochs");
  }

  /** Epochs until 95 % of the training digits are right, or the limit. */
  private static int epochsTo95(Activation activation, int limit) {
    Neurite.seed(3);
    try (Model model = Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(64).activation(activation), Dense.of(64).activation(activation),
        Dense.of(64).activation(activation), Dense.of(10))) {
      model.compile(Sgd.of(0.1), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      Dataset data = Digits.load().train().shuffle().batch(32);
      for (int epoch = 1; epoch <= limit; epoch++) {
        model.fit(data, Fit.epochs(1).seed(epoch));
        if (model.evaluate(data).value("accuracy") >= 0.95) {
          return epoch;
        }
      }
      return limit;
    }
  }

  // ---- errors

  @Test
  void H17_biasAndVarianceFromTwoErrorsAndTheHumanLevel() {
    assertEquals(BiasVariance.Verdict.HIGH_VARIANCE, BiasVariance.of(0.01, 0.11, 0).verdict());
    assertEquals(BiasVariance.Verdict.HIGH_BIAS, BiasVariance.of(0.15, 0.16, 0).verdict());
    assertEquals(BiasVariance.Verdict.BOTH, BiasVariance.of(0.15, 0.30, 0).verdict());
    assertEquals(BiasVariance.Verdict.NEITHER, BiasVariance.of(0.005, 0.01, 0).verdict());
    assertEquals(BiasVariance.Verdict.NEITHER, BiasVariance.of(0.15, 0.16, 0.14).verdict());
    assertEquals(
        "training error 15.0 %, validation error 30.0 %, human level 0.0 %: high bias and high variance",
        BiasVariance.of(0.15, 0.30, 0).toString());
  }

  @Test
  void I34_errorsAreComparedWithTheHumanLevel() {
    History run = new History(
        1, List.of(epoch(0.5, 0.5, 0.92, 0.90), epoch(0.3, 0.32, 0.92, 0.90), epoch(0.3, 0.32, 0.92, 0.90)));

    Diagnosis strict = Diagnosis.of(run, DiagnosisOptions.standard().humanError(0.01));
    Diagnosis lenient = Diagnosis.of(run, DiagnosisOptions.standard().humanError(0.075));

    assertEquals(0.07, strict.errors().avoidableBias(), 1e-12);
    assertEquals(0.02, strict.errors().variance(), 1e-12);
    assertEquals(Finding.Kind.HIGH_BIAS, strict.first().kind());
    assertEquals(0.005, lenient.errors().avoidableBias(), 1e-12);
    assertTrue(lenient.findings().stream().noneMatch(f -> f.kind() == Finding.Kind.HIGH_BIAS), lenient.toString());
  }

  private static Map<String, Double> epoch(double loss, double held, double accuracy, double heldAccuracy) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", loss);
    values.put("accuracy", accuracy);
    values.put("val_loss", held);
    values.put("val_accuracy", heldAccuracy);
    return values;
  }

  // ---- curves

  private static History curves(int epochs, IntToDoubleFunction training, IntToDoubleFunction held) {
    List<Map<String, Double>> all = new ArrayList<>();
    for (int i = 0; i < epochs; i++) {
      all.add(Map.of("loss", training.applyAsDouble(i), "val_loss", held.applyAsDouble(i)));
    }
    return new History(1, all);
  }

  @Test
  void I31_detectorsTellUnderOverAndGoodFitApart() {
    History under = curves(30, e -> 2.3 - 0.01 * e, e -> 2.31 - 0.01 * e);
    History over = curves(30, e -> 2 * Math.exp(-e / 4.0), e -> 1.2 * Math.exp(-e / 4.0) + 0.5 + 0.02 * e);
    History good = curves(30, e -> 2 * Math.exp(-e / 4.0) + 0.1, e -> 2 * Math.exp(-e / 4.0) + 0.13);

    assertEquals(FitShape.Kind.UNDER, FitShape.of(under).kind());
    assertEquals(FitShape.Kind.OVER, FitShape.of(over).kind());
    assertEquals(FitShape.Kind.GOOD, FitShape.of(good).kind());
    assertEquals(Finding.Kind.OVERFITTING, Diagnosis.of(over).first().kind());
    assertEquals(Finding.Kind.UNDERFITTING, Diagnosis.of(under).first().kind());
    assertTrue(Diagnosis.of(good).healthy());
  }

  @Test
  void I32_generalisationGapIsReportedAtTheChosenEpoch() {
    History run = curves(4, e -> new double[] {1, 0.5, 0.3, 0.1}[e], e -> new double[] {1.1, 0.7, 0.6, 0.9}[e]);

    FitShape fit = FitShape.of(run);

    assertEquals(3, fit.epoch());
    assertEquals(0.3, fit.gap(), 1e-12);
    assertTrue(Diagnosis.of(run).toString().contains("generalisation gap 0.3000 at epoch 3"));
  }

  // ---- learning rate

  @Test
  void F11_smallGoodAndTooLargeLearningRatesOnAParabola() {
    HealthLog log = HealthLog.inMemory();
    History slow = parabola(0.01, 100, HealthLog.inMemory());
    History exact = parabola(0.5, 2, HealthLog.inMemory());
    History wild = parabola(1.01, 200, log);

    assertTrue(slow.values("loss")[50] > 0.1, "slow: w = 0.98^n");
    assertEquals(0, exact.values("loss")[1], "exact in one step");
    assertTrue(wild.last("loss") > 10 * wild.values("loss")[0]);
    assertEquals(Finding.Kind.DIVERGENCE, Diagnosis.of(log.health()).first().kind());
    assertFalse(Diagnosis.of(curves(100, e -> Math.pow(0.98, 2 * e), e -> Math.pow(0.98, 2 * e))).findings().stream()
        .anyMatch(f -> f.kind() == Finding.Kind.DIVERGENCE));
  }

  /** {@code w^2} from 1 by gradient descent, as a model of one weight. */
  private static History parabola(double rate, int epochs, HealthLog log) {
    try (Model model = Model.sequential(
            Input.of(1).dtype(DType.FLOAT64), Dense.of(1).bias(false).kernelInitializer(Initializers.ones()));
        Tensor x = Tensor.ones(Shape.of(1, 1), DType.FLOAT64);
        Tensor y = Tensor.zeros(Shape.of(1, 1), DType.FLOAT64)) {
      model.compile(Sgd.of(rate), Losses.meanSquaredError());
      return model.fit(x, y, Fit.epochs(epochs).callbacks(log));
    }
  }
}
