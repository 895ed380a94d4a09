package dev.neurite.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.neurite.error.ShapeException;
import dev.neurite.loss.Losses;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsTest {

  private static final double[] LABELS = {1, 0, 1, 1, 0, 0, 1, 0};
  private static final double[] SCORES = {.9, .8, .7, .6, .55, .4, .3, .1};
  private static final double[] Y = {3, 5, 2, 7};
  private static final double[] P = {2.5, 5, 4, 8};

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static double value(Metric metric, double[] yTrue, double[] yPred) {
    metric.update(Tensor.of(yTrue), Tensor.of(yPred));
    return metric.result();
  }

  @Test
  void decisionsOfTheWorkedExample() {
    assertEquals(3, value(Metrics.truePositives(), LABELS, SCORES));
    assertEquals(2, value(Metrics.falsePositives(), LABELS, SCORES));
    assertEquals(1, value(Metrics.falseNegatives(), LABELS, SCORES));
    assertEquals(2, value(Metrics.trueNegatives(), LABELS, SCORES));
    assertEquals(0.625, value(Metrics.binaryAccuracy(), LABELS, SCORES));
    assertEquals(0.6, value(Metrics.precision(), LABELS, SCORES), 1e-15);
    assertEquals(0.75, value(Metrics.recall(), LABELS, SCORES));
    assertEquals(0.6875, value(Metrics.auc(), LABELS, SCORES), 1e-12);
    assertEquals(0.6875, value(Metrics.auc().exact(), LABELS, SCORES), 1e-12);
  }

  @Test
  void operatingPointsOfTheWorkedExample() {
    assertEquals(0.75, value(Metrics.precisionAtRecall(0.75), LABELS, SCORES), 1e-12);
    assertEquals(0.75, value(Metrics.sensitivityAtSpecificity(0.5), LABELS, SCORES), 1e-12);
    assertEquals(0.75, value(Metrics.specificityAtSensitivity(0.75), LABELS, SCORES), 1e-12);
  }

  @Test
  void regressionErrorsOfTheWorkedExample() {
    assertEquals(1.3125, value(Metrics.meanSquaredError(), Y, P), 1e-12);
    assertEquals(1.145644, value(Metrics.rootMeanSquaredError(), Y, P), 1e-6);
    assertEquals(0.875, value(Metrics.meanAbsoluteError(), Y, P), 1e-12);
    assertEquals(32.738, value(Metrics.meanAbsolutePercentageError(), Y, P), 1e-3);
    assertEquals(0.0731616, value(Metrics.meanSquaredLogarithmicError(), Y, P), 1e-7);
  }

  @Test
  void lossesAsMetricsEqualTheLosses() {
    assertEquals(0.025267, value(Metrics.mean(Losses.klDivergence()), new double[] {.5, .3, .2},
        new double[] {.4, .4, .2}), 5e-7);
    assertEquals(-2.156185, value(Metrics.mean(Losses.poisson()), Y, P), 5e-7);
  }

  @Test
  void accuracyOfFourRightOutOfFiveIsEightyPercent() {
    Metric metric = Metrics.accuracy();
    Tensor p = Tensor.of(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}});
    metric.update(Tensor.ofLongs(0, 1, 2, 0, 2), p);
    assertEquals(0.8, metric.result(), 1e-15);
  }

  @Test
  void accuracyChoosesByTheShapes() {
    Tensor one = Tensor.of(new float[][] {{.9f}, {.2f}});
    Metric binary = Metrics.accuracy();
    binary.update(Tensor.of(1f, 1f), one);
    assertEquals(0.5, binary.result());

    Metric categorical = Metrics.accuracy();
    categorical.update(Tensor.of(new float[][] {{0, 1}, {1, 0}}), Tensor.of(new float[][] {{.2f, .8f}, {.9f, .1f}}));
    assertEquals(1, categorical.result());

    Metric column = Metrics.accuracy();
    column.update(Tensor.of(new int[] {1, 1}, Shape.of(2, 1)), Tensor.of(new float[][] {{.2f, .8f}, {.9f, .1f}}));
    assertEquals(0.5, column.result());

    Metric vector = Metrics.accuracy();
    vector.update(Tensor.of(1f, 0f, 1f), Tensor.of(.6f, .7f, .8f));
    assertEquals(2.0 / 3, vector.result(), 1e-12);
  }

  @Test
  void thresholdsMoveForLogits() {
    Metric metric = Metrics.accuracy().forLogits();
    metric.update(Tensor.of(1f, 0f), Tensor.of(0.1f, -0.1f));
    assertEquals(1, metric.result());
    Metric precision = Metrics.precision().forLogits();
    precision.update(Tensor.of(1f, 0f), Tensor.of(0.1f, -0.1f));
    assertEquals(1, precision.result());
    assertEquals(0.6875, value(Metrics.auc().forLogits(), LABELS,
        java.util.Arrays.stream(SCORES).map(Thresholds::logit).toArray()), 1e-12);
  }

  @Test
  void unevenBatchesGiveTheValueOfAllSamplesTogether() {
    Metric whole = Metrics.rootMeanSquaredError();
    Metric parts = Metrics.rootMeanSquaredError();
    whole.update(Tensor.of(Y), Tensor.of(P).reshape(4));
    double expected = value(Metrics.rootMeanSquaredError(), Y, P);
    for (int i = 0; i < 4; i++) {
      parts.update(Tensor.of(Y[i]).reshape(1, 1), Tensor.of(P[i]).reshape(1, 1));
    }
    assertEquals(expected, whole.result());
    assertEquals(expected, parts.result(), 1e-12);
    parts.reset();
    assertEquals(0, parts.result());
  }

  @Test
  void aScoreOfThirtyHundredthsIsNotAboveThatThresholdInEitherType() {
    ThresholdMetric wide = Metrics.truePositives().thresholds(0.3);
    ThresholdMetric narrow = Metrics.truePositives().thresholds(0.3);
    wide.update(Tensor.of(1.0), Tensor.of(0.3));
    narrow.update(Tensor.of(1f), Tensor.of(0.3f));
    assertEquals(0, wide.result());
    assertEquals(0, narrow.result());
  }

  @Test
  void topOneEqualsAccuracy() {
    Tensor p = Tensor.of(new double[][] {{.1, .7, .2}, {.5, .2, .3}, {.3, .3, .4}});
    Tensor y = Tensor.ofLongs(1, 2, 2);
    Metric one = Metrics.sparseTopK(1);
    Metric two = Metrics.sparseTopK(2);
    one.update(y, p);
    two.update(y, p);
    assertEquals(2.0 / 3, one.result(), 1e-12);
    assertEquals(1, two.result());
  }

  @Test
  void undefinedRatiosAreZero() {
    Tensor zero = Tensor.of(0.0, 0.0);
    ThresholdMetric precision = Metrics.precision();
    precision.update(zero, zero);
    assertEquals(0, precision.result());
    assertEquals(0, Metrics.f1().result());
    assertEquals(0, Metrics.auc().result());
  }

  @Test
  void confusionMatrixSumsToTheSamplesAndIsPrintedWithNames() {
    ConfusionMatrix m = Metrics.confusionMatrix(3);
    m.update(Tensor.ofLongs(0, 1, 2, 2), Tensor.ofLongs(0, 2, 2, 1));
    m.update(Tensor.ofLongs(1), Tensor.of(new double[][] {{.1, .8, .1}}));
    double sum = 0;
    for (double[] row : m.counts()) {
      for (double v : row) {
        sum += v;
      }
    }
    assertEquals(5, sum);
    assertEquals(3.0 / 5, m.result(), 1e-15);
    assertEquals(
        "      cat  dog bird\n"
            + " cat    1    0    0\n"
            + " dog    0    1    1\n"
            + "bird    0    1    1\n"
            + "row = label, column = prediction",
        m.toText(List.of("cat", "dog", "bird")));
  }

  @Test
  void classOutOfRangeIsNamed() {
    ConfusionMatrix m = Metrics.confusionMatrix(3);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> m.update(Tensor.ofLongs(0, 3), Tensor.ofLongs(0, 1)));
    assertEquals("confusionMatrix: expected labels in [0, 3), given 3 at index 1", e.getMessage());
  }

  @Test
  void perplexityOfTheUniformModelIsItsVocabulary() {
    Metric metric = Metrics.perplexity();
    metric.update(Tensor.of(new long[] {0, 3, 6, 2}, Shape.of(2, 2)), Tensor.zeros(Shape.of(2, 2, 7)));
    assertEquals(7, metric.result(), 1e-5);
  }

  @Test
  void r2OfOneColumn() {
    assertEquals(1 - 5.25 / 14.75, value(Metrics.r2(), Y, P), 1e-12);
  }

  @Test
  void rocCurveGroupsEqualScores() {
    ScoreCurve c = ScoreCurve.roc(new double[] {1, 0, 1}, new double[] {.5, .5, .2}, null);
    assertArrayEquals(new double[] {0, 1, 1}, c.x());
    assertArrayEquals(new double[] {0, .5, 1}, c.y());
    assertArrayEquals(new double[] {Double.POSITIVE_INFINITY, .5, .2}, c.thresholds());
  }

  @Test
  void otherShapesAreRefused() {
    ShapeException e =
        assertThrows(
            ShapeException.class,
            () -> Metrics.precision().update(Tensor.of(1.0, 0.0), Tensor.of(new double[][] {{1, 2, 3}})));
    assertEquals("precision: expected labels of the predictions' shape [1, 3], given [2]", e.getMessage());
  }
}
