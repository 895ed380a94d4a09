package dev.neurite.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the losses do with extreme logits, wrong labels and shapes that do not go together. */
class LossFaultsTest {

  private static final Shape SHAPE = Shape.of(2, 3);

  private static Map<String, UnaryOperator<Tensor>> onLogits(DType type) {
    Tensor hot = Tensor.of(new double[] {0, 1, 0, 1, 0, 0}, SHAPE, type);
    Tensor signs = hot.mul(2).sub(1);
    Tensor labels = Tensor.ofLongs(1, 0);
    Map<String, UnaryOperator<Tensor>> losses = new TreeMap<>();
    losses.put("softmax", x -> Losses.softmaxCrossEntropy().apply(labels, x));
    losses.put("softmax, dense", x -> Losses.softmaxCrossEntropy().labelSmoothing(.1).apply(hot, x));
    losses.put("sigmoid", x -> Losses.sigmoidCrossEntropy().apply(hot, x));
    losses.put("categorical", x -> Losses.categoricalCrossEntropy().fromLogits(true).apply(hot, x));
    losses.put("sparse", x -> Losses.sparseCategoricalCrossEntropy().fromLogits(true).apply(labels, x));
    losses.put("focal", x -> Losses.binaryFocalCrossEntropy().fromLogits(true).apply(hot, x));
    losses.put("categorical focal", x -> Losses.categoricalFocalCrossEntropy().fromLogits(true).apply(hot, x));
    losses.put("torch", x -> TorchLosses.crossEntropy().apply(labels, x));
    losses.put("torch, all", x -> TorchLosses.crossEntropy().classWeights(1, 2, 3).labelSmoothing(.1).apply(labels, x));
    losses.put("torch binary", x -> TorchLosses.binaryCrossEntropyWithLogits().apply(hot, x));
    losses.put("soft margin", x -> TorchLosses.softMargin().apply(signs, x));
    losses.put("multilabel", x -> TorchLosses.multilabelSoftMargin().apply(hot, x));
    losses.put("gan d", x -> GanLosses.minimax().discriminator(x, x.neg()));
    losses.put("gan g", x -> GanLosses.minimax().generator(x));
    losses.put("gan non-saturating", x -> GanLosses.nonSaturating(.1).generator(x));
    losses.put("log cosh", x -> Losses.logCosh().apply(hot, x));
    return losses;
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, names = {"FLOAT32", "FLOAT64"})
  void extremeLogitsGiveFiniteLossesAndGradients(DType type) {
    double[][] extremes = {{1e4, -1e4, 0, -1e4, 1e4, 1e4}, {1e4, 1e4, 1e4, -1e4, -1e4, -1e4}, {0, 0, 0, 0, 0, 0}};
    try (Scope scope = Scope.open()) {
      for (double[] values : extremes) {
        onLogits(type).forEach((name, loss) -> {
          try (Tape tape = Tape.open()) {
            Tensor x = Tensor.of(values, SHAPE, type);
            tape.watch(x);
            Tensor value = loss.apply(x);
            assertTrue(Double.isFinite(value.item()), name + " " + value.item());
            for (double g : tape.gradients(value, List.of(x)).of(x).toDoubles()) {
              assertTrue(Double.isFinite(g), name + " gradient " + g);
            }
          }
        });
      }
    }
  }

  @Test
  void aClassThatIsImpossibleCostsNothingUnlessItIsTheLabel() {
    try (Scope scope = Scope.open()) {
      double no = Double.NEGATIVE_INFINITY;
      Tensor x = Tensor.of(new double[][] {{1, 1, no}, {no, 0, 0}});
      double[] each = Losses.softmaxCrossEntropy().perSample(Tensor.ofLongs(1, 0), x).toDoubles();
      assertArrayEquals(new double[] {Math.log(2), Double.POSITIVE_INFINITY}, each, 1e-12);
      double[] nll = TorchLosses.nll().perSample(Tensor.ofLongs(1, 2), x).toDoubles();
      assertArrayEquals(new double[] {-1, 0}, nll, 1e-15);
    }
  }

  @Test
  void labelsOutOfRangeAreNamedWithIndexAndRange() {
    Tensor x = Tensor.zeros(SHAPE, DType.FLOAT64);
    Tensor wrong = Tensor.ofLongs(1, 3);
    assertMessage("crossEntropy: expected labels in [0, 3), given 3 at index 1",
        () -> TorchLosses.crossEntropy().apply(wrong, x));
    assertMessage("nll: expected labels in [0, 3), given 3 at index 1", () -> TorchLosses.nll().apply(wrong, x));
    assertMessage("multiMargin: expected labels in [0, 3), given 3 at index 1",
        () -> TorchLosses.multiMargin().apply(wrong, x));
    assertMessage("multilabelMargin: expected labels in [0, 3) or negative, given 7 at index 4",
        () -> TorchLosses.multilabelMargin().apply(Tensor.of(new long[] {0, -1, 9, 1, 7, -1}, SHAPE), x));
    assertMessage("softMargin: expected labels -1 or 1, given 0.0 at index 0",
        () -> TorchLosses.softMargin().apply(x, x));
    assertMessage("hingeEmbedding: expected labels -1 or 1, given 0.0 at index 0",
        () -> TorchLosses.hingeEmbedding(1).apply(x, x));
    assertMessage("gaussianNll: expected variances of 0 or more, given -1.0 at index 0",
        () -> TorchLosses.gaussianNll().apply(x, x, x.sub(1)));
    assertThrows(DTypeException.class, () -> TorchLosses.crossEntropy().apply(Tensor.of(1.0, 2.0), x));
    assertThrows(DTypeException.class, () -> TorchLosses.multilabelMargin().apply(x, x));
  }

  private static void assertMessage(String expected, Runnable code) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, code::run).getMessage());
  }

  @Test
  void aBatchWhoseLabelsAreAllIgnoredCostsNothing() {
    Tensor x = Tensor.zeros(SHAPE, DType.FLOAT64);
    Tensor ignored = Tensor.ofLongs(-100, -100);
    assertEquals(0, TorchLosses.crossEntropy().apply(ignored, x).item());
    assertEquals(0, TorchLosses.nll().classWeights(1, 2, 3).apply(ignored, x).item());
    assertEquals(0, Losses.softmaxCrossEntropy().ignoreClass(-100).apply(ignored, x).item());
  }

  @Test
  void shapesThatDoNotGoTogetherAreRefusedNamingTheLoss() {
    Tensor a = Tensor.zeros(SHAPE, DType.FLOAT64);
    Tensor b = Tensor.zeros(Shape.of(3, 2), DType.FLOAT64);
    assertShape("triplet: expected anchor and positive of one shape, given [2, 3] and [3, 2]",
        () -> Losses.triplet().apply(a, b, a));
    assertShape("vaeDivergence: expected mu and logVar of one shape, given [2, 3] and [3, 2]",
        () -> Losses.vaeDivergence().apply(a, b));
    assertShape("ganHinge: expected real and fake of one shape, given [2, 3] and [3, 2]",
        () -> GanLosses.hinge().reduction(Reduction.NONE).discriminator(a, b));
    assertShape("styleContent: expected activations with 3 axes or more, given [2, 3]",
        () -> StyleLosses.content().apply(a, a));
    assertShape("localisation: expected predictions [*, 5 + classes], given [2, 3]",
        () -> DetectionLosses.localisation().apply(a, a));
    assertShape("negativeSampling: expected negatives [batch, k, width] for vectors [2, 3], given [2, 3]",
        () -> WordLosses.negativeSampling().apply(a, a, a));
    assertShape("crossEntropy: expected a weight for each of 3 classes, given 2",
        () -> TorchLosses.crossEntropy().classWeights(1, 2).apply(Tensor.ofLongs(0, 1), a));
    assertShape("tripletBatchHard: expected embeddings [batch, width], given [2, 3, 1]",
        () -> RankingLosses.tripletBatchHard(1).apply(Tensor.ofLongs(0, 1), a.expandDims(2)));
    assertThrows(
        IllegalArgumentException.class, () -> StyleLosses.total(1, 1, 1).apply(a, a, List.of(), List.of()));
  }

  private static void assertShape(String expected, Runnable code) {
    assertEquals(expected, assertThrows(ShapeException.class, code::run).getMessage());
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.huber(0));
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.smoothL1(-1));
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.multiMargin(3, 1));
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.tripletMargin(1, .5, 0, false));
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.tripletMargin(0, 2, 0, false));
    assertThrows(IllegalArgumentException.class, () -> TorchLosses.cosineEmbedding(2));
    assertThrows(IllegalArgumentException.class, () -> RankingLosses.triplet(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> RankingLosses.contrastive(0));
    assertThrows(IllegalArgumentException.class, () -> StyleLosses.total(1, 1));
    assertThrows(IllegalArgumentException.class, () -> WordLosses.glove(0, 1));
    assertThrows(IllegalStateException.class, () -> TorchLosses.nll().labelSmoothing(.1));
    assertThrows(IllegalStateException.class, () -> DetectionLosses.localisation().objectnessFromLogits(true));
    assertThrows(
        IllegalStateException.class, () -> TorchLosses.binaryCrossEntropy().positiveWeight(Tensor.of(1.0)));
  }

  @Test
  void theGradientPenaltyNeedsAPersistentTape() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.ones(SHAPE, DType.FLOAT64);
      Tensor half = Tensor.full(Shape.of(2, 1), .5, DType.FLOAT64);
      assertThrows(
          IllegalStateException.class,
          () -> GanLosses.gradientPenalty(tape, v -> v.square().sum(-1), x, x.mul(2), half, 10));
    }
  }
}
