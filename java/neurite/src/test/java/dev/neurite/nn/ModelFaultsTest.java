package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.loss.Losses;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What models say to inputs they cannot take, and that they go on afterwards. */
class ModelFaultsTest {

  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(1);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Asserts kind and lines of what is thrown, that no block is left, and that the model still gives the same. */
  private static void assertRefused(
      Model model, Tensor good, Class<? extends RuntimeException> kind, Tensor bad, String... lines) {
    float[] expected = model.predict(good).toFloats();
    long before = Neurite.memory().liveBlocks();
    List<Callable<Tensor>> ways = List.of(() -> model.call(bad), () -> model.predict(bad), () -> {
      try (Tape tape = Tape.open()) {
        return model.call(bad, Pass.training(1));
      }
    });
    for (Callable<Tensor> way : ways) {
      String message = assertThrows(kind, way::call).getMessage();
      assertEquals(lines[0], message.lines().findFirst().orElse(""));
      for (String line : lines) {
        assertTrue(message.lines().anyMatch(line::equals), message);
      }
      assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
    }
    assertArrayEquals(expected, model.predict(good).toFloats());
  }

  private static Tensor ids(long... ids) {
    return Tensor.of(ids, Shape.of(1, ids.length));
  }

  // ---- ids

  private static Model words() {
    return Model.sequential(
        "words", Input.of(3).dtype(DType.INT64), Embedding.of(5, 2).name("table"), Flatten.of());
  }

  @Test
  void idsOutOfRangeNamePositionRangeAndLayer() {
    try (Model model = words()) {
      assertRefused(
          model, ids(0, 4, 2), IllegalArgumentException.class, ids(0, 1, 7),
          "gather: id 7 at position 2 is outside [0, 5)", "  in layer 'table'");
      assertRefused(
          model, ids(0, 4, 2), IllegalArgumentException.class, ids(0, -1, 1),
          "gather: id -1 at position 1 is outside [0, 5)", "  in layer 'table'");
      assertRefused(
          model, ids(0, 4, 2), IllegalArgumentException.class, ids(0, Long.MIN_VALUE, Long.MAX_VALUE),
          "gather: id -9223372036854775808 at position 1 is outside [0, 5)");
      assertRefused(
          model, ids(0, 4, 2), DTypeException.class, Tensor.zeros(Shape.of(1, 3)),
          "Model 'words': expected input 'input' INT64[-1, 3], given FLOAT32[1, 3]",
          "  cast it first: x.cast(DType.INT64)");
    }
  }

  /** Runs a model inside a layer. */
  private static final class Wrapper extends Layer {
    private final Model inner;

    Wrapper(Model inner) {
      this.inner = inner;
    }

    @Override
    protected Shape build(Shape in) {
      return buildChild(child("inner", inner), List.of(in)).get(0);
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      return inner.call(x, pass);
    }
  }

  @Test
  void idsOutOfRangeInNestedModelsNameTheWholePath() {
    try (Model inner = words();
        Model middle = Model.sequential("middle", Input.of(3).dtype(DType.INT64), inner);
        Model outer = Model.sequential("outer", Input.of(3).dtype(DType.INT64), middle);
        Model inLayer = Model.sequential("outer", Input.of(3).dtype(DType.INT64), new Wrapper(words()))) {
      assertRefused(
          outer, ids(0, 4, 2), IllegalArgumentException.class, ids(9, 1, 1),
          "gather: id 9 at position 0 is outside [0, 5)", "  in layer 'middle.words.table'");
      assertRefused(
          inLayer, ids(0, 4, 2), IllegalArgumentException.class, ids(9, 1, 1),
          "gather: id 9 at position 0 is outside [0, 5)");
    }
  }

  // ---- shapes

  @Test
  void shapesNestedModelsCannotTakeNameTheWholePath() {
    Input free = Input.of(-1, -1, 1);
    try (Model encoder = Model.sequential("encoder", free, Conv2D.of(2, 5).name("wide"), GlobalAvgPool2D.of());
        Model outer = Model.sequential("outer", Input.of(-1, -1, 1), encoder, Dense.of(2))) {
      assertRefused(
          outer, Tensor.zeros(Shape.of(1, 6, 6, 1)), ShapeException.class, Tensor.zeros(Shape.of(1, 3, 6, 1)),
          "window: expected an input height of at least 5 after padding, given 3 + 0", "  in layer 'encoder.wide'");
      assertRefused(
          outer, Tensor.zeros(Shape.of(1, 6, 6, 1)), ShapeException.class, Tensor.zeros(Shape.of(1, 6, 6, 3)),
          "Model 'outer': expected input 'input' [-1, -1, -1, 1], given [1, 6, 6, 3]", "  read by Model 'encoder'");
      assertRefused(
          outer, Tensor.zeros(Shape.of(1, 6, 6, 1)), ShapeException.class, Tensor.zeros(Shape.of(6, 6, 1)),
          "Model 'outer': expected input 'input' [-1, -1, -1, 1], given [6, 6, 1]");
    }
  }

  private static void assertNotBuilt(String firstLine, String layer, Input input, Block... blocks) {
    long before = Neurite.memory().liveBlocks();
    ShapeException e = assertThrows(ShapeException.class, () -> Model.sequential(input, blocks));
    assertEquals(firstLine, e.getMessage().lines().findFirst().orElse(""));
    assertEquals(layer, e.path());
    assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
  }

  @Test
  void windowsThatDoNotFitFailWhenTheModelIsMadeWithTheComputedSize() {
    assertNotBuilt(
        "Conv2D 'big': expected a padded height of at least 5 (kernel 5, dilation 1), given 4 from [-1, 4, 9, 3]",
        "big", Input.of(4, 9, 3), Conv2D.of(2, 5).name("big"));
    assertNotBuilt(
        "Conv2D 'conv2d': expected a padded width of at least 7 (kernel 3, dilation 3), given 6 from [-1, 9, 4, 3]",
        "conv2d", Input.of(9, 4, 3), Conv2D.of(2, 3).dilation(3).padding(Padding.of(1)));
    assertNotBuilt(
        "MaxPool2D 'max_pool2d': expected a padded height of at least 2 (kernel 2, dilation 1), given 1 from "
            + "[-1, 1, 1, 3]",
        "max_pool2d", Input.of(1, 1, 3), MaxPool2D.of(2));
    assertNotBuilt(
        "AvgPool2D 'avg_pool2d': expected an image of at least 1 x 1, given [-1, 0, 4, 3]",
        "avg_pool2d", Input.of(0, 4, 3), AvgPool2D.of(2));
    assertNotBuilt(
        "Conv2D 'conv2d': expected channels divisible by 2 groups, given [-1, 8, 8, 3]",
        "conv2d", Input.of(8, 8, 3), Conv2D.of(4, 3).groups(2));
  }

  @Test
  void stridesDilationsAndKernelsOfZeroAreRefusedAtOnce() {
    for (Callable<Object> call :
        List.<Callable<Object>>of(
            () -> Conv2D.of(2, 3).stride(0), () -> Conv2D.of(2, 3).dilation(0), () -> Conv2D.of(2, 0),
            () -> Conv2D.of(2, 3).groups(0), () -> MaxPool2D.of(0), () -> AvgPool2D.of(2).stride(-1),
            () -> DepthwiseConv2D.of(3).multiplier(0))) {
      String message = assertThrows(IllegalArgumentException.class, call::call).getMessage();
      assertTrue(message.contains("expected") && message.contains("given"), message);
    }
  }

  // ---- nothing, and one

  @Test
  void anEmptyBatchHasEmptyOutputsZeroGradientsAndNoLoss() {
    try (Model model =
            Model.sequential(
                Input.of(8, 8, 1), Conv2D.of(2, 3), BatchNorm.of(), MaxPool2D.of(2), Flatten.of(), Dropout.of(0.5),
                Dense.of(3));
        Tape tape = Tape.open()) {
      Tensor none = Tensor.zeros(Shape.of(0, 8, 8, 1));
      double[] mean = model.state().get("batch_norm.moving_mean").toDoubles();

      Tensor out = model.call(none, Pass.training(1));
      ShapeException e =
          assertThrows(
              ShapeException.class,
              () -> Losses.softmaxCrossEntropy().apply(Tensor.of(new long[0], Shape.of(0)), out));
      assertEquals("softmaxCrossEntropy: expected at least one sample, given values of shape [0]", e.getMessage());
      Gradients gradients = tape.gradients(out.sum(), model.trainableParams());
      for (Param p : model.trainableParams()) {
        assertEquals(0, gradients.of(p).abs().sum().item(), p.name());
      }
      assertArrayEquals(mean, model.state().get("batch_norm.moving_mean").toDoubles());
      assertEquals(Shape.of(0, 3), model.predict(none).shape());
    }
  }

  @Test
  void zeroWidthAndZeroLengthInputsGiveWhatTheFormulaSays() {
    try (Model dense = Model.sequential(Input.of(0), Dense.of(3));
        Model sequence = Model.sequential(Input.of(-1).dtype(DType.INT64), Embedding.of(5, 2))) {
      assertArrayEquals(new float[6], dense.predict(Tensor.zeros(Shape.of(2, 0))).toFloats());
      assertEquals(Shape.of(2, 0, 2), sequence.call(Tensor.of(new long[0], Shape.of(2, 0))).shape());
      assertRefused(
          dense, Tensor.zeros(Shape.of(2, 0)), ShapeException.class, Tensor.zeros(Shape.of(2, 1)),
          "Model 'model': expected input 'input' [-1, 0], given [2, 1]", "  read by Dense 'dense'");
    }
  }

  @Test
  void aBatchOfOneThroughBatchNormHasFiniteOutputsAndGradients() {
    try (Model model = Model.sequential(Input.of(3), BatchNorm.of(), Dense.of(1));
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(new float[][] {{1, 2, 3}});
      Tensor loss = model.call(x, Pass.training(1)).square().sum();
      Gradients gradients = tape.gradients(loss, model.trainableParams());

      assertEquals(0, loss.item()); // beta through a kernel without bias
      for (Param p : model.trainableParams()) {
        for (double v : gradients.of(p).toDoubles()) {
          assertTrue(Double.isFinite(v), p.name());
        }
      }
      assertArrayEquals(
          new double[] {0.99, 0.99, 0.99}, model.state().get("batch_norm.moving_variance").toDoubles(), 1e-6);
    }
  }

  // ---- closed

  @Test
  void aClosedTensorNamesTheLayerThatReadsIt() {
    try (Model model = Model.sequential(Input.of(1), Dense.of(1).name("first"))) {
      Tensor closed = Tensor.zeros(Shape.of(2, 1));
      closed.close();

      TensorClosedException e = assertThrows(TensorClosedException.class, () -> model.call(closed));

      assertEquals("first", e.path());
      assertEquals(Shape.of(2, 1), model.call(Tensor.zeros(Shape.of(2, 1))).shape());
    }
  }

  /** Each call either has the right result or is refused; a kernel never reads freed weights. */
  @Test
  @Timeout(120)
  void closingWhileFourThreadsPredictGivesRightResultsOrIsRefused() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    float[] input = new float[64];
    java.util.Arrays.fill(input, 1);
    long before = Neurite.memory().liveBlocks();
    for (int round = 0; round < 40; round++) {
      Model model = Model.sequential(Input.of(64), Dense.of(64).activation(Activation.RELU), Dense.of(8));
      float[] expected = predict(model, input);
      CyclicBarrier start = new CyclicBarrier(5);
      List<Future<Integer>> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(pool.submit(() -> predictUntilClosed(model, input, expected, start)));
      }
      start.await();
      for (int spin = 0; spin < round * 200; spin++) {
        Thread.onSpinWait();
      }
      model.close();
      for (Future<Integer> thread : threads) {
        assertTrue(thread.get(1, TimeUnit.MINUTES) >= 0);
      }
    }
    pool.shutdown();
    assertTrue(pool.awaitTermination(1, TimeUnit.MINUTES));
    assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
  }

  private static float[] predict(Model model, float[] input) {
    try (Scope inner = Scope.open()) {
      return model.call(Tensor.of(input, Shape.of(1, input.length))).toFloats();
    }
  }

  private static int predictUntilClosed(Model model, float[] input, float[] expected, CyclicBarrier start)
      throws Exception {
    start.await();
    for (int calls = 0; ; calls++) {
      try {
        assertArrayEquals(expected, predict(model, input));
      } catch (IllegalStateException e) {
        assertEquals("Model 'model': it is closed", e.getMessage());
        assertFalse(expected.length == 0);
        return calls;
      }
    }
  }
}
