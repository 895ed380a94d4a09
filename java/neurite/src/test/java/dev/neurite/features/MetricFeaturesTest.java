package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Auc;
import dev.neurite.metric.ConfusionMatrix;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.vision.Boxes;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** I1 to I27: the metrics of the feature map, most of them on the vector N15. */
class MetricFeaturesTest {

  private Scope scope;
  private Tensor labels;
  private Tensor scores;

  @BeforeEach
  void open() {
    scope = Scope.open();
    labels = Tensor.of(1f, 0, 1, 1, 0, 0, 1, 0);
    scores = Tensor.of(0.9f, 0.8f, 0.7f, 0.6f, 0.55f, 0.4f, 0.3f, 0.1f);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static double value(Metric metric, Tensor yTrue, Tensor yPred) {
    metric.update(yTrue, yPred);
    return metric.result();
  }

  /** The same in two batches of uneven size. */
  private double n15(Metric metric) {
    metric.update(labels.slice(0, 0, 3), scores.slice(0, 0, 3));
    metric.update(labels.slice(0, 3, 8), scores.slice(0, 3, 8));
    return metric.result();
  }

  private static Tensor rows(double... values) {
    return Tensor.of(values, Shape.of(values.length / 3, 3), DType.FLOAT32);
  }

  @Test
  void I1_fourOfFiveRightIsEightyPercent() {
    Tensor logits = rows(3, 1, 2, 0, 5, 1, 1, 2, 9, 4, 0, 0, 1, 0, 3);
    assertEquals(0.8, value(Metrics.accuracy(), Tensor.ofLongs(0, 1, 2, 0, 1), logits));
  }

  @Test
  void I2_binaryAccuracyWithThreshold() {
    assertEquals(5 / 8.0, n15(Metrics.binaryAccuracy(0.5)));
    assertEquals(5 / 8.0, n15(Metrics.binaryAccuracy()));
    assertEquals(6 / 8.0, n15(Metrics.binaryAccuracy(0.58)));
  }

  @Test
  void I3_categoricalAccuracyMatchesTheLargestAndTakesTheFirstOfTies() {
    Tensor oneHot = rows(1, 0, 0, 0, 1, 0, 0, 0, 1);
    assertEquals(2 / 3.0, value(Metrics.categoricalAccuracy(), oneHot, rows(0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0, 0.1,
        0.9)));
    Tensor ties = rows(0.4, 0.4, 0.2, 0.4, 0.4, 0.2, 0.3, 0.3, 0.3);
    assertEquals(1 / 3.0, value(Metrics.categoricalAccuracy(), oneHot, ties), "the first of equals counts");
  }

  @Test
  void I4_sparseCategoricalAccuracyIsTheSameOnIntegers() {
    Tensor p = rows(0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0, 0.1, 0.9);
    assertEquals(2 / 3.0, value(Metrics.sparseCategoricalAccuracy(), Tensor.ofLongs(0, 1, 2), p));
  }

  @Test
  void I5_topKCountsRanksUpToKAndTopOneIsAccuracy() {
    Tensor oneHot = rows(1, 0, 0, 0, 1, 0, 0, 0, 1);
    Tensor p = rows(0.8, 0.1, 0.05, 0.6, 0.3, 0.1, 0.5, 0.3, 0.2);
    assertEquals(2 / 3.0, value(Metrics.topK(2), oneHot, p));
    assertEquals(1, value(Metrics.topK(3), oneHot, p));
    assertEquals(value(Metrics.categoricalAccuracy(), oneHot, p), value(Metrics.topK(1), oneHot, p));
  }

  @Test
  void I6_sparseTopKIsTheSameOnIntegers() {
    Tensor p = rows(0.8, 0.1, 0.05, 0.6, 0.3, 0.1, 0.5, 0.3, 0.2);
    Tensor y = Tensor.ofLongs(0, 1, 2);
    assertEquals(2 / 3.0, value(Metrics.sparseTopK(2), y, p));
    assertEquals(value(Metrics.sparseCategoricalAccuracy(), y, p), value(Metrics.sparseTopK(1), y, p));
  }

  private static double regression(Metric metric) {
    Tensor y = Tensor.of(3f, 5, 2, 7).reshape(4, 1);
    Tensor p = Tensor.of(2.5f, 5, 4, 8).reshape(4, 1);
    metric.update(y.slice(0, 0, 1), p.slice(0, 0, 1));
    metric.update(y.slice(0, 1, 4), p.slice(0, 1, 4));
    return metric.result();
  }

  @Test
  void I7_meanSquaredError() {
    assertEquals(1.3125, regression(Metrics.meanSquaredError()), 1e-12);
  }

  @Test
  void I8_rootMeanSquaredErrorIsTheRootOfTheMeanOverBatches() {
    assertEquals(1.145644, regression(Metrics.rootMeanSquaredError()), 5e-7);
    Metric ofVectors = Metrics.rootMeanSquaredError();
    ofVectors.update(Tensor.of(3f), Tensor.of(2.5f));
    ofVectors.update(Tensor.of(5f, 2, 7), Tensor.of(5f, 4, 8));
    assertEquals(1.145644, ofVectors.result(), 5e-7);
  }

  @Test
  void I9_meanAbsoluteError() {
    assertEquals(0.875, regression(Metrics.meanAbsoluteError()), 1e-12);
  }

  @Test
  void I10_meanAbsolutePercentageErrorStaysFiniteAtZeroTargets() {
    assertEquals(32.738, regression(Metrics.meanAbsolutePercentageError()), 5e-4);
    double zero = value(Metrics.meanAbsolutePercentageError(), Tensor.of(0f), Tensor.of(1f));
    assertTrue(Double.isFinite(zero) && zero > 1e6, "|error| / 1e-7, in percent: " + zero);
  }

  @Test
  void I11_meanSquaredLogarithmicError() {
    assertEquals(0.0731616, regression(Metrics.meanSquaredLogarithmicError()), 5e-8);
  }

  @Test
  void I12_areaUnderTheCurveExactAndInBuckets() {
    assertEquals(0.6875, n15(Metrics.auc().exact()), 1e-12);
    assertEquals(0.6875, n15(Metrics.auc()), 0.01);
    double exact = n15(Metrics.auc().curve(Auc.Curve.PR).exact());
    assertEquals(exact, n15(Metrics.auc().curve(Auc.Curve.PR)), 0.05);
    double byHand = (1 / 1.0 + 2 / 3.0 + 3 / 4.0 + 4 / 7.0) / 4;
    assertEquals(byHand, exact, 1e-12, "average precision");
  }

  @Test
  void I13_precisionAndItsUndefinedCase() {
    assertEquals(0.6, n15(Metrics.precision()), 1e-12);
    assertEquals(0, value(Metrics.precision(), Tensor.of(1f, 0), Tensor.of(0.1f, 0.2f)), "nothing found: 0");
  }

  @Test
  void I14_recall() {
    assertEquals(0.75, n15(Metrics.recall()), 1e-12);
    assertEquals(0, value(Metrics.recall(), Tensor.of(0f, 0), Tensor.of(0.9f, 0.2f)), "nothing to find: 0");
  }

  @Test
  void I15_truePositives() {
    assertEquals(3, n15(Metrics.truePositives()));
  }

  @Test
  void I16_trueNegatives() {
    assertEquals(2, n15(Metrics.trueNegatives()));
  }

  @Test
  void I17_falsePositives() {
    assertEquals(2, n15(Metrics.falsePositives()));
  }

  @Test
  void I18_falseNegatives() {
    assertEquals(1, n15(Metrics.falseNegatives()));
  }

  @Test
  void I19_precisionAtRecall() {
    assertEquals(0.75, n15(Metrics.precisionAtRecall(0.75)), 1e-12);
  }

  @Test
  void I20_sensitivityAtSpecificity() {
    assertEquals(0.75, n15(Metrics.sensitivityAtSpecificity(0.5)), 1e-12);
  }

  @Test
  void I21_specificityAtSensitivity() {
    assertEquals(0.75, n15(Metrics.specificityAtSensitivity(0.75)), 1e-12);
  }

  private static void sameAsLoss(ElementLoss loss, Tensor y, Tensor p) {
    Metric metric = Metrics.mean(loss);
    metric.update(y.slice(0, 0, 1), p.slice(0, 0, 1));
    metric.update(y.slice(0, 1, y.dim(0)), p.slice(0, 1, p.dim(0)));
    assertEquals(loss.apply(y, p).item(), metric.result(), 1e-6);
  }

  @Test
  void I22_binaryCrossEntropyAsMetricIsTheLoss() {
    sameAsLoss(Losses.binaryCrossEntropy(), labels.reshape(8, 1), scores.reshape(8, 1));
  }

  @Test
  void I23_categoricalCrossEntropyAsMetricIsTheLoss() {
    Tensor p = rows(0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0.05, 0.05, 0.9);
    sameAsLoss(Losses.categoricalCrossEntropy(), rows(1, 0, 0, 0, 1, 0, 0, 0, 1), p);
  }

  @Test
  void I24_sparseCategoricalCrossEntropyAsMetricIsTheLoss() {
    Tensor p = rows(0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0.05, 0.05, 0.9);
    sameAsLoss(Losses.sparseCategoricalCrossEntropy(), Tensor.ofLongs(0, 1, 2), p);
  }

  @Test
  void I25_divergenceAsMetric() {
    Tensor y = Tensor.of(new double[][] {{0.5, 0.3, 0.2}});
    Tensor p = Tensor.of(new double[][] {{0.4, 0.4, 0.2}});
    assertEquals(0.025267, value(Metrics.mean(Losses.klDivergence()), y, p), 1e-6);
  }

  @Test
  void I26_confusionMatrixSumsToTheSamplesAndIsPrintedWithClassNames() {
    ConfusionMatrix m = Metrics.confusionMatrix(3);
    m.update(Tensor.ofLongs(0, 0, 1, 1, 1, 2), Tensor.ofLongs(0, 1, 1, 1, 2, 2));
    double sum = 0;
    for (double[] row : m.counts()) {
      for (double v : row) {
        sum += v;
      }
    }
    assertEquals(6, sum);
    assertArrayEquals(new double[] {0, 2, 1}, m.counts()[1]);
    assertEquals(
        "       cat  dog bird\n cat    1    1    0\n dog    0    2    1\nbird    0    0    1\n"
            + "row = label, column = prediction",
        m.toText(List.of("cat", "dog", "bird")).replaceFirst("^ +cat", "       cat"));
    String report = m.report(List.of("cat", "dog", "bird"));
    assertTrue(report.contains("          dog    0.6667    0.6667    0.6667         3\n"), report);
    assertTrue(report.contains("     accuracy                        0.6667         6\n"), report);
    assertThrows(IllegalArgumentException.class, () -> m.report(List.of("cat")));
  }

  @Test
  void I27_intersectionOverUnionOfBoxes() {
    assertEquals(1 / 7.0, Boxes.iou(new double[] {0, 0, 2, 2}, new double[] {1, 1, 3, 3}), 1e-12);
    assertEquals(0, Boxes.iou(new double[] {0, 0, 1, 1}, new double[] {2, 2, 3, 3}));
    assertEquals(0, Boxes.iou(new double[] {1, 1, 1, 4}, new double[] {1, 1, 1, 4}), "no area: 0, as documented");
    assertThrows(
        IllegalArgumentException.class, () -> Boxes.iou(new double[] {2, 0, 1, 1}, new double[] {0, 0, 1, 1}));
  }
}
