package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Output shapes, parameter counts and multiply-adds: the worked examples N5 to N8, N11 and J8. */
class LayerShapesTest {

  private static List<Shape> shapes(Model model) {
    List<Shape> all = new ArrayList<>();
    for (Graph.Step step : model.graph().steps()) {
      all.add(step.outputShapes().get(0));
    }
    return all;
  }

  private static List<Long> parameters(Model model) {
    List<Long> all = new ArrayList<>();
    for (Graph.Step step : model.graph().steps()) {
      all.add(step.block().state().values().stream().mapToLong(Tensor::size).sum());
    }
    return all;
  }

  private static Shape s(long... dims) {
    return Shape.of(dims).prepend(-1);
  }

  private static String firstLine(Throwable e) {
    return e.getMessage().lines().findFirst().orElse("");
  }

  @Test
  void leNetHas61706Parameters() {
    Model model =
        Model.sequential(
            Input.of(32, 32, 1), Conv2D.of(6, 5), AvgPool2D.of(2), Conv2D.of(16, 5), AvgPool2D.of(2),
            Conv2D.of(120, 5), Flatten.of(), Dense.of(84), Dense.of(10));

    assertEquals(
        List.of(
            s(28, 28, 6), s(14, 14, 6), s(10, 10, 16), s(5, 5, 16), s(1, 1, 120), s(120), s(84), s(10)),
        shapes(model));
    assertEquals(List.of(156L, 0L, 2416L, 0L, 48120L, 0L, 10164L, 850L), parameters(model));
    assertEquals(61_706, model.parameterCount());
  }

  @Test
  void alexNetLikeModelHas1664678Parameters() {
    Model model =
        Model.sequential(
            Input.of(32, 32, 3), Conv2D.of(96, 11).stride(4).padding(Padding.of(5)), MaxPool2D.of(2),
            Conv2D.of(256, 5).padding(Padding.SAME), MaxPool2D.of(2), Conv2D.of(384, 3).padding(Padding.SAME),
            Flatten.of(), Dense.of(84), Dense.of(10));

    assertEquals(
        List.of(
            s(8, 8, 96), s(4, 4, 96), s(4, 4, 256), s(2, 2, 256), s(2, 2, 384), s(1536), s(84), s(10)),
        shapes(model));
    assertEquals(List.of(34944L, 0L, 614656L, 0L, 885120L, 0L, 129108L, 850L), parameters(model));
    assertEquals(1_664_678, model.parameterCount());
  }

  @Test
  void courseNetworksHaveTheShapesOfTheNotes() {
    Model mnist =
        Model.sequential(
            Input.of(28, 28, 1), Conv2D.of(16, 5).padding(Padding.of(2)), MaxPool2D.of(2),
            Conv2D.of(32, 5).padding(Padding.of(2)), MaxPool2D.of(2), Flatten.of());
    Model strided =
        Model.sequential(
            Input.of(39, 39, 3), Conv2D.of(10, 3), Conv2D.of(20, 5).stride(2), Conv2D.of(40, 5).stride(2),
            Flatten.of());

    assertEquals(
        List.of(s(28, 28, 16), s(14, 14, 16), s(14, 14, 32), s(7, 7, 32), s(1568)), shapes(mnist));
    assertEquals(List.of(416L, 0L, 12832L, 0L, 0L), parameters(mnist));
    assertEquals(List.of(s(37, 37, 10), s(17, 17, 20), s(7, 7, 40), s(1960)), shapes(strided));
  }

  @Test
  void smallConvolutionFactsHold() {
    assertEquals(140, Model.sequential(Input.of(8, 8, 3), Conv2D.of(5, 3)).parameterCount());
    assertEquals(8_256, Model.sequential(Input.of(128), Dense.of(64)).parameterCount());
    assertEquals(List.of(s(12_288)), shapes(Model.sequential(Input.of(64, 64, 3), Flatten.of())));
    assertEquals(List.of(s(4, 4, 1)), shapes(Model.sequential(Input.of(6, 6, 1), Conv2D.of(1, 3))));
    assertEquals(
        List.of(s(6, 6, 1)), shapes(Model.sequential(Input.of(6, 6, 1), Conv2D.of(1, 3).padding(Padding.of(1)))));
    assertEquals(List.of(s(3, 3, 1)), shapes(Model.sequential(Input.of(7, 7, 1), Conv2D.of(1, 3).stride(2))));
  }

  @Test
  void multiplyAddsOfTheInceptionExampleAreCounted() {
    Model direct = Model.sequential(Input.of(28, 28, 192), Conv2D.of(32, 5).padding(Padding.SAME));
    Model bottleneck =
        Model.sequential(Input.of(28, 28, 192), Conv2D.of(16, 1), Conv2D.of(32, 5).padding(Padding.SAME));

    assertTrue(direct.summary().contains("Multiply-adds per sample: 120,422,400"), direct.summary());
    assertTrue(bottleneck.summary().contains("2,408,448"), bottleneck.summary());
    assertTrue(bottleneck.summary().contains("10,035,200"), bottleneck.summary());
    assertTrue(bottleneck.summary().contains("Multiply-adds per sample: 12,443,648"), bottleneck.summary());
  }

  @Test
  void batchNormExampleOfTheNotesHas40Parameters() {
    Model model =
        Model.sequential(
            Input.of(2), Dense.of(3), BatchNorm.of(), Dense.of(2), BatchNorm.of(), Dense.of(1));

    assertEquals(List.of(9L, 12L, 8L, 8L, 3L), parameters(model));
    assertEquals(40, model.parameterCount());
    assertTrue(
        model.summary().contains("Parameters: 40 (trainable 30, non-trainable 10)"), model.summary());
    assertEquals(
        List.of("batch_norm.gamma", "batch_norm.beta", "batch_norm.moving_mean", "batch_norm.moving_variance"),
        model.state().keySet().stream().filter(k -> k.startsWith("batch_norm.")).toList());
  }

  @Test
  void batchNormNumbersOfTheNotes() {
    double[][] expected = {{-1.341104, -.447035, .447035, 1.341104}, {-1.341635, -.447212, .447212, 1.341635}};
    double[] eps = {1e-3, 1e-5};
    for (int i = 0; i < eps.length; i++) {
      try (Scope scope = Scope.open()) {
        BatchNorm layer = BatchNorm.of().epsilon(eps[i]);
        Tensor z = Tensor.of(new double[] {1, 2, 3, 4}, Shape.of(4, 1));

        assertArrayEquals(expected[i], layer.call(z, Pass.training(1)).toDoubles(), 5e-7);
        assertEquals(0.025, layer.ownBuffers().get("moving_mean").item(), 1e-12);
        assertEquals(0.99 + 0.0125, layer.ownBuffers().get("moving_variance").item(), 1e-12);
      }
    }
  }

  @Test
  void evaluationOfOneRowEqualsEvaluationInsideAnyBatch() {
    try (Scope scope = Scope.open()) {
      BatchNorm layer = BatchNorm.of().momentum(0.5);
      Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 9}, Shape.of(3, 2));
      layer.call(x, Pass.training(1));

      double[] whole = layer.call(x).toDoubles();
      double[] row = layer.call(x.slice(0, 1, 2)).toDoubles();

      assertArrayEquals(Arrays.copyOfRange(whole, 2, 4), row);
    }
  }

  @Test
  void frozenBatchNormUsesItsMovingAverages() {
    try (Scope scope = Scope.open()) {
      BatchNorm layer = BatchNorm.of().epsilon(1e-12);
      Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, Shape.of(4, 1));
      layer.call(x);
      layer.trainable(false);

      assertArrayEquals(x.toDoubles(), layer.call(x, Pass.training(1)).toDoubles(), 1e-9);
      assertEquals(0, layer.ownBuffers().get("moving_mean").item());
    }
  }

  @Test
  void unbiasedVarianceAndOneRowBatches() {
    try (Scope scope = Scope.open()) {
      BatchNorm torch = BatchNorm.of().momentum(0.9).unbiased(true);
      torch.call(Tensor.of(new double[] {1, 2, 3, 4}, Shape.of(4, 1)), Pass.training(1));
      BatchNorm single = BatchNorm.of();

      assertEquals(0.9 + 0.1 * 1.25 * 4 / 3, torch.ownBuffers().get("moving_variance").item(), 1e-12);
      assertArrayEquals(
          new double[] {0, 0}, single.call(Tensor.of(new double[][] {{3, 4}}), Pass.training(1)).toDoubles());
    }
  }

  @Test
  void samePaddingOutputsAreCeilOfLengthOverStride() {
    Model model =
        Model.sequential(
            Input.of(7, 10, 2), Conv2D.of(3, 4, 2).stride(3, 2).padding(Padding.SAME).dilation(2, 1),
            MaxPool2D.of(2).padding(Padding.SAME), AvgPool2D.of(3).stride(1).padding(Padding.SAME));

    assertEquals(List.of(s(3, 5, 3), s(2, 3, 3), s(2, 3, 3)), shapes(model));
    assertEquals(Shape.of(2, 2, 3, 3), model.call(Tensor.zeros(Shape.of(2, 7, 10, 2))).shape());
  }

  @Test
  void depthwiseAndGroupedConvolutionsCountTheirParameters() {
    Model depthwise = Model.sequential(Input.of(8, 8, 4), DepthwiseConv2D.of(3).multiplier(2));
    Model grouped = Model.sequential(Input.of(8, 8, 4), Conv2D.of(6, 3).groups(2));

    assertEquals(Shape.of(3, 3, 4, 2), depthwise.state().get("depthwise_conv2d.kernel").shape());
    assertEquals(3 * 3 * 4 * 2 + 8, depthwise.parameterCount());
    assertEquals(List.of(s(6, 6, 8)), shapes(depthwise));
    assertEquals(Shape.of(3, 3, 2, 6), grouped.state().get("conv2d.kernel").shape());
  }

  @Test
  void freeImageAxesStayFree() {
    Model model =
        Model.sequential(Input.of(-1, -1, 3), Conv2D.of(4, 3), MaxPool2D.of(2), GlobalAvgPool2D.of(), Dense.of(2));

    assertEquals(List.of(s(-1, -1, 4), s(-1, -1, 4), s(4), s(2)), shapes(model));
    assertEquals(Shape.of(2, 2), model.call(Tensor.zeros(Shape.of(2, 9, 11, 3))).shape());
    assertEquals(Shape.of(1, 2), model.call(Tensor.zeros(Shape.of(1, 20, 6, 3))).shape());
  }

  @Test
  void kernelLargerThanThePaddedInputFailsAtConstruction() {
    ShapeException e =
        assertThrows(ShapeException.class, () -> Model.sequential(Input.of(3, 3, 1), Conv2D.of(2, 5)));

    assertEquals(
        "Conv2D 'conv2d': expected a padded height of at least 5 (kernel 5, dilation 1), given 3 from [-1, 3, 3, 1]",
        firstLine(e));
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Conv2D.of(0, 3));
    assertThrows(IllegalArgumentException.class, () -> Conv2D.of(4, 3).stride(0));
    assertThrows(IllegalArgumentException.class, () -> Conv2D.of(4, 3).dilation(0));
    assertThrows(IllegalArgumentException.class, () -> Conv2D.of(4, 3).groups(3));
    assertThrows(IllegalArgumentException.class, () -> Dense.of(0));
    assertThrows(IllegalArgumentException.class, () -> Dropout.of(1));
    assertThrows(IllegalArgumentException.class, () -> Dropout.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> BatchNorm.of().momentum(1.5));
    assertThrows(IllegalArgumentException.class, () -> Embedding.of(0, 3));
    assertThrows(ShapeException.class, () -> Model.sequential(Input.of(8, 8, 3), Conv2D.of(4, 3).groups(2)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Model.sequential(Input.of(8, 8, 3), MaxPool2D.of(2).padding(Padding.of(2))));
  }

  @Test
  void wrongChannelsNameLayerAndShapes() {
    Conv2D conv = Conv2D.of(4, 3);
    Model.sequential(Input.of(8, 8, 3), conv);

    ShapeException e = assertThrows(ShapeException.class, () -> conv.call(Tensor.zeros(Shape.of(1, 8, 8, 2))));

    assertEquals("Conv2D 'conv2d': expected [batch, height, width, 3], given [1, 8, 8, 2]", firstLine(e));
  }

  @Test
  void reshapeFindsOutOneLengthAndRefusesOthers() {
    assertEquals(List.of(s(3, 4)), shapes(Model.sequential(Input.of(12), Reshape.of(3, -1))));
    ShapeException e =
        assertThrows(ShapeException.class, () -> Model.sequential(Input.of(12), Reshape.of(5, 2)));
    assertEquals("Reshape 'reshape': expected 12 elements per sample (input [-1, 12]), given [5, 2]", firstLine(e));
  }

  @Test
  void addAndConcatJoinBranches() {
    Input in = Input.of(4);
    Node h = Dense.of(4).on(in);
    Model model = Model.of(in, Concat.of().on(Add.of().on(in, h), h));

    assertEquals(List.of(Shape.of(-1, 8)), model.outputShapes());
    Tensor x = Tensor.of(new float[][] {{1, 2, 3, 4}});
    float[] y = model.call(x).toFloats();
    assertEquals(1 + y[4], y[0], 1e-6);
  }

  @Test
  void concatRefusesBranchesOfDifferentShape() {
    Input in = Input.of(4, 3);
    ShapeException e =
        assertThrows(ShapeException.class, () -> Model.of(in, Concat.of().on(in, Reshape.of(3, 4).on(in))));
    assertEquals(
        "Concat 'concat': expected shapes equal but for axis -1, given [-1, 4, 3] and [-1, 3, 4]", firstLine(e));
  }

  @Test
  void embeddingLooksUpRowsAndTakesInt32Too() {
    Embedding layer = Embedding.of(5, 2);
    Model model = Model.sequential(Input.of(3).dtype(DType.INT64), layer);

    Tensor y = model.call(Tensor.of(new long[] {4, 0, 4}, Shape.of(1, 3)));

    assertEquals(Shape.of(1, 3, 2), y.shape());
    assertEquals(layer.embeddings().get(4, 1), y.get(0, 0, 1));
    assertEquals(layer.embeddings().get(4, 1), y.get(0, 2, 1));
    assertEquals(Shape.of(2, 2), layer.call(Tensor.of(new int[] {1, 2}, Shape.of(2))).shape());
    assertThrows(
        IllegalArgumentException.class, () -> model.call(Tensor.of(new long[] {5, 0, 0}, Shape.of(1, 3))));
  }

  @Test
  void dropoutIsTheIdentityForInferenceAndScalesWhileTraining() {
    Model model = Model.sequential(Input.of(1000), Dropout.of(0.25));
    Tensor x = Tensor.ones(Shape.of(4, 1000), DType.FLOAT32);

    assertArrayEquals(x.toFloats(), model.call(x).toFloats());
    float[] once = model.call(x, Pass.training(3)).toFloats();
    assertArrayEquals(once, model.call(x, Pass.training(3)).toFloats());
    int zeros = 0;
    for (float v : once) {
      assertTrue(v == 0 || Math.abs(v - 4f / 3) < 1e-6, "value " + v);
      zeros += v == 0 ? 1 : 0;
    }
    assertEquals(1000, zeros, 4 * Math.sqrt(4000 * .25 * .75));
  }

  @Test
  void emptyBatchGivesEmptyResult() {
    Model model =
        Model.sequential(
            Input.of(8, 8, 3), Conv2D.of(4, 3).activation(Activation.RELU), MaxPool2D.of(2), BatchNorm.of(),
            Flatten.of(), Dense.of(2), Activation.SOFTMAX);

    assertEquals(Shape.of(0, 2), model.call(Tensor.zeros(Shape.of(0, 8, 8, 3))).shape());
  }
}
