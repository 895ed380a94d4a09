package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Dataset;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.ActivationProperties;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.nn.RRelu;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Section D of the feature map; the softmax and layer forms are in {@link ActivationLayersFeaturesTest}. */
class ActivationFeaturesTest {

  private static final double LAMBDA = 1.0507009873554805;
  private static final double ALPHA = 1.6732632423543772;

  private static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  private static double[] n14(java.util.function.DoubleUnaryOperator f) {
    return Arrays.stream(ActivationRow.N14).map(f).toArray();
  }

  @Test
  void D1_identityHasDerivativeOneEverywhere() {
    ActivationRow row = new ActivationRow(Activation.LINEAR, x -> x, x -> 1);
    row.check(ActivationRow.N14, -1e4, 1e4);
    assertArrayEquals(new double[] {1, 1, 1, 1}, row.slopes(-1e30, -3, 0, 1e30));
  }

  @Test
  void D2_binaryStepIsRefusedForTrainingUnlessStraightThroughIsAskedFor() {
    ActivationRow row = new ActivationRow(Activation.BINARY_STEP, x -> x >= 0 ? 1 : 0, x -> 0);
    row.check(new double[] {0, 0, 0, 1, 1, 1, 1}, 0, 1);
    assertArrayEquals(new double[] {0, 0, 0}, row.slopes(-1, 0, 1));
    Dataset data = corners();
    try (Model model = network(Activation.BINARY_STEP)) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> model.fit(data.batch(4), Fit.epochs(1)));
      assertTrue(e.getMessage().startsWith("binary_step: expected inference, given training"), e.getMessage());
      assertTrue(e.getMessage().contains("hidden") && e.getMessage().contains("straightThroughStep"), e.getMessage());
      assertEquals(Shape.of(1, 1), model.call(Tensor.zeros(Shape.of(1, 2))).shape());
    }
    try (Model model = network(Activation.straightThroughStep(0))) {
      Tensor before = model.call(Tensor.zeros(Shape.of(1, 2))).add(0);
      assertTrue(falls(model.fit(data.batch(4), Fit.epochs(200))), "straight-through training");
      assertFalse(before.item() == model.call(Tensor.zeros(Shape.of(1, 2))).item());
    }
    ActivationRow through = new ActivationRow(Activation.straightThroughStep(0.5), x -> x >= 0.5 ? 1 : 0, x -> 1);
    assertArrayEquals(new double[] {1, 1, 1}, through.slopes(-3, 0.5, 9));
    assertEquals(0, through.at(0.4, DType.FLOAT32));
    assertEquals(1, through.at(0.5, DType.FLOAT32));
  }

  private static Dataset corners() {
    return Dataset.of(
        Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, Shape.of(4, 2)),
        Tensor.of(new float[] {0, 1, 1, 1}, Shape.of(4, 1)));
  }

  private static Model network(Activation hidden) {
    Neurite.seed(4);
    Model model = Model.sequential(
        Input.of(2), Dense.of(8).activation(hidden).name("hidden"), Dense.of(1));
    model.compile(Sgd.of(0.1), Losses.meanSquaredError());
    return model;
  }

  private static boolean falls(History history) {
    double[] loss = history.values("loss");
    return loss[loss.length - 1] < 0.5 * loss[0];
  }

  @Test
  void D3_sigmoid() {
    ActivationRow row =
        new ActivationRow(Activation.SIGMOID, ActivationFeaturesTest::sigmoid, x -> sigmoid(x) * sigmoid(-x));
    row.check(new double[] {.119203, .268941, .377541, .5, .622459, .731059, .880797}, 0, 1);
    assertArrayEquals(
        new double[] {.9526, .8520, .1192, .6225},
        Activation.SIGMOID.apply(Tensor.of(3, 1.75, -2, 0.5)).toDoubles(), 5e-5);
  }

  @Test
  void D4_tanhHasDerivativeOneMinusItsSquare() {
    ActivationRow row = new ActivationRow(Activation.TANH, Math::tanh, x -> 1 - Math.tanh(x) * Math.tanh(x));
    row.check(new double[] {-.964028, -.761594, -.462117, 0, .462117, .761594, .964028}, -1, 1);
    assertEquals(.761594, row.at(1, DType.FLOAT32), 5e-7);
  }

  @Test
  void D5_reluHasDerivativeZeroAtZero() {
    ActivationRow row = new ActivationRow(Activation.RELU, x -> Math.max(0, x), x -> x > 0 ? 1 : 0);
    row.check(new double[] {0, 0, 0, 0, .5, 1, 2}, 0, 1e4);
    assertArrayEquals(new double[] {0, 0, 1}, row.slopes(-1, 0, 1));
  }

  @Test
  void D6_deadUnitsAreCountedAndLeakOrSmallBiasRevivesTraining() {
    Died dead = train(Activation.RELU, -10);
    assertEquals(1.0, dead.before, "bias -10");
    assertEquals(dead.firstLoss, dead.lastLoss, 0.05 * dead.firstLoss, "a dead layer only learns the mean");
    assertEquals(1.0, dead.after);
    Died leaky = train(Activation.LEAKY_RELU, -10);
    assertEquals(0.0, leaky.before, "a leak is never silent");
    assertTrue(leaky.lastLoss < 0.1 * dead.lastLoss, "leak: " + leaky + " against " + dead);
    Died biased = train(Activation.RELU, 0.01);
    assertTrue(biased.before < 0.5 && biased.lastLoss < 0.1 * dead.lastLoss, "bias +0.01: " + biased);
  }

  /** Parts of the units that give 0 for every sample, and the loss, before and after training. */
  private record Died(double before, double after, double firstLoss, double lastLoss) {}

  private static Died train(Activation activation, double bias) {
    Neurite.seed(9);
    Tensor x = Tensor.range(-1, 2.0 / 63, 64, DType.FLOAT32).reshape(64, 1);
    Tensor y = x.relu().add(x); // bent, with a slope that a leak can follow
    Model model = Model.sequential(
        Input.of(1),
        Dense.of(16).activation(activation).biasInitializer(Initializers.constant(bias)).name("hidden"), Dense.of(1));
    model.compile(Adam.of(0.05), Losses.meanSquaredError());
    double before = deadPart(model, x);
    // the mean is learnt first, so that what falls afterwards is what the hidden layer learns
    model.fit(Dataset.of(x, y).batch(64), Fit.epochs(50));
    History history = model.fit(Dataset.of(x, y).batch(64), Fit.epochs(400));
    double[] loss = history.values("loss");
    Died died = new Died(before, deadPart(model, x), loss[0], loss[loss.length - 1]);
    model.close();
    return died;
  }

  private static double deadPart(Model model, Tensor x) {
    return Scope.run(() -> {
      Pass pass = Pass.inference().capturing("hidden");
      model.call(x, pass);
      return pass.captured("hidden").abs().max(0).eq(0).cast(DType.FLOAT64).mean().item();
    });
  }

  @Test
  void D7_leakyRelu() {
    ActivationRow row =
        new ActivationRow(Activation.LEAKY_RELU, x -> x > 0 ? x : 0.01 * x, x -> x > 0 ? 1 : 0.01);
    row.check(new double[] {-.02, -.01, -.005, 0, .5, 1, 2}, -100, 1e4);
    assertEquals(-.01, row.at(-1, DType.FLOAT32), 1e-9);
  }

  @Test
  void D9_randomisedLeakyReluDrawsInTrainingAndAveragesInInference() {
    Neurite.seed(3);
    try (Scope scope = Scope.open()) {
      RRelu layer = RRelu.of();
      Tensor x = Tensor.full(Shape.of(100, 100), -1, DType.FLOAT64);
      Tensor slopes = layer.call(x, Pass.training(5)).neg();
      assertTrue(slopes.min().item() >= 1.0 / 8 && slopes.max().item() <= 1.0 / 3, slopes.toString());
      assertEquals((1.0 / 8 + 1.0 / 3) / 2, slopes.mean().item(), 0.003);
      assertEquals(Math.pow(1.0 / 3 - 1.0 / 8, 2) / 12, slopes.variance().item(), 2e-4);
      assertFalse(slopes.get(0, 0) == layer.call(x, Pass.training(6)).neg().get(0, 0));
      assertEquals(-(1.0 / 8 + 1.0 / 3) / 2, layer.call(x).get(7, 7), 1e-15);
      assertArrayEquals(new double[] {3, 3}, layer.call(Tensor.full(Shape.of(1, 2), 3, DType.FLOAT64), Pass.training(1))
          .toDoubles());
    }
    double mean = (1.0 / 8 + 1.0 / 3) / 2;
    ActivationRow row = new ActivationRow(
        Activation.rRelu(1.0 / 8, 1.0 / 3), x -> x > 0 ? x : mean * x, x -> x > 0 ? 1 : mean);
    row.check(n14(row.f()), -1e4 * mean, 1e4);
  }

  @Test
  void D10_eluHasAContinuousSlopeAtZero() {
    ActivationRow row = new ActivationRow(
        Activation.ELU, x -> x > 0 ? x : Math.expm1(x), x -> x > 0 ? 1 : Math.exp(x));
    row.check(new double[] {-.864665, -.632121, -.393469, 0, .5, 1, 2}, -1, 1e4);
    assertEquals(-.632121, row.at(-1, DType.FLOAT32), 5e-7);
    assertEquals(.367879, row.slopes(-1)[0], 5e-7);
    double[] around = row.slopes(-1e-9, 1e-9);
    assertEquals(around[0], around[1], 1e-8);
  }

  @Test
  void D11_fiftySeluLayersKeepMeanZeroAndVarianceOne() {
    ActivationRow row = new ActivationRow(
        Activation.SELU, x -> LAMBDA * (x > 0 ? x : ALPHA * Math.expm1(x)),
        x -> LAMBDA * (x > 0 ? 1 : ALPHA * Math.exp(x)));
    row.check(
        new double[] {-1.520166, -1.111331, -.691758, 0, .525350, 1.050701, 2.101402}, -LAMBDA * ALPHA, LAMBDA * 1e4);
    assertEquals(-1.111331, row.at(-1, DType.FLOAT32), 5e-7);
    assertEquals(1.050701, row.at(1, DType.FLOAT32), 5e-7);
    Neurite.seed(21);
    try (Scope scope = Scope.open()) {
      Tensor x = Initializers.normal(0, 1).create(Shape.of(256, 300), DType.FLOAT32, RandomStream.of(2, "x"));
      for (int i = 0; i < 50; i++) {
        x = Dense.of(300).activation(Activation.SELU).kernelInitializer(Initializers.lecunNormal()).call(x);
        assertEquals(0, x.mean().item(), 0.15, "mean after layer " + i);
        assertEquals(1, x.variance().item(), 0.3, "variance after layer " + i);
      }
    }
  }

  @Test
  void D12_softplusHasTheSigmoidAsDerivative() {
    ActivationRow row = new ActivationRow(
        Activation.SOFTPLUS, x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ActivationFeaturesTest::sigmoid);
    row.check(new double[] {.126928, .313262, .474077, .693147, .974077, 1.313262, 2.126928}, 0, 1e4);
    double[] x = {-3, -1, 0, 2};
    assertArrayEquals(Activation.SIGMOID.apply(Tensor.of(x)).toDoubles(), row.slopes(x), 1e-14);
  }

  @Test
  void D13_geluExactAndItsTanhForm() {
    ActivationRow row = new ActivationRow(
        Activation.GELU, x -> x * normal(x), x -> normal(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI));
    row.check(new double[] {-.045500, -.158655, -.154269, 0, .345731, .841345, 1.954500}, 0, 1e4);
    assertArrayEquals(
        new double[] {-.085232, -.083315, .132505, .5, .867495, 1.083315, 1.085232},
        row.slopes(ActivationRow.N14), 6e-7);
    assertEquals(-.169971, row.at(-.7518, DType.FLOAT64), 5e-7);
    assertEquals(0, row.slopes(-.7518)[0], 1e-4);
    for (double x : ActivationRow.N14) {
      double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
      assertEquals(
          0.5 * x * (1 + Math.tanh(inner)), new ActivationRow(Activation.GELU_TANH, null, null).at(x, DType.FLOAT64),
          1e-14);
    }
  }

  /** Distribution function of the normal distribution: its series, and in the tails a continued fraction. */
  private static double normal(double x) {
    double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    if (Math.abs(x) > 3) {
      double z = Math.abs(x);
      double fraction = z;
      for (int k = 200; k > 0; k--) {
        fraction = z + k / fraction;
      }
      return x < 0 ? density / fraction : 1 - density / fraction;
    }
    double term = x;
    double sum = x;
    for (int k = 1; k < 100; k++) {
      term *= x * x / (2 * k + 1);
      sum += term;
    }
    return 0.5 + sum * density;
  }

  @Test
  void D14_siluWithItsMinimum() {
    ActivationRow row = new ActivationRow(
        Activation.SILU, x -> x * sigmoid(x), x -> sigmoid(x) * (1 + x * sigmoid(-x)));
    row.check(new double[] {-.238406, -.268941, -.188770, 0, .311230, .731059, 1.761594}, 0, 1e4);
    assertArrayEquals(
        new double[] {-.090784, .072329, .260039, .5, .739961, .927671, 1.090784}, row.slopes(ActivationRow.N14), 6e-7);
    assertEquals(-.278465, row.at(-1.2785, DType.FLOAT64), 5e-7);
    assertEquals(0, row.slopes(-1.2785)[0], 1e-4);
    assertArrayEquals(
        Activation.SILU.apply(Tensor.of(ActivationRow.N14)).toDoubles(),
        Activation.swish(1).apply(Tensor.of(ActivationRow.N14)).toDoubles(), 1e-15);
  }

  @Test
  void D15_gaussian() {
    ActivationRow row =
        new ActivationRow(Activation.GAUSSIAN, x -> Math.exp(-x * x), x -> -2 * x * Math.exp(-x * x));
    row.check(new double[] {.018316, .367879, .778801, 1, .778801, .367879, .018316}, 0, 0);
    assertEquals(-.735759, row.slopes(1)[0], 5e-7);
  }

  @Test
  void D16_sobolevaWithOnesIsTanhAndItsGradientIsRight() {
    ActivationRow ones = new ActivationRow(
        Activation.smht(1, 1, 1, 1), Math::tanh, x -> 1 - Math.tanh(x) * Math.tanh(x));
    ones.check(n14(Math::tanh), -1, 1);
    Activation odd = Activation.smht(.8, 1.1, .9, 1.2);
    Param x = Param.of("x", Tensor.of(-3, -1.2, -.4, .01, .7, 2.5));
    GradCheck.Report report = GradCheck.check(() -> odd.apply(x).square().sum(), List.of(x));
    assertTrue(report.passes(1e-6), report.toString());
    ActivationRow row = new ActivationRow(odd, v -> soboleva(v), v -> 0);
    for (double v : new double[] {-1e4, -30, -2, 0, 1, 50, 1e4}) {
      assertEquals(Math.abs(v) > 1000 ? 0 : soboleva(v), row.at(v, DType.FLOAT64), 1e-12, "at " + v);
      assertFalse(Double.isNaN(row.slopes(v)[0]));
    }
    assertTrue(Double.isNaN(row.at(Double.NaN, DType.FLOAT32)));
  }

  private static double soboleva(double x) {
    return (Math.exp(.8 * x) - Math.exp(-1.1 * x)) / (Math.exp(.9 * x) + Math.exp(-1.2 * x));
  }

  @Test
  void D17_thePropertySheetHoldsOnSamples() {
    Activation[] all = {
      Activation.LINEAR, Activation.RELU, Activation.RELU6, Activation.SIGMOID, Activation.LOG_SIGMOID,
      Activation.HARD_SIGMOID, Activation.TANH, Activation.HARD_TANH, Activation.EXPONENTIAL, Activation.LEAKY_RELU,
      Activation.ELU, Activation.elu(0.5), Activation.SELU, Activation.CELU, Activation.celu(2), Activation.GELU,
      Activation.GELU_TANH, Activation.SILU, Activation.swish(2), Activation.swish(-1), Activation.MISH,
      Activation.HARD_SWISH, Activation.SOFTPLUS, Activation.SOFTSIGN, Activation.GAUSSIAN, Activation.TANH_SHRINK,
      Activation.SOFT_SHRINK, Activation.HARD_SHRINK, Activation.SQUAREPLUS, Activation.BINARY_STEP,
      Activation.straightThroughStep(1), Activation.threshold(1, -2), Activation.threshold(0.5, 0.5),
      Activation.smht(1, 1, 1, 1), Activation.smht(.8, 1.1, .9, 1.2), Activation.relu(0.1, 6, 0),
      Activation.relu(0, 2, 0), Activation.leakyRelu(-0.5), Activation.rRelu(1.0 / 8, 1.0 / 3)
    };
    for (Activation a : all) {
      Scope.run(() -> {
        sheet(a);
        return null;
      });
    }
    assertFalse(Activation.GELU.properties().monotonic() || Activation.SILU.properties().monotonic());
    assertEquals(List.of(0.0), Activation.SELU.properties().kinks());
    assertEquals(List.of(0.0), Activation.RELU.properties().kinks());
    assertEquals(List.of(0.0), Activation.LEAKY_RELU.properties().kinks());
    assertThrows(IllegalStateException.class, () -> Activation.SOFTMAX.properties());
  }

  private static void sheet(Activation a) {
    ActivationProperties sheet = a.properties();
    int n = 80_001;
    double step = 40.0 / (n - 1);
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = -20 + i * step + step / 2;
    }
    double[] y = a.apply(Tensor.of(x)).toDoubles();
    boolean rising = true;
    for (int i = 0; i < n; i++) {
      assertTrue(y[i] >= sheet.low() - 1e-15 && y[i] <= sheet.high() + 1e-15, a + "(" + x[i] + ") = " + y[i]);
      rising &= i == 0 || y[i] >= y[i - 1] - 1e-14;
    }
    assertEquals(sheet.monotonic(), rising, a + " monotonic");
    for (int i = 1; i < n - 1; i++) {
      double jump = Math.abs(y[i + 1] - 2 * y[i] + y[i - 1]) / step / (1 + Math.abs(y[i]));
      double from = x[i - 1];
      double to = x[i + 1];
      boolean stated = sheet.kinks().stream().anyMatch(k -> k >= from && k <= to);
      assertTrue(jump < 0.005 || stated, a + ": slope jumps by " + jump + " at " + x[i]);
    }
    for (double k : sheet.kinks()) {
      int i = (int) Math.floor((k - x[0]) / step);
      double before = (y[i] - y[i - 1]) / step;
      double after = (y[i + 2] - y[i + 1]) / step;
      boolean jumps = Math.abs(y[i + 1] - y[i]) > 0.1;
      assertEquals(sheet.continuity() < 0, jumps, a + " at " + k);
      assertTrue(jumps || Math.abs(after - before) > 0.05, a + " at " + k);
    }
    assertEquals(sheet.continuity() <= 0, !sheet.kinks().isEmpty(), a + " continuity");
  }
}
