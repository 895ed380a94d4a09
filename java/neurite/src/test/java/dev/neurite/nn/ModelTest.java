package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelTest {

  private static String firstLine(Throwable e) {
    return e.getMessage().lines().findFirst().orElse("");
  }

  /** The highway layer of the design, written as a user would. */
  static final class Highway extends Layer {
    private final Dense transform = child("transform", Dense.of(64).activation(Activation.TANH));
    private Param gate;
    private Param bias;

    @Override
    protected Shape build(Shape in) {
      gate = param("gate", Shape.of(in.last(), in.last()), Initializers.glorotUniform());
      bias = param("bias", Shape.of(in.last()), Initializers.constant(-2));
      return buildChild(transform, in);
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      Tensor t = x.matmul(gate).add(bias).sigmoid();
      return transform.call(x, pass).mul(t).add(x.mul(t.rsub(1)));
    }
  }

  @Test
  void sequentialModelNamesItsLayersAsKerasDoes() {
    Model model = Model.sequential(Input.of(4), Dense.of(3), Activation.RELU, Dense.of(2));

    assertEquals(List.of("dense", "relu", "dense_1"), List.copyOf(model.children().keySet()));
    assertEquals(
        List.of("dense.kernel", "dense.bias", "dense_1.kernel", "dense_1.bias"), List.copyOf(model.state().keySet()));
    assertEquals("dense_1.kernel", model.state().get("dense_1.kernel").name());
    assertEquals(List.of(Shape.of(-1, 2)), model.outputShapes());
  }

  @Test
  void worksOutNumbersByHand() {
    Model model = Model.sequential(Input.of(2), Dense.of(2).activation(Activation.RELU), Dense.of(1));
    model.state().get("dense.kernel").assign(Tensor.of(new float[][] {{1, -1}, {2, 3}}));
    model.state().get("dense.bias").assign(Tensor.of(0.5f, -9f));
    model.state().get("dense_1.kernel").assign(Tensor.of(new float[][] {{2}, {5}}));

    Tensor y = model.call(Tensor.of(new float[][] {{1, 2}, {0, 4}}));

    assertArrayEquals(new float[] {11, 17 + 15}, y.toFloats());
  }

  @Test
  void subclassStyleBuildsChildrenAndKeepsShapes() {
    Model model = Model.of(Input.of(64), new Highway());

    assertEquals(
        List.of("highway.gate", "highway.bias", "highway.transform.kernel", "highway.transform.bias"),
        List.copyOf(model.state().keySet()));
    assertEquals(Shape.of(5, 64), model.call(Tensor.zeros(Shape.of(5, 64))).shape());
    assertEquals(-2, model.state().get("highway.bias").get(0));
  }

  @Test
  void functionalModelSharesTheWeightsOfABlockUsedTwice() {
    Input a = Input.of(3);
    Input b = Input.of(3);
    Dense encoder = Dense.of(2);
    Model model = Model.of(List.of(a, b), List.of(encoder.on(a), encoder.on(b)));

    List<Tensor> out =
        model.call(List.of(Tensor.of(new float[][] {{1, 2, 3}}), Tensor.of(new float[][] {{1, 2, 3}})), Pass.inference());

    assertEquals(2, model.params().size());
    assertArrayEquals(out.get(0).toFloats(), out.get(1).toFloats());
  }

  @Test
  void aModelIsABlockOfAnotherModel() {
    Model encoder = Model.sequential("encoder", Input.of(3), Dense.of(2));
    Input in = Input.of(3);
    Model model = Model.of(in, Dense.of(1).on(encoder.on(in)));

    assertEquals(
        List.of("encoder.dense.kernel", "encoder.dense.bias", "dense.kernel", "dense.bias"),
        List.copyOf(model.state().keySet()));
    assertSame(encoder.state().get("dense.kernel"), model.state().get("encoder.dense.kernel"));
  }

  @Test
  void wrongInputShapeNamesModelExpectedAndGiven() {
    Model model = Model.sequential("mnist", Input.of(784), Dense.of(10));

    ShapeException e = assertThrows(ShapeException.class, () -> model.call(Tensor.zeros(Shape.of(32, 783))));

    assertEquals("Model 'mnist': expected input 'input' [-1, 784], given [32, 783]", firstLine(e));
    assertTrue(e.getMessage().contains("read by Dense 'dense'"), e.getMessage());
  }

  @Test
  void wrongInputTypeNamesBothTypes() {
    Model model = Model.sequential("mnist", Input.of(784), Dense.of(10));

    DTypeException e =
        assertThrows(DTypeException.class, () -> model.call(Tensor.zeros(Shape.of(1, 784), DType.FLOAT64)));

    assertEquals("Model 'mnist': expected input 'input' FLOAT32[-1, 784], given FLOAT64[1, 784]", firstLine(e));
  }

  @Test
  void wrongLastAxisNamesLayerPathAndShapes() {
    Dense fc1 = Dense.of(4).name("fc1");
    Dense fc2 = Dense.of(2).name("fc2");
    Model head = Model.sequential("head", Input.of(8), fc1, fc2);
    Input in = Input.of(8);
    Model.of(in, head.on(in));

    ShapeException e = assertThrows(ShapeException.class, () -> fc2.call(Tensor.zeros(Shape.of(32, 128))));

    assertEquals("Dense 'fc2': expected last axis 4, given [32, 128]", firstLine(e));
    assertTrue(e.getMessage().contains("kernel   [4, 2], built for input [-1, 4]"), e.getMessage());
    assertEquals("fc2", e.path());
  }

  @Test
  void aShapeALayerCannotTakeFailsAtConstructionAndNamesThePath() {
    Highway wrong = new Highway();

    ShapeException e =
        assertThrows(
            ShapeException.class,
            () -> Model.sequential(Input.of(64), wrong, Dense.of(8), Flatten.of(), wrong));

    assertEquals("Highway 'highway': built with gate [64, 64], a second input needs [8, 8]", firstLine(e));
    assertEquals("highway", e.path());
  }

  @Test
  void optionsAreFixedOnceBuilt() {
    Dense dense = Dense.of(3);
    Model.sequential(Input.of(2), dense);

    assertThrows(IllegalStateException.class, () -> dense.bias(false));
    assertThrows(IllegalStateException.class, () -> dense.name("late"));
  }

  @Test
  void parametersTakeTheTypeOfTheInput() {
    Model model = Model.sequential(Input.of(2).dtype(DType.FLOAT64), Dense.of(3), Activation.TANH, Dense.of(1));

    model.params().forEach(p -> assertEquals(DType.FLOAT64, p.dtype()));
  }

  @Test
  void addingALayerDoesNotChangeAnothersStart() {
    Neurite.seed(5);
    Model small = Model.sequential(Input.of(4), Dense.of(3).name("a"));
    Model large = Model.sequential(Input.of(4), Dense.of(4).name("x"), Dense.of(3).name("a"));

    assertArrayEquals(
        small.state().get("a.kernel").toFloats(), large.state().get("a.kernel").toFloats());
  }

  @Test
  void sameSeedGivesTheSameStartAndAnotherSeedAnother() {
    float[][] starts = new float[3][];
    long[] seeds = {1, 1, 2};
    for (int i = 0; i < starts.length; i++) {
      Neurite.seed(seeds[i]);
      starts[i] = Model.sequential(Input.of(4), Dense.of(3)).params().get(0).toFloats();
    }

    assertArrayEquals(starts[0], starts[1]);
    assertNotEquals(starts[0][0], starts[2][0]);
  }

  @Test
  void freezingCoversPartsAndComesBack() {
    Model model = Model.of(Input.of(64), new Highway());

    model.trainable(false);
    assertEquals(List.of(), model.trainableParams());
    assertEquals(4, model.params().size());

    model.trainable(true);
    assertEquals(4, model.trainableParams().size());
  }

  @Test
  void strictLoadListsEveryDifferenceAndChangesNothing() {
    Model model = Model.sequential(Input.of(2), Dense.of(2));
    float[] before = model.params().get(0).toFloats();

    ShapeException e =
        assertThrows(
            ShapeException.class,
            () ->
                model.load(
                    Map.of("dense.kernel", Tensor.zeros(Shape.of(3, 2)), "other", Tensor.zeros(Shape.of(1))),
                    Loading.STRICT));

    assertEquals("Model 'model': expected values for its 2 entries, given 2 with 3 differences", firstLine(e));
    assertTrue(e.getMessage().contains("missing     dense.bias [2]"), e.getMessage());
    assertTrue(e.getMessage().contains("unexpected  other [1]"), e.getMessage());
    assertTrue(e.getMessage().contains("dense.kernel: expected [2, 2], given [3, 2]"), e.getMessage());
    assertArrayEquals(before, model.params().get(0).toFloats());
  }

  @Test
  void summaryHasShapesParametersAndWork() {
    Model model =
        Model.sequential("mnist", Input.of(28, 28, 1), Flatten.of(), Dense.of(128).activation(Activation.RELU),
            Dense.of(10));

    assertEquals(
        """
        Model 'mnist'
        -------------------------------------------------------------
        Layer              Output shape     Parameters  Multiply-adds
        -------------------------------------------------------------
        input (Input)      [-1, 28, 28, 1]           0              0
        flatten (Flatten)  [-1, 784]                 0              0
        dense (Dense)      [-1, 128]           100,480        100,352
        dense_1 (Dense)    [-1, 10]              1,290          1,280
        -------------------------------------------------------------
        Parameters: 101,770 (trainable 101,770, non-trainable 0)
        Multiply-adds per sample: 101,632
        Float32 products: HIGH, %s
        W1 (128, 784), b1 (128, 1)
        W2 (10, 128), b2 (10, 1)
        """
            .replace("%s", Float32MatmulPrecision.HIGH.describe()),
        Float32MatmulPrecision.HIGH.run(() -> model.summary()));
  }

  @Test
  void callsAndClosingLeaveNoBlockBehind() {
    long before = Neurite.memory().liveBlocks();

    try (Model model = Model.sequential(Input.of(8), Dense.of(16).activation(Activation.GELU), Dense.of(4));
        Scope scope = Scope.open()) {
      for (int i = 0; i < 10; i++) {
        model.call(Tensor.zeros(Shape.of(3, 8)));
      }
    }

    assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
  }

  @Test
  void aClosedModelSaysSo() {
    Model model = Model.sequential(Input.of(8), Dense.of(4));
    model.close();
    model.close();

    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> model.call(Tensor.zeros(Shape.of(1, 8))));
    assertEquals("Model 'model': it is closed", e.getMessage());
  }

  @Test
  void capturedTensorsOutliveTheCall() {
    Model model = Model.sequential(Input.of(2), Dense.of(3), Dense.of(1));
    Pass pass = Pass.inference().capturing("dense");

    model.call(Tensor.zeros(Shape.of(4, 2)), pass);

    assertEquals(Shape.of(4, 3), pass.captured("dense").shape());
    assertArrayEquals(new float[12], pass.captured("dense").toFloats());
    assertThrows(IllegalArgumentException.class, () -> pass.captured("other"));
  }

  @Test
  void bareLayersBuildAtTheFirstCallWithStartsOfTheirOwn() {
    Dense one = Dense.of(2);
    Dense two = Dense.of(2);

    one.call(Tensor.zeros(Shape.of(1, 3)));
    two.call(Tensor.zeros(Shape.of(1, 3)));

    assertEquals(Shape.of(3, 2), one.kernel().shape());
    assertNotEquals(one.kernel().get(0, 0), two.kernel().get(0, 0));
  }

  @Test
  void duplicateGivenNamesAreRefused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Model.sequential(Input.of(2), Dense.of(2).name("a"), Dense.of(2).name("a")));
    assertEquals("Model 'model': expected different names, given 'a' twice", e.getMessage());
  }

  @Test
  void aNestedModelsOutputHasTheTypeOfItsLastTensorWhateverLayerMadeIt() {
    Input in = Input.of(3).dtype(DType.FLOAT64);
    Model ending = Model.sequential(in, Dense.of(4), Activation.RELU);
    assertEquals(DType.FLOAT64, ending.dtype());
    Model outer = Model.sequential(Input.of(3).dtype(DType.FLOAT64), ending, Dense.of(2));
    try (Scope scope = Scope.open()) {
      Tensor y = outer.call(Tensor.ones(Shape.of(2, 3), DType.FLOAT64));
      assertEquals(DType.FLOAT64, y.dtype());
    }

    Input steps = Input.of(5, 2).dtype(DType.FLOAT64);
    Node mask = Masking.of(0).on(steps);
    Model two = Model.of(List.of(steps), List.of(Activation.TANH.on(steps), mask));
    Input again = Input.of(5, 2).dtype(DType.FLOAT64);
    List<Node> outputs = two.on(List.of(again));
    Model trained = Model.of(List.of(again), List.of(Lstm.of(3).on(outputs.get(0), outputs.get(1))));
    try (Scope scope = Scope.open()) {
      assertEquals(DType.FLOAT64, trained.call(Tensor.ones(Shape.of(2, 5, 2), DType.FLOAT64)).dtype());
    }
  }

  @Test
  void aWrappersOutputHasTheTypeOfTheLayerInside() {
    Model words =
        Model.sequential(
            Input.of(4, 2).dtype(DType.INT64), TimeDistributed.of(Embedding.of(5, 3).dtype(DType.FLOAT64)),
            TimeDistributed.of(Flatten.of()), SpectralNorm.of(Dense.of(2)));
    Tensor ids = Tensor.ofLongs(0, 1, 2, 3, 4, 0, 1, 2).reshape(1, 4, 2);
    try (Scope scope = Scope.open()) {
      assertEquals(DType.FLOAT64, words.call(ids).dtype());
      assertEquals(DType.FLOAT64, words.dtype());
    }
    Model cast = Model.sequential(Input.of(3), Lambda.of(x -> x.mul(2).cast(DType.FLOAT64)), Dense.of(2));
    try (Scope scope = Scope.open()) {
      assertEquals(DType.FLOAT64, cast.call(Tensor.ones(Shape.of(2, 3), DType.FLOAT32)).dtype());
    }
  }
}
