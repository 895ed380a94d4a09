package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.assertFirstLine;
import static dev.neurite.train.TrainingExamples.line;
import static dev.neurite.train.TrainingExamples.points;
import static dev.neurite.train.TrainingExamples.slope;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.error.DTypeException;
import dev.neurite.error.NumericsException;
import dev.neurite.error.ShapeException;
import dev.neurite.error.TensorClosedException;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Embedding;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on data and with settings that are wrong: the message, and that model and memory are as before. */
class TrainerFaultsTest {

  @TempDir Path folder;
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

  private static float[] weights(Model model) {
    return model.params().get(0).toFloats();
  }

  private static Model classifier(boolean softmax) {
    return Model.sequential(
        Input.of(1), Dense.of(3).activation(softmax ? Activation.SOFTMAX : Activation.LINEAR));
  }

  /** Training on bad data is refused, leaves weights and memory as they are, and training on good data goes on. */
  private static void assertRefused(
      Model model, Class<? extends Throwable> kind, String firstLine, Dataset good, Dataset bad) {
    model.fit(good, Fit.epochs(1)); // the optimiser has its slots
    float[] before = weights(model);
    long steps = model.trainer().optimizer().step();
    long blocks = Neurite.memory().liveBlocks();

    assertFirstLine(kind, firstLine, () -> model.fit(bad, Fit.epochs(1)));

    assertArrayEquals(before, weights(model));
    assertEquals(steps, model.trainer().optimizer().step());
    assertTrue(Neurite.memory().liveBlocks() <= blocks, "blocks left behind");
    assertEquals(1, model.fit(good, Fit.epochs(1)).size());
  }

  // ---- labels

  private static Dataset labelled(int... labels) {
    float[][] x = new float[labels.length][1];
    for (int i = 0; i < x.length; i++) {
      x[i][0] = i;
    }
    return Dataset.of(x, labels);
  }

  @Test
  void labelsOutOfRangeNameIndexValueAndRangeAndTheModelGoesOn() {
    try (Model model = classifier(false)) {
      model.compile(Adam.of(0.1), Losses.softmaxCrossEntropy());
      assertRefused(
          model, IllegalArgumentException.class, "softmax_cross_entropy: label 3 at row 1 is outside [0, 3)",
          labelled(0, 2), labelled(0, 3));
      assertRefused(
          model, IllegalArgumentException.class, "softmax_cross_entropy: label -1 at row 2 is outside [0, 3)",
          labelled(0, 2), labelled(0, 1, -1));
    }
    try (Model model = classifier(true)) {
      model.compile(Adam.of(0.1), Losses.sparseCategoricalCrossEntropy());
      assertRefused(
          model, IllegalArgumentException.class,
          "sparseCategoricalCrossEntropy: expected labels in [0, 3), given 3 at index 1", labelled(0, 2),
          labelled(0, 3));
    }
  }

  @Test
  void aLabelOutOfRangeInALaterBatchKeepsTheStepsBefore() {
    try (Model model = classifier(false)) {
      Optimizer sgd = Sgd.of(0.1);
      model.compile(sgd, Losses.softmaxCrossEntropy());

      assertThrows(
          IllegalArgumentException.class, () -> model.fit(labelled(0, 1, 2, 0, 9, 1).batch(2), Fit.epochs(1)));

      assertEquals(2, sgd.step());
    }
  }

  @Test
  void floatClassNumbersAreRefused() {
    try (Model model = classifier(false)) {
      model.compile(Adam.of(0.1), Losses.softmaxCrossEntropy());
      assertRefused(
          model, DTypeException.class, "softmaxCrossEntropy: expected integer class labels, given float32[2, 1]",
          labelled(0, 2), Dataset.of(new float[][] {{1}, {2}}, new float[] {0, 2}));
    }
  }

  @Test
  void oneClassAloneAndAClassNobodyHasAreTrainedOn() {
    try (Model model = classifier(false)) {
      model.compile(Adam.of(0.1), Losses.softmaxCrossEntropy(), Metrics.accuracy());

      History history = model.fit(labelled(1, 1, 1, 1), Fit.epochs(60));

      assertEquals(1, history.last("accuracy"));
      assertTrue(history.last("loss") < 0.5, history.toString());
    }
  }

  @Test
  void idsOutOfRangeNameTheLayerInsideTheModel() {
    try (Model model =
        Model.sequential(
            Input.of(2).dtype(DType.INT64), Embedding.of(4, 2).name("words"), Flatten.of(), Dense.of(1))) {
      model.compile(Adam.of(0.1), Losses.meanSquaredError());
      Dataset good = Dataset.of(Tensor.of(new long[] {0, 3}, Shape.of(1, 2)), Tensor.zeros(Shape.of(1, 1)));
      Dataset bad = Dataset.of(Tensor.of(new long[] {0, 4}, Shape.of(1, 2)), Tensor.zeros(Shape.of(1, 1)));

      assertRefused(
          model, IllegalArgumentException.class, "gather: id 4 at position 1 is outside [0, 4)", good, bad);
      String message =
          assertThrows(IllegalArgumentException.class, () -> model.fit(bad, Fit.epochs(1))).getMessage();
      assertTrue(message.endsWith("in layer 'words'"), message);
    }
  }

  // ---- data

  @Test
  void wrongCountsShapesAndClosedTensorsAreRefusedBeforeTheFirstStep() {
    try (Model model = line()) {
      model.compile(Adam.of(0.1), Losses.meanSquaredError());
      assertFirstLine(
          ShapeException.class, "Dataset.of: expected targets for 3 examples, given 2",
          () -> model.fit(Tensor.zeros(Shape.of(3, 1)), Tensor.zeros(Shape.of(2, 1)), Fit.epochs(1)));
      assertRefused(
          model, ShapeException.class, "Model 'model': expected input 'input' [-1, 1], given [2, 3]", slope(4),
          Dataset.of(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(2, 1))));
      Tensor closed = Tensor.zeros(Shape.of(2, 1));
      Dataset data = Dataset.of(closed, Tensor.zeros(Shape.of(2, 1)));
      closed.close();
      assertRefused(
          model, TensorClosedException.class,
          "Tensor: expected an open tensor, given float32[2, 1] made by 'fill', which is closed", slope(4), data);
    }
  }

  @Test
  void aLossOfNotANumberNamesStepAndAdviceAndTheModelGoesOn() {
    try (Model model = line()) {
      model.compile(Adam.of(0.1), Losses.meanSquaredError());
      model.fit(slope(4), Fit.epochs(1));
      float[] before = weights(model);

      NumericsException e =
          assertFirstLine(
              NumericsException.class,
              "fit: expected a finite loss, given Infinity in step 1 (epoch 1, batch 1, learning rate 0.1)",
              () -> model.fit(points(new float[] {3e38f}, new float[] {-3e38f}), Fit.epochs(1)));

      assertTrue(e.getMessage().contains("the weights are those after step 0"), e.getMessage());
      assertTrue(e.getMessage().contains("clipping"), e.getMessage());
      assertArrayEquals(before, weights(model));
      assertEquals(1, model.fit(slope(4), Fit.epochs(1)).size());
    }
  }

  @Test
  void aLastBatchOfOneThroughBatchNormStaysFiniteOrIsDropped() {
    try (Model model = Model.sequential(Input.of(1), BatchNorm.of(), Dense.of(1))) {
      Optimizer adam = Adam.of(0.01);
      model.compile(adam, Losses.meanSquaredError());

      History history = model.fit(slope(5).batch(2), Fit.epochs(2));

      assertEquals(6, adam.step());
      assertTrue(Double.isFinite(history.last("loss")));
      for (Param p : model.state().values()) {
        for (double v : p.toDoubles()) {
          assertTrue(Double.isFinite(v), p.name());
        }
      }
      model.fit(slope(5).batch(2, true), Fit.epochs(1));
      assertEquals(8, adam.step());
    }
  }

  // ---- settings

  @Test
  void aBatchLargerThanTheDataIsOneStep() {
    try (Model model = line()) {
      Optimizer sgd = Sgd.of(0.1);
      model.compile(sgd, Losses.meanSquaredError());

      model.fit(slope(4).batch(1_000_000_000), Fit.epochs(3));

      assertEquals(3, sgd.step());
    }
  }

  @Test
  void settingsThatMeanNothingAreRefused() {
    assertFirstLine(
        IllegalArgumentException.class, "Fit.epochs: expected 0 or more, given -1", () -> Fit.epochs(-1));
    assertFirstLine(
        IllegalArgumentException.class, "Fit.batch: expected 1 or more, given 0", () -> Fit.epochs(1).batch(0));
    for (double rate : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertFirstLine(
          IllegalArgumentException.class, "Sgd: expected a learning rate from 0 to 1e30, given " + rate,
          () -> Sgd.of(rate));
    }
  }

  @Test
  void aLearningRateOfZeroChangesNothingAndAHugeOneIsStopped() {
    try (Model model = line()) {
      model.compile(Sgd.of(0), Losses.meanSquaredError());
      float[] before = weights(model);
      model.fit(slope(4), Fit.epochs(3));
      assertArrayEquals(before, weights(model));

      model.compile(Sgd.of(1e30), Losses.meanSquaredError());
      assertFirstLine(
          NumericsException.class,
          "fit: expected a finite loss, given Infinity in step 2 (epoch 2, batch 1, learning rate 1.0E30)",
          () -> model.fit(slope(4), Fit.epochs(9)));
    }
  }

  // ---- interrupts

  @Test
  void anInterruptedTrainingLeavesTheCheckpointOfItsLastWholeEpoch() {
    Path file = folder.resolve("last.neurite");
    List<float[]> ends = new ArrayList<>();
    try (Model model = line()) {
      model.compile(Sgd.of(0.01), Losses.meanSquaredError());
      Callback record =
          new Callback() {
            @Override
            public void epochEnd(Run run, java.util.Map<String, Double> values) {
              ends.add(weights(model));
            }
          };
      Callback interrupter =
          LambdaCallback.onBatchEnd(run -> {
            if (run.step() == 7) {
              Thread.currentThread().interrupt();
            }
          });

      model.fit(slope(9).batch(3), Fit.epochs(5).callbacks(record, ModelCheckpoint.last(file), interrupter));

      assertTrue(Thread.interrupted());
      assertEquals(2, ends.size());
      try (Model back = Model.load(file)) {
        assertArrayEquals(ends.get(1), weights(back));
      }
    }
  }
}
