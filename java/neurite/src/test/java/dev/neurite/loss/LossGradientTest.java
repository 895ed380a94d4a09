package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every loss' gradient against two-sided differences in float64, with weights; kinks are kept away from. */
class LossGradientTest {

  private static final double STEP = 1e-6;
  private static final double[] ONE_HOT = {0, 1, 0, 1, 0, 0, 0, 0, 1};
  private static final double[] POSITIVE = {0.2, 0.5, 0.3, 0.6, 0.3, 0.1, 0.25, 0.35, 0.4};
  private static final double[] SCORES = {0.7, -1.3, 2.1, 0.4, -0.6, 1.7, -2.2, 0.9, 0.3};
  private static final double[] TARGETS = {1.5, -0.4, 0.2, 2.0, 0.8, -1.1, 0.5, 0.1, 1.9};

  static Stream<Arguments> losses() {
    return Stream.of(
        Arguments.of(Losses.meanSquaredError(), TARGETS, SCORES),
        Arguments.of(Losses.meanAbsoluteError(), TARGETS, SCORES),
        Arguments.of(Losses.meanAbsolutePercentageError(), TARGETS, SCORES),
        Arguments.of(Losses.meanSquaredLogarithmicError(), POSITIVE, new double[] {1, 2, 3, .1, .2, .3, 4, 5, 6}),
        Arguments.of(Losses.huber(0.75), TARGETS, SCORES),
        Arguments.of(Losses.logCosh(), TARGETS, SCORES),
        Arguments.of(Losses.poisson(), POSITIVE, new double[] {1, 2, 3, .1, .2, .3, 4, 5, 6}),
        Arguments.of(Losses.klDivergence(), POSITIVE, new double[] {.3, .3, .4, .5, .2, .3, .6, .2, .2}),
        Arguments.of(Losses.cosineSimilarity(), TARGETS, SCORES),
        Arguments.of(Losses.hinge(), ONE_HOT, SCORES),
        Arguments.of(Losses.squaredHinge(), ONE_HOT, SCORES),
        Arguments.of(Losses.categoricalHinge(), ONE_HOT, SCORES),
        Arguments.of(Losses.perceptron(), ONE_HOT, SCORES),
        Arguments.of(Losses.binaryCrossEntropy().labelSmoothing(0.1), ONE_HOT, POSITIVE),
        Arguments.of(Losses.sigmoidCrossEntropy(), ONE_HOT, SCORES),
        Arguments.of(Losses.categoricalCrossEntropy(), ONE_HOT, POSITIVE),
        Arguments.of(Losses.categoricalCrossEntropy().fromLogits(true).axis(0), POSITIVE, SCORES),
        Arguments.of(Losses.softmaxCrossEntropy().labelSmoothing(0.2), ONE_HOT, SCORES),
        Arguments.of(Losses.binaryFocalCrossEntropy().classBalancing(true), ONE_HOT, POSITIVE),
        Arguments.of(Losses.categoricalFocalCrossEntropy().fromLogits(true), ONE_HOT, SCORES),
        Arguments.of(Losses.dice(-1), ONE_HOT, POSITIVE),
        Arguments.of(Losses.tversky(0.3, 0.7, -1), ONE_HOT, POSITIVE));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void gradientEqualsTwoSidedDifferences(ElementLoss loss, double[] labels, double[] predictions) {
    Shape shape = Shape.of(3, 3);
    double[] found;
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor p = Tensor.of(predictions, shape);
      tape.watch(p);
      found = tape.gradients(value(loss, labels, p), List.of(p)).of(p).toDoubles();
      assertEquals(9, scope.isClosed() ? 0 : found.length);
    }
    for (int i = 0; i < found.length; i++) {
      double above = moved(loss, labels, predictions, i, STEP);
      double below = moved(loss, labels, predictions, i, -STEP);
      double expected = (above - below) / (2 * STEP);
      assertEquals(expected, found[i], 1e-6 * Math.max(1, Math.abs(expected)), loss.name() + " element " + i);
    }
  }

  private static Tensor value(ElementLoss loss, double[] labels, Tensor p) {
    Tensor weights = Tensor.of(1.0, 0.5, 2.0);
    return loss.apply(Tensor.of(labels, p.shape()), p, weights);
  }

  private static double moved(ElementLoss loss, double[] labels, double[] predictions, int at, double by) {
    double[] changed = predictions.clone();
    changed[at] += by;
    return Scope.run(() -> value(loss, labels, Tensor.of(changed, Shape.of(3, 3))).item());
  }
}
