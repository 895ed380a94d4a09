package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.loss.DetectionLosses;
import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.GanLoss;
import dev.neurite.loss.GanLosses;
import dev.neurite.loss.Losses;
import dev.neurite.loss.RankingLosses;
import dev.neurite.loss.Reduction;
import dev.neurite.loss.StyleLosses;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.L1;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Evaluation;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** E1 to E13, E18 to E20: values computed by hand, gradients, reductions, weights, empty batches. */
class LossFeaturesTest {

  private static final double[] HOUSE_TRUE = {6.1, 4.0, 3.7, 7.0};
  private static final double[] HOUSE_GUESS = {6.3, 4.1, 3.5, 7.2};

  private static Tensor column(double... values) {
    return Tensor.of(values, Shape.of(values.length, 1));
  }

  /** Gradient, reductions, weights and the empty batch of a loss on labels and predictions. */
  private static void holds(ElementLoss loss, Tensor y, Tensor p) {
    gradientHolds(loss.name(), p, x -> loss.reduction(Reduction.SUM).apply(y, x));
    int samples = (int) loss.perSample(y, p).size();
    Tensor noLabels = y.slice(0, 0, 0).contiguous();
    Tensor none = p.slice(0, 0, 0).contiguous();
    LossRow.check(loss.name(), samples, (r, w) -> loss.reduction(r).apply(y, p, w), () -> loss.apply(noLabels, none));
  }

  private static void gradientHolds(String name, Tensor at, UnaryOperator<Tensor> loss) {
    try (Param x = Param.of("x", at)) {
      GradCheck.Report report = GradCheck.check(() -> loss.apply(x), List.of(x));
      assertTrue(report.passes(1e-6), name + " " + report);
    }
  }

  @Test
  void E1_meanSquaredErrorOfTheExample() {
    try (Scope scope = Scope.open()) {
      Tensor y = column(HOUSE_TRUE);
      Tensor p = column(HOUSE_GUESS);
      assertEquals(0.0325, Losses.meanSquaredError().apply(y, p).item(), 1e-12);
      holds(Losses.meanSquaredError(), y, p);
    }
  }

  @Test
  void E2_meanAbsoluteErrorOfTheExampleWithSubgradientZero() {
    try (Scope scope = Scope.open()) {
      Tensor y = column(HOUSE_TRUE);
      Tensor p = column(HOUSE_GUESS);
      assertEquals(0.175, Losses.meanAbsoluteError().apply(y, p).item(), 1e-12);
      holds(Losses.meanAbsoluteError(), y, p);
      try (Tape tape = Tape.open()) {
        tape.watch(y);
        Tensor loss = Losses.meanAbsoluteError().apply(column(HOUSE_TRUE), y);
        assertArrayEquals(new double[4], tape.gradients(loss, List.of(y)).of(y).toDoubles());
      }
    }
  }

  @Test
  void E3_huberIsContinuousAtDelta() {
    try (Scope scope = Scope.open()) {
      ElementLoss loss = Losses.huber(1);
      Tensor y = column(0, 0, 0);
      assertArrayEquals(new double[] {.125, .5, 1.5}, loss.perSample(y, column(.5, 1, 2)).toDoubles(), 1e-15);
      double[] around = loss.perSample(column(0, 0), column(1 - 1e-9, 1 + 1e-9)).toDoubles();
      assertEquals(around[0], around[1], 1e-8);
      holds(loss, column(0, 0, 0), column(.5, -.25, 2));
    }
  }

  @Test
  void E4_binaryCrossEntropyFromProbabilitiesAndLogits() {
    try (Scope scope = Scope.open()) {
      ElementLoss loss = Losses.binaryCrossEntropy();
      assertEquals(.287682, loss.apply(column(1), column(.75)).item(), 1e-6);
      for (double v : loss.perSample(column(1, 0, 1, 0), column(0, 1, 1, 0)).toDoubles()) {
        assertTrue(Double.isFinite(v), "" + v);
      }
      for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
        Tensor x = column(100, -100, 100, -100).cast(type);
        double[] exact = Losses.sigmoidCrossEntropy().perSample(column(1, 1, 0, 0).cast(type), x).toDoubles();
        assertArrayEquals(new double[] {0, 100, 100, 0}, exact, 1e-7);
        Tensor far = column(1e4, -1e4).cast(type);
        assertArrayEquals(
            new double[] {1e4, 0}, Losses.sigmoidCrossEntropy().perSample(column(0, 0).cast(type), far).toDoubles());
      }
      holds(loss, column(1, 0, 1), column(.75, .2, .4));
      holds(Losses.sigmoidCrossEntropy(), column(1, 0, 1), column(2, .5, -3));
    }
  }

  @Test
  void E5_categoricalCrossEntropyReportsRowsThatDoNotSumToOne() {
    try (Scope scope = Scope.open()) {
      ElementLoss loss = Losses.categoricalCrossEntropy();
      Tensor y = Tensor.of(new double[][] {{1, 0, 0}, {0, 0, 1}});
      Tensor p = Tensor.of(new double[][] {{.6, .2, .2}, {.3, .3, .4}});
      assertEquals(.510826, loss.perSample(y, p).get(0), 1e-6);
      holds(loss, y, p);
      StringBuilder log = new StringBuilder();
      Handler handler = collecting(log);
      Logger logger = Logger.getLogger("neurite.loss");
      logger.addHandler(handler);
      try {
        Losses.categoricalCrossEntropy().apply(y, Tensor.of(new double[][] {{.6, .2, .2}, {.3, .3, .9}}));
      } finally {
        logger.removeHandler(handler);
      }
      assertTrue(log.toString().contains("row 1 of the predictions sums to 1.5, not 1"), log.toString());
    }
  }

  private static Handler collecting(StringBuilder log) {
    return new Handler() {
      @Override
      public void publish(LogRecord r) {
        log.append(r.getMessage()).append('\n');
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void E6_sparseCrossEntropyEqualsTheOneHotForm() {
    try (Scope scope = Scope.open()) {
      Tensor labels = Tensor.ofLongs(0, 2, 1);
      Tensor hot = labels.oneHot(3, DType.FLOAT64);
      Tensor p = Tensor.of(new double[][] {{.6, .2, .2}, {.3, .3, .4}, {.1, .8, .1}});
      ElementLoss sparse = Losses.sparseCategoricalCrossEntropy();
      double[] dense = Losses.categoricalCrossEntropy().perSample(hot, p).toDoubles();
      assertArrayEquals(dense, sparse.perSample(labels, p).toDoubles(), 1e-12);
      assertArrayEquals(
          Losses.softmaxCrossEntropy().perSample(hot, p).toDoubles(),
          Losses.softmaxCrossEntropy().perSample(labels, p).toDoubles(), 1e-12);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> sparse.apply(Tensor.ofLongs(0, 1, 3), p));
      assertTrue(e.getMessage().contains("[0, 3), given 3 at index 2"), e.getMessage());
      ElementLoss ignoring = Losses.sparseCategoricalCrossEntropy().ignoreClass(2);
      assertEquals((dense[0] + dense[2]) / 2, ignoring.apply(labels, p).item(), 1e-12);
      holds(sparse, labels, p);
      holds(Losses.softmaxCrossEntropy(), labels, p);
    }
  }

  @Test
  void E7_hingeOfTheExample() {
    try (Scope scope = Scope.open()) {
      assertEquals(.7, Losses.hinge().apply(column(1), column(.3)).item(), 1e-12);
      holds(Losses.hinge(), column(1, -1, -1), column(.3, .4, -2));
    }
  }

  @Test
  void E8_perceptronLossOfTheExamples() {
    try (Scope scope = Scope.open()) {
      assertEquals(0, Losses.perceptron().apply(column(1), column(.3)).item());
      assertEquals(.3, Losses.perceptron().apply(column(-1), column(.3)).item(), 1e-15);
      holds(Losses.perceptron(), column(1, -1, -1), column(.3, .4, -2));
    }
  }

  @Test
  void E9_divergenceOfTheExample() {
    try (Scope scope = Scope.open()) {
      Tensor y = Tensor.of(new double[][] {{.5, .3, .2}, {.1, .1, .8}});
      Tensor p = Tensor.of(new double[][] {{.4, .4, .2}, {.2, .3, .5}});
      assertEquals(.025267, Losses.klDivergence().perSample(y, p).get(0), 1e-6);
      holds(Losses.klDivergence(), y, p);
    }
  }

  @Test
  void E10_poissonOfTheExample() {
    try (Scope scope = Scope.open()) {
      Tensor y = column(3, 5, 2, 7);
      Tensor p = column(2.5, 5, 4, 8);
      assertEquals(-2.156185, Losses.poisson().apply(y, p).item(), 1e-6);
      holds(Losses.poisson(), y, p);
    }
  }

  @Test
  void E11_tripletLossOfTheExamples() {
    try (Scope scope = Scope.open()) {
      Tensor anchor = Tensor.zeros(Shape.of(2, 2), DType.FLOAT64);
      Tensor positive = Tensor.of(new double[][] {{Math.sqrt(.4), 0}, {0, Math.sqrt(.4)}});
      Tensor negative = Tensor.of(new double[][] {{Math.sqrt(2), 0}, {Math.sqrt(.5), 0}});
      assertArrayEquals(
          new double[] {0, .1}, Losses.triplet().perSample(anchor, positive, negative).toDoubles(), 1e-12);
      gradientHolds("triplet", anchor, x -> Losses.triplet().apply(x, positive, negative));
      Tensor none = Tensor.zeros(Shape.of(0, 2), DType.FLOAT64);
      LossRow.check(
          "triplet", 2, (r, w) -> Losses.triplet().reduction(r).apply(anchor, positive, negative, w),
          () -> Losses.triplet().apply(none, none, none));
    }
  }

  @Test
  void E11_minedTripletsAreThoseFoundByTrying() {
    try (Scope scope = Scope.open()) {
      long[] labels = {0, 1, 0, 1, 0, 2, 1};
      double[][] rows = {{.7, -1.3}, {.4, -.6}, {1.7, .2}, {-.2, .9}, {.35, -.8}, {1.1, .15}, {0, 1}};
      Tensor x = Tensor.of(rows);
      double margin = 0.8;
      double[] hard = RankingLosses.tripletBatchHard(margin).perSample(Tensor.ofLongs(labels), x).toDoubles();
      double[] semi = RankingLosses.tripletSemiHard(margin).perSample(Tensor.ofLongs(labels), x).toDoubles();
      int pairs = 0;
      for (int a = 0; a < labels.length; a++) {
        double farPositive = -1;
        double nearNegative = Double.MAX_VALUE;
        double farNegative = -1;
        for (int j = 0; j < labels.length; j++) {
          double d = apart(rows[a], rows[j]);
          if (labels[j] != labels[a]) {
            nearNegative = Math.min(nearNegative, d);
            farNegative = Math.max(farNegative, d);
          } else if (j != a) {
            farPositive = Math.max(farPositive, d);
          }
        }
        double expected = farPositive < 0 ? 0 : Math.max(farPositive - nearNegative + margin, 0);
        assertEquals(expected, hard[a], 1e-12);
        for (int p = 0; p < labels.length; p++) {
          double pair = 0;
          if (p != a && labels[p] == labels[a]) {
            pairs++;
            double beyond = Double.MAX_VALUE;
            for (int n = 0; n < labels.length; n++) {
              double d = apart(rows[a], rows[n]);
              if (labels[n] != labels[a] && d > apart(rows[a], rows[p])) {
                beyond = Math.min(beyond, d);
              }
            }
            double negative = beyond == Double.MAX_VALUE ? farNegative : beyond;
            pair = Math.max(apart(rows[a], rows[p]) - negative + margin, 0);
          }
          assertEquals(pair, semi[a * labels.length + p], 1e-12);
        }
      }
      double mean = Arrays.stream(semi).sum() / pairs;
      assertEquals(mean, RankingLosses.tripletSemiHard(margin).apply(Tensor.ofLongs(labels), x).item(), 1e-12);
      double hardMean = Arrays.stream(hard).sum() / 6; // the one example of class 2 has no positive
      assertEquals(hardMean, RankingLosses.tripletBatchHard(margin).apply(Tensor.ofLongs(labels), x).item(), 1e-12);
    }
  }

  private static double apart(double[] a, double[] b) {
    return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
  }

  @Test
  void E12_ganLossesAtDOneHalf() {
    try (Scope scope = Scope.open()) {
      Tensor undecided = column(0, 0);
      GanLoss minimax = GanLosses.minimax();
      assertEquals(1.386294, minimax.discriminator(undecided, undecided).item(), 1e-6);
      assertEquals(-Math.log(2), minimax.generator(undecided).item(), 1e-12);
      assertEquals(Math.log(2), GanLosses.nonSaturating().generator(undecided).item(), 1e-12);
      Tensor real = column(.5, -1, 2);
      Tensor fake = column(-.3, .7, 1.5);
      Tensor none = Tensor.zeros(Shape.of(0, 1), DType.FLOAT64);
      List<GanLoss> all =
          List.of(
              minimax, GanLosses.nonSaturating(), GanLosses.leastSquares(), GanLosses.wasserstein(),
              GanLosses.hinge());
      for (GanLoss loss : all) {
        gradientHolds(loss.name(), real, x -> loss.discriminator(x, fake));
        gradientHolds(loss.name(), fake, loss::generator);
        LossRow.check(
            loss.name(), 3, (r, w) -> loss.reduction(r).discriminator(real, fake, w),
            () -> loss.discriminator(none, none));
        LossRow.check(
            loss.name(), 3, (r, w) -> loss.reduction(r).generator(fake, w), () -> loss.generator(none));
      }
      double apart = minimax.discriminator(real, undecided).item();
      assertEquals(apart, minimax.discriminator(real, column(0, 0, 0)).item(), 1e-12);
    }
  }

  @Test
  void E13_cellsWithoutObjectContributeOnlyTheFirstTerm() {
    try (Scope scope = Scope.open()) {
      Tensor y = Tensor.of(new double[][] {{1, .5, .5, .2, .4, 0, 1}, {0, 0, 0, 0, 0, 0, 0}});
      Tensor p = Tensor.of(new double[][] {{.8, .4, .7, .1, .2, .3, .6}, {.3, 9, 9, 9, 9, 9, 9}});
      double[] squared = DetectionLosses.localisation().perSample(y, p).toDoubles();
      assertEquals(.04 + .01 + .04 + .01 + .04 + .09 + .16, squared[0], 1e-12);
      assertEquals(.09, squared[1], 1e-12);
      double[] mixed = DetectionLosses.mixed().perSample(y, p).toDoubles();
      assertEquals(-Math.log(.8) + .1 + Math.log(Math.exp(.3) + Math.exp(.6)) - .6, mixed[0], 1e-12);
      assertEquals(-Math.log(.7), mixed[1], 1e-12);
      try (Tape tape = Tape.open()) {
        tape.watch(p);
        double[] g = tape.gradients(DetectionLosses.localisation().apply(y, p), List.of(p)).of(p).toDoubles();
        for (int i = 8; i < 14; i++) {
          assertEquals(0, g[i]);
        }
      }
      holds(DetectionLosses.localisation(), y, p);
      holds(DetectionLosses.mixed(), y, p);
    }
  }

  @Test
  void E18_styleAndContentAreZeroForTheSamePictureAndHaveRightGradients() {
    try (Scope scope = Scope.open()) {
      Shape map = Shape.of(4, 4, 3);
      Tensor a = Tensor.range(0.3, 0.41, 48, DType.FLOAT64).sin().reshape(map);
      Tensor b = Tensor.range(1.7, 0.77, 48, DType.FLOAT64).cos().reshape(map);
      assertEquals(0, StyleLosses.content().apply(a, a).item());
      assertEquals(0, StyleLosses.layer().apply(a, a).item());
      assertTrue(StyleLosses.layer().apply(a, b).item() > 0);
      gradientHolds("content", b, x -> StyleLosses.content().apply(a, x));
      gradientHolds("layer", b, x -> StyleLosses.layer().apply(a, x));
      gradientHolds(
          "total", b, x -> StyleLosses.total(10, 40, .2, .8).apply(a, x, List.of(a, b), List.of(x, x.square())));
      Tensor two = Tensor.stack(0, List.of(a, b));
      Tensor other = Tensor.stack(0, List.of(b, b.square()));
      Tensor none = Tensor.zeros(Shape.of(0, 4, 4, 3), DType.FLOAT64);
      LossRow.check(
          "styleContent", 2, (r, w) -> StyleLosses.content().reduction(r).apply(two, other, w),
          () -> StyleLosses.content().apply(none, none));
      LossRow.check(
          "styleLayer", 2, (r, w) -> StyleLosses.layer().reduction(r).apply(two, other, w),
          () -> StyleLosses.layer().apply(none, none));
    }
  }

  @Test
  void E19_theCostOfABatchIsTheMeanOfItsLosses() {
    try (Scope scope = Scope.open()) {
      Tensor y = Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}});
      Tensor p = Tensor.of(new double[][] {{1.5, 2}, {2, 5}, {7, 6}});
      double[] single = new double[3];
      for (int i = 0; i < 3; i++) {
        single[i] = Losses.meanSquaredError().apply(y.slice(0, i, i + 1), p.slice(0, i, i + 1)).item();
      }
      ElementLoss loss = Losses.meanSquaredError();
      assertArrayEquals(single, loss.reduction(Reduction.NONE).apply(y, p).toDoubles(), 1e-12);
      assertEquals(single[0] + single[1] + single[2], loss.reduction(Reduction.SUM).apply(y, p).item(), 1e-12);
      assertEquals((single[0] + single[1] + single[2]) / 3, loss.apply(y, p).item(), 1e-12);
      holds(loss, y, p);
    }
  }

  @Test
  void E20_penaltiesAreReportedBesideTheLossAndLeaveBiasesAlone() {
    try (Scope scope = Scope.open();
        Model model =
            Model.sequential(
                Input.of(2).dtype(DType.FLOAT64), Dense.of(2).kernelRegularizer(L2.of(.1)),
                Dense.of(1).kernelRegularizer(L1.of(.3)))) {
      List<Param> params = model.trainableParams();
      double penalty = 0;
      for (Param p : params) {
        p.assign(Tensor.range(.5, -.2, p.size(), DType.FLOAT64).reshape(p.shape()));
      }
      penalty += .1 * params.get(0).square().sum().item() + .3 * params.get(2).abs().sum().item();
      Tensor x = Tensor.of(new double[][] {{1, 2}, {-1, .5}});
      Tensor y = column(1, 2);
      model.compile(Sgd.of(.1), Losses.meanSquaredError());
      Evaluation e = model.evaluate(x, y);
      double data = Losses.meanSquaredError().apply(y, model.call(x)).item();
      assertEquals(penalty, e.value("penalty"), 1e-12);
      assertEquals(data + penalty, e.loss(), 1e-12);
      gradientHolds("L1", params.get(0), L1.of(.3)::penalty);
      gradientHolds("L2", params.get(0), L2.perSample(.7, 8)::penalty);
      assertEquals(.7 / 16 * params.get(0).square().sum().item(), L2.perSample(.7, 8).penalty(params.get(0)).item(),
          1e-15);
    }
  }
}
