package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.assertFirstLine;
import static dev.neurite.train.TrainingExamples.line;
import static dev.neurite.train.TrainingExamples.points;
import static dev.neurite.train.TrainingExamples.slope;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.error.DTypeException;
import dev.neurite.error.NumericsException;
import dev.neurite.error.ShapeException;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Threads, interrupts, failures and wrong arguments. */
class TrainerFailureTest {

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

  private static float weight(Model model) {
    return model.params().get(0).toFloats()[0];
  }

  // ---- threads

  /** Runs code in the middle of a training in another thread. */
  private static void duringTraining(Model model, Runnable code) throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Callback pause =
        LambdaCallback.onBatchEnd(run -> {
          inside.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Dataset data = slope(4);
    Thread trainer = new Thread(() -> model.fit(data.batch(4), Fit.epochs(1).callbacks(pause)), "first-trainer");
    trainer.start();
    inside.await();
    try {
      code.run();
    } finally {
      go.countDown();
      trainer.join();
    }
  }

  @Test
  void aSecondTrainingOfTheSameModelIsRefusedAtOnce() throws Exception {
    try (Model model = line()) {
      model.compile(Sgd.of(0.01), Losses.meanSquaredError());

      duringTraining(
          model,
          () -> {
            assertFirstLine(
                IllegalStateException.class,
                "fit: the model is already training in thread first-trainer; one thread at a time",
                () -> model.fit(slope(4), Fit.epochs(1)));
            assertThrows(IllegalStateException.class, () -> model.evaluate(slope(4)));
          });

      assertEquals(1, model.fit(slope(4), Fit.epochs(1)).size());
    }
  }

  @Test
  void closingWaitsForTheTrainingToEnd() throws Exception {
    Model model = line();
    model.compile(Sgd.of(0.01), Losses.meanSquaredError());
    Thread closer = new Thread(model::close, "closer");

    duringTraining(
        model,
        () -> {
          closer.start();
          while (closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          assertFalse(model.isClosed());
        });
    closer.join();

    assertTrue(model.isClosed());
    assertThrows(IllegalStateException.class, () -> model.predict(Tensor.of(new float[][] {{1}})));
  }

  @Test
  void anInterruptEndsTheTrainingAtTheBatchAndKeepsTheFlag() {
    try (Model model = line()) {
      Optimizer sgd = Sgd.of(0.01);
      model.compile(sgd, Losses.meanSquaredError());
      Callback interrupter =
          LambdaCallback.onBatchEnd(run -> {
            if (run.step() == 7) {
              Thread.currentThread().interrupt();
            }
          });

      History history = model.fit(slope(50).batch(10), Fit.epochs(9).callbacks(interrupter));

      assertTrue(Thread.interrupted());
      assertEquals(7, sgd.step());
      assertEquals(1, history.size(), "epochs that were finished");
      assertEquals(1, model.fit(slope(5), Fit.epochs(1)).size());
    }
  }

  @Test
  void anInterruptWhilePrefetchingEndsTheTrainingToo() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.01), Losses.meanSquaredError());
      Callback interrupter = LambdaCallback.onBatchEnd(run -> Thread.currentThread().interrupt());

      History history =
          model.fit(slope(50).batch(10).prefetch(1), Fit.epochs(9).callbacks(interrupter));

      assertTrue(Thread.interrupted());
      assertEquals(0, history.size());
    }
  }

  // ---- failures

  /** Live bytes must be what they were once the code has thrown, and the model must still work. */
  private static <T extends Throwable> T assertLeavesNothing(
      Model model, Class<T> kind, String line, Runnable code) {
    model.fit(slope(4).batch(2), Fit.epochs(1)); // the optimiser has its slots
    long live = Neurite.memory().live();
    T e = assertFirstLine(kind, line, code);
    assertTrue(Neurite.memory().live() <= live, "live bytes");
    return e;
  }

  @Test
  void anExceptionOfALoaderSurfacesUnchangedAndLeavesNothing() {
    RuntimeException cause = new IllegalStateException("no such picture");
    Dataset data =
        slope(20)
            .map(b -> {
              if (b.y().toFloats()[0] > 0) {
                throw cause;
              }
              return b;
            })
            .batch(5)
            .prefetch(2);
    try (Model model = line()) {
      model.compile(Adam.of(0.01), Losses.meanSquaredError());

      assertSame(
          cause,
          assertLeavesNothing(
              model, IllegalStateException.class, "no such picture", () -> model.fit(data, Fit.epochs(1))));
      assertEquals(1, model.fit(slope(4), Fit.epochs(1)).size());
    }
  }

  @Test
  void anExceptionOfACallbackOrALossSurfacesUnchanged() {
    RuntimeException cause = new IllegalStateException("enough");
    List<Throwable> told = new ArrayList<>();
    Callback listener =
        new Callback() {
          @Override
          public void trainEnd(Run run) {
            told.add(run.failure());
          }
        };
    Callback thrower =
        LambdaCallback.onBatchEnd(run -> {
          throw cause;
        });
    try (Model model = line()) {
      Dataset data = slope(4);
      model.compile(Adam.of(0.01), Losses.meanSquaredError());
      assertLeavesNothing(
          model, IllegalStateException.class, "enough",
          () -> model.fit(data, Fit.epochs(1).callbacks(listener, thrower)));
      assertEquals(List.of(cause), told);
      model.compile(
          Adam.of(0.01),
          (y, p) -> {
            p.sub(y).square();
            throw cause;
          });
      long live = Neurite.memory().live();
      assertSame(cause, assertThrows(IllegalStateException.class, () -> model.fit(data, Fit.epochs(1))));
      assertTrue(Neurite.memory().live() <= live, "live bytes");
    }
  }

  @Test
  void aLossThatIsNotANumberStopsBeforeTheWeightsTakeItIn() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset data = points(new float[] {0, 0, 0, Float.NaN}, new float[] {0, 0, 0, 0}).batch(1);

      NumericsException e =
          assertFirstLine(
              NumericsException.class,
              "fit: expected a finite loss, given NaN in step 4 (epoch 1, batch 4, learning rate 0.1)",
              () -> model.fit(data, Fit.epochs(3)));

      assertTrue(e.getMessage().contains("smaller learning rate"), e.getMessage());
      assertEquals(1, weight(model));
    }
  }

  @Test
  void withoutTheGuardTrainingGoesOn() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      History history =
          model.fit(points(new float[] {Float.NaN}, new float[] {0}), Fit.epochs(2).nanGuard(false));

      assertEquals(2, history.size());
      assertTrue(Double.isNaN(history.last("loss")));
    }
  }

  @Test
  void checkedInputsNameRowAndColumn() {
    try (Model model = Model.sequential(Input.of(2), Dense.of(1))) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset data =
          Dataset.of(new float[][] {{1, 2}, {3, 4}, {5, Float.NEGATIVE_INFINITY}}, new float[] {1, 2, 3}).batch(2);

      assertFirstLine(
          NumericsException.class,
          "fit: expected finite features, given -Infinity in row 0, column 1 of batch 2 (epoch 1, input 0)",
          () -> model.fit(data, Fit.epochs(1).checkInputs(true)));
    }
  }

  // ---- wrong arguments

  @Test
  void labelsOutOfRangeAreNamed() {
    try (Model model = Model.sequential(Input.of(1), Dense.of(3))) {
      model.compile(Sgd.of(0.1), Losses.softmaxCrossEntropy());
      Dataset data = Dataset.of(new float[][] {{1}, {2}}, new int[] {0, 3});
      float[] before = model.params().get(0).toFloats();

      String line = assertThrows(IllegalArgumentException.class, () -> model.fit(data, Fit.epochs(1))).getMessage();

      assertTrue(line.contains("3") && line.contains("[0, 3)"), line);
      assertArrayEquals(before, model.params().get(0).toFloats());
    }
  }

  @Test
  void emptyDataIsRefused() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset none = slope(4).take(0);

      assertFirstLine(
          IllegalArgumentException.class, "fit: expected at least one example, given an empty data set",
          () -> model.fit(none, Fit.epochs(1)));
      assertFirstLine(
          IllegalArgumentException.class, "evaluate: expected at least one example, given an empty data set",
          () -> model.evaluate(none));
      assertFirstLine(
          IllegalArgumentException.class, "fit: expected at least one example, given an empty data set",
          () -> model.fit(Dataset.from(List.<Batch>of()), Fit.epochs(1)));
      assertFirstLine(
          IllegalArgumentException.class,
          "fit: expected at least one batch, given 4 examples in batches of 8 of which an incomplete last one is dropped",
          () -> model.fit(slope(4).batch(8, true), Fit.epochs(1)));
      assertFirstLine(
          IllegalArgumentException.class, "fit: expected at least one example, given an empty data set",
          () -> model.fit(slope(4), Fit.epochs(1).validationSplit(0.9)));
    }
  }

  @Test
  void wrongShapesAndTypesAreNamedBeforeNativeCode() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      assertFirstLine(
          ShapeException.class, "Model 'model': expected input 'input' [-1, 1], given [2, 3]",
          () -> model.fit(Dataset.of(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(2, 1))), Fit.epochs(1)));
      assertFirstLine(
          DTypeException.class, "Model 'model': expected input 'input' FLOAT32[-1, 1], given FLOAT64[2, 1]",
          () -> model.predict(Tensor.zeros(Shape.of(2, 1), DType.FLOAT64)));
      assertFirstLine(
          ShapeException.class, "meanSquaredError: expected labels of the predictions' shape [2, 1], given [2, 2]",
          () -> model.fit(Dataset.of(Tensor.zeros(Shape.of(2, 1)), Tensor.zeros(Shape.of(2, 2))), Fit.epochs(1)));
      assertFirstLine(
          IllegalArgumentException.class, "fit: expected examples with targets, given a data set without",
          () -> model.fit(Dataset.of(Tensor.zeros(Shape.of(2, 1))), Fit.epochs(1)));
    }
  }

  @Test
  void aLossOnLogitsBehindASoftmaxIsRefused() {
    try (Model softmax = Model.sequential(Input.of(2), Dense.of(3).activation(Activation.SOFTMAX));
        Model sigmoid = Model.sequential(Input.of(2), Dense.of(1), Activation.SIGMOID)) {
      assertFirstLine(
          IllegalArgumentException.class,
          "Model 'model': expected logits for softmaxCrossEntropy, given the output of softmax",
          () -> softmax.compile(Sgd.of(0.1), Losses.softmaxCrossEntropy()));
      assertFirstLine(
          IllegalArgumentException.class,
          "Model 'model': expected logits for sigmoidCrossEntropy, given the output of sigmoid",
          () -> sigmoid.compile(Sgd.of(0.1), Losses.sigmoidCrossEntropy()));
      softmax.compile(Sgd.of(0.1), Losses.sparseCategoricalCrossEntropy());
      assertEquals("Sgd", softmax.trainer().optimizer().name());
    }
  }

  @Test
  void trainingBeforeCompilingIsRefused() {
    try (Model model = line()) {
      assertFirstLine(
          IllegalStateException.class, "Model 'model': compile(optimizer, loss, metrics...) comes before training",
          () -> model.fit(slope(4), Fit.epochs(1)));
    }
  }

  @Test
  void twoMetricsOfOneNameAreRefused() {
    try (Model model = line()) {
      assertFirstLine(
          IllegalArgumentException.class,
          "compile: expected metrics with different names, given [accuracy, accuracy]",
          () -> model.compile(Sgd.of(0.1), Losses.meanSquaredError(), Metrics.accuracy(), Metrics.accuracy()));
    }
  }
}
