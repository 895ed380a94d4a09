package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.digitsMlp;
import static dev.neurite.train.TrainingExamples.line;
import static dev.neurite.train.TrainingExamples.points;
import static dev.neurite.train.TrainingExamples.slope;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.loss.Loss;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainerTest {

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

  // ---- learning

  @Test
  void xorIsLearned() {
    Neurite.seed(7);
    float[][] x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    Dataset data = Dataset.of(x, new float[] {0, 1, 1, 0});
    try (Model model =
        Model.sequential(Input.of(2), Dense.of(8).activation(Activation.TANH), Dense.of(1))) {
      model.compile(Adam.of(0.05), Losses.sigmoidCrossEntropy(), Metrics.binaryAccuracy());

      History history = model.fit(data.shuffle().batch(4), Fit.epochs(200));

      assertEquals(1, history.last("binaryAccuracy"));
      assertTrue(history.last("loss") < 0.05, history.toString());
      float[] logits = model.predict(Tensor.of(x)).toFloats();
      assertTrue(logits[0] < 0 && logits[1] > 0 && logits[2] > 0 && logits[3] < 0);
    }
  }

  @Test
  void digitsAreLearnedByAnMlp() {
    Neurite.seed(3);
    Digits digits = Digits.load();
    try (Model model = digitsMlp(64)) {
      model.compile(Adam.of(3e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());

      model.fit(digits.train().shuffle().batch(64), Fit.epochs(12));

      double accuracy = model.evaluate(digits.test().batch(90)).value("accuracy");
      assertTrue(accuracy > 0.95, "accuracy " + accuracy);
    }
  }

  @Test
  void aParabolaIsMinimisedWithoutAModel() {
    Param w = Param.of("w", 0f);
    Optimizer adam = Adam.of(0.1);
    for (int i = 0; i < 1000; i++) {
      adam.minimize(() -> w.square().sub(w.mul(20)).add(25), w);
    }

    assertEquals(10, w.item(), 1e-3);
  }

  // ---- one step by hand

  @Test
  void oneStepFollowsTheGradient() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      model.fit(points(new float[] {1, 2}, new float[] {3, 5}), Fit.epochs(1));

      assertEquals(1 + 0.1f * 8, weight(model), 1e-6); // dL/dw = mean(2x(wx-y)) = mean(2*-2, 4*-3)
    }
  }

  @Test
  void sampleWeightsScaleTheGradientsOfTheirExamples() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset data = points(new float[] {1, 2}, new float[] {3, 5}).withWeights(Tensor.of(0.5f, 2f));

      History history = model.fit(data, Fit.epochs(1));

      assertEquals((0.5 * 4 + 2 * 9) / 2, history.last("loss"), 1e-6);
      assertEquals(1 + 0.1f * (0.5f * 4 + 2 * 12) / 2, weight(model), 1e-6);
    }
  }

  @Test
  void batchesWhoseGradientsAreAccumulatedGetDropoutMasksOfTheirOwn() {
    List<float[]> outputs = new ArrayList<>();
    Loss spy =
        (y, p) -> {
          outputs.add(p.toFloats());
          return p.sum();
        };
    Tensor ones = Tensor.ones(Shape.of(2, 64), DType.FLOAT32);
    try (Model model = Model.sequential(Input.of(64), Dense.of(64), Dropout.of(0.5))) {
      model.compile(Sgd.of(0.1).accumulate(2), spy);

      model.fit(Dataset.of(ones, Tensor.zeros(Shape.of(2, 64))).batch(1), Fit.epochs(1));

      assertEquals(2, outputs.size());
      assertFalse(Arrays.equals(outputs.get(0), outputs.get(1)));
    }
  }

  @Test
  void classWeightsScaleTheGradientsOfTheirClasses() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset data = points(new float[] {1, 2, 1}, new float[] {0, 1, 2});

      model.fit(data, Fit.epochs(1).classWeight(Map.of(0, 3, 1, 0.5)));

      // dL/dw = mean(weight * 2x(x-y)): classes 0, 1, 2 weigh 3, 0.5 and (not named) 1
      assertEquals(1 - 0.1f * (3 * 2 + 0.5f * 4 + 1 * -2) / 3, weight(model), 1e-6);
    }
  }

  @Test
  void classWeightsWorkOnClassNumbersAndOneHotRowsAlike() {
    Tensor x = Tensor.of(new float[][] {{1, 0}, {0, 1}, {1, 1}});
    Tensor labels = Tensor.ofLongs(0, 1, 1);
    float[][] results = new float[2][];
    for (int i = 0; i < 2; i++) {
      Neurite.seed(5);
      try (Model model = Model.sequential(Input.of(2), Dense.of(2))) {
        model.compile(Sgd.of(0.5), Losses.softmaxCrossEntropy());
        Tensor y = i == 0 ? labels : labels.oneHot(2, DType.FLOAT32);
        model.fit(Dataset.of(x, y), Fit.epochs(2).classWeight(Map.of(1, 4)));
        results[i] = model.params().get(0).toFloats();
      }
    }

    assertArrayEquals(results[0], results[1], 1e-6f);
  }

  @Test
  void penaltiesAreAddedAndReportedByThemselves() {
    try (Model model =
        Model.sequential(
            Input.of(1),
            Dense.of(1).bias(false).kernelInitializer(dev.neurite.init.Initializers.ones())
                .kernelRegularizer(L2.of(0.5)))) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      History history = model.fit(points(new float[] {1, 1}, new float[] {1, 1}), Fit.epochs(1));

      assertEquals(0.5, history.last("penalty"), 1e-7);
      assertEquals(0.5, history.last("loss"), 1e-7);
      assertEquals(1 - 2 * 0.1 * 0.5, weight(model), 1e-6);
    }
  }

  @Test
  void frozenParametersStay() {
    try (Model model = Model.sequential(Input.of(1), Dense.of(2).name("a"), Dense.of(1).name("b"))) {
      model.block("a").trainable(false);
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      float[] before = model.block("a").params().get(0).toFloats();
      float[] other = model.block("b").params().get(0).toFloats();

      model.fit(points(new float[] {1}, new float[] {9}), Fit.epochs(1));

      assertArrayEquals(before, model.block("a").params().get(0).toFloats());
      assertFalse(java.util.Arrays.equals(other, model.block("b").params().get(0).toFloats()));
    }
  }

  // ---- counting (N12, F1, F2, F3)

  private static long updates(int rows, int batch, int epochs) {
    try (Model model = line()) {
      Optimizer sgd = Sgd.of(0.01);
      model.compile(sgd, Losses.meanSquaredError());
      model.fit(slope(rows).batch(batch), Fit.epochs(epochs));
      return sgd.step();
    }
  }

  @Test
  void fiftyRowsInTenEpochsMake500UpdatesOneByOneAnd10AsAWhole() {
    assertEquals(500, updates(50, 1, 10));
    assertEquals(10, updates(50, 50, 10));
    assertEquals(3, updates(400, 150, 1));
    assertEquals(10, updates(50, 1000, 10));
  }

  @Test
  void callbacksSeeEpochsBatchesAndSteps() {
    List<String> seen = new ArrayList<>();
    Callback recorder =
        new Callback() {
          @Override
          public void trainBegin(Run run) {
            seen.add("begin " + run.epochs());
          }

          @Override
          public void epochBegin(Run run) {
            seen.add("epoch " + run.epoch() + " of " + run.batches());
          }

          @Override
          public void batchEnd(Run run) {
            seen.add(run.batch() + ":" + run.step() + ":" + run.examples());
          }

          @Override
          public void epochEnd(Run run, Map<String, Double> values) {
            seen.add("end " + run.epoch());
          }

          @Override
          public void trainEnd(Run run) {
            seen.add("done");
          }
        };
    try (Model model = line()) {
      model.compile(Sgd.of(0.01), Losses.meanSquaredError());
      model.fit(slope(400).batch(150), Fit.epochs(2).callbacks(recorder));
    }

    assertEquals(
        List.of(
            "begin 2", "epoch 1 of 3", "1:1:150", "2:2:300", "3:3:400", "end 1", "epoch 2 of 3", "1:4:150", "2:5:300",
            "3:6:400", "end 2", "done"),
        seen);
  }

  @Test
  void batchGradientDescentFallsMonotonicallyBelowTwoOverL() {
    try (Model model = line()) {
      model.compile(Sgd.of(1.0), Losses.meanSquaredError()); // curvature 2*mean(x^2) is about 0.67
      double[] loss = model.fit(slope(50).batch(50), Fit.epochs(8)).values("loss");

      for (int i = 1; i < loss.length; i++) {
        assertTrue(loss[i] < loss[i - 1], "epoch " + i);
      }
    }
  }

  // ---- history

  @Test
  void historyEqualsRecomputation() {
    Dataset data = slope(10);
    try (Model model = line()) {
      model.compile(Sgd.of(0), Losses.meanSquaredError(), Metrics.mean(Losses.meanAbsoluteError()));

      History history = model.fit(data.batch(4), Fit.epochs(2).validateOn(data.take(3)).seed(99));

      double squares = 0;
      double absolutes = 0;
      double validation = 0;
      for (int i = 0; i < 10; i++) {
        double error = 2 * (2.0 * i / 10 - 1);
        squares += error * error / 10;
        absolutes += Math.abs(error) / 10;
        validation += i < 3 ? error * error / 3 : 0;
      }
      assertEquals(2, history.size());
      assertEquals(
          List.of("loss", "meanAbsoluteError", "val_loss", "val_meanAbsoluteError", "lr", "seconds"), history.names());
      assertEquals(squares, history.last("loss"), 1e-6); // the last batch has 2 examples and counts for 2
      assertEquals(absolutes, history.last("meanAbsoluteError"), 1e-6);
      assertEquals(validation, history.last("val_loss"), 1e-6);
      assertEquals(0, history.last("lr"));
      assertTrue(history.last("seconds") > 0);
      assertEquals(99, history.seed());
      assertEquals(squares, model.evaluate(data.batch(3)).loss(), 1e-6);
    }
  }

  @Test
  void validationSplitIsTheLastPartAndIsNotTrainedOn() {
    float[] x = {1, 1, 1, 1, 100};
    float[] y = {1, 1, 1, 1, 0};
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      History history =
          model.fit(points(x, y).shuffle().batch(2), Fit.epochs(3).validationSplit(0.2));

      assertEquals(1, weight(model), "the first four examples are fitted already");
      assertEquals(10_000, history.last("val_loss"));
    }
  }

  @Test
  void noEpochsTrainNothing() {
    try (Model model = line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());

      History history = model.fit(slope(5), Fit.epochs(0));

      assertEquals(0, history.size());
      assertEquals(1, weight(model));
    }
  }

  @Test
  void tensorsAreShuffledAndDataSetsAreNot() {
    List<Float> order = new ArrayList<>();
    Loss spy =
        (y, p) -> {
          order.add(y.toFloats()[0]);
          return p.sub(y).square().mean();
        };
    Tensor x = Tensor.range(0, 0.01, 40, DType.FLOAT32).reshape(40, 1);
    try (Model model = line()) {
      model.compile(Sgd.of(0.01), spy);
      model.fit(Dataset.of(x, x).batch(10), Fit.epochs(1));
      List<Float> plain = List.copyOf(order);
      order.clear();
      model.fit(x, x, Fit.epochs(1).batch(10));
      List<Float> shuffled = List.copyOf(order);
      order.clear();
      model.fit(x, x, Fit.epochs(1).batch(10).shuffle(false));

      assertEquals(List.of(0f, 0.1f, 0.2f, 0.3f), plain);
      assertEquals(4, shuffled.size());
      assertFalse(plain.equals(shuffled));
      assertEquals(plain, order);
    }
  }

  // ---- repeatability

  private static float[] trained(int threads) {
    Neurite.seed(11);
    int before = Neurite.threads();
    Neurite.threads(threads);
    Digits digits = Digits.load();
    try (Model model = digitsMlp(48)) {
      model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      model.fit(digits.train().shuffle().batch(50), Fit.epochs(2));
      List<Tensor> flat = new ArrayList<>();
      model.params().forEach(p -> flat.add(p.reshape(-1)));
      return Tensor.concat(0, flat).toFloats();
    } finally {
      Neurite.threads(before);
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsWhateverTheNumberOfThreads() {
    float[] one = trained(1);

    assertArrayEquals(one, trained(2));
    assertArrayEquals(one, trained(1));
  }

  // ---- prediction

  @Test
  void predictionInBatchesEqualsOnePass() {
    Tensor x = Tensor.range(0, 0.001, 600 * 3, DType.FLOAT32).reshape(600, 3);
    try (Model model = Model.sequential(Input.of(3), Dense.of(5).activation(Activation.TANH), Dense.of(2))) {
      float[] once = model.predictBatch(x).toFloats();

      assertArrayEquals(once, model.predict(x).toFloats(), 1e-6f);
      assertEquals(Shape.of(600, 2), model.predict(x).shape());
      assertArrayEquals(once, model.predict(Dataset.of(x).batch(7)).toFloats(), 1e-6f);
      assertEquals(Shape.of(0, 2), model.predict(Tensor.zeros(Shape.of(0, 3))).shape());
    }
  }

  @Test
  void manyThreadsPredictWhatOneDoesWhileAnotherModelTrains() throws Exception {
    Tensor x = Tensor.range(-1, 0.002, 100 * 8, DType.FLOAT32).reshape(100, 8);
    try (Model model = Model.sequential(Input.of(8), Dense.of(16).activation(Activation.RELU), Dense.of(4));
        Model other = line()) {
      float[] wanted = model.predict(x).toFloats();
      other.compile(Sgd.of(0.01), Losses.meanSquaredError());
      Dataset data = slope(64);
      ExecutorService pool = Executors.newFixedThreadPool(64);
      try {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<float[]>> results = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
          results.add(
              pool.submit(() -> {
                start.await();
                float[] last = null;
                for (int k = 0; k < 5; k++) {
                  try (Scope own = Scope.open()) {
                    last = model.predict(x).toFloats();
                  }
                }
                return last;
              }));
        }
        start.countDown();
        other.fit(data.batch(8), Fit.epochs(5));
        for (Future<float[]> result : results) {
          assertArrayEquals(wanted, result.get());
        }
      } finally {
        pool.shutdownNow();
      }
    }
  }
}
