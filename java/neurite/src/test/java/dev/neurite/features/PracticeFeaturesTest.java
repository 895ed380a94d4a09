package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.BatchIterator;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.natives.Abi;
import dev.neurite.nn.Activation;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.ops.Backend;
import dev.neurite.optim.Adam;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.BatchSizeProbe;
import dev.neurite.train.Callback;
import dev.neurite.train.Convergence;
import dev.neurite.train.EarlyStopping;
import dev.neurite.train.Evaluation;
import dev.neurite.train.Fit;
import dev.neurite.train.History;
import dev.neurite.train.LambdaCallback;
import dev.neurite.train.LearningCurves;
import dev.neurite.train.LearningRateScheduler;
import dev.neurite.train.Run;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A16, F12, F17, F21, H12, I31, J6 to J9, J18: how a training runs, ends and is measured. */
class PracticeFeaturesTest {

  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(11);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Model digitsMlp() {
    return Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(64).activation(Activation.RELU), Dense.of(10));
  }

  private static Model compiledDigits() {
    return digitsMlp().compile(Adam.of(3e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
  }

  /** y = 3 x at n points between -1 and 1. */
  private static Dataset slope(int n) {
    float[] x = new float[n];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = 2f * i / n - 1;
      y[i] = 3 * x[i];
    }
    return Dataset.of(Tensor.of(x, Shape.of(n, 1)), Tensor.of(y, Shape.of(n, 1)));
  }

  private static Map<String, float[]> values(Model model) {
    Map<String, float[]> all = new LinkedHashMap<>();
    model.state().forEach((path, p) -> all.put(path, p.toFloats()));
    return all;
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> given) {
    assertEquals(expected.keySet(), given.keySet());
    expected.forEach((path, v) -> assertArrayEquals(v, given.get(path), path));
  }

  @Test
  void A16_moreRowsGiveMoreAccuracyOnDigits() {
    Digits digits = Digits.load();

    LearningCurves.Curve curve =
        LearningCurves.bySize(
            digits.train().shuffle().batch(32), digits.test(), new int[] {50, 200, 1400},
            PracticeFeaturesTest::compiledDigits, Fit.epochs(25).seed(4), "accuracy");

    double[] test = curve.validation();
    assertTrue(test[0] < test[1] && test[1] < test[2], Arrays.toString(test));
    assertTrue(test[0] > 0.7 && test[2] > 0.95, Arrays.toString(test));
    assertEquals(4, curve.toCsv().lines().count());
  }

  @Test
  void F12_trainingStopsOnToleranceOrAtTheLargestNumberOfSteps() {
    try (Model model = Model.sequential(Input.of(1), Dense.of(1))) {
      model.compile(Sgd.of(0.3), Losses.meanSquaredError());
      Convergence tolerance = Convergence.on("loss").tolerance(1e-6);
      History history = model.fit(slope(16).batch(16), Fit.epochs(10_000).callbacks(tolerance));

      assertTrue(tolerance.converged());
      double[] loss = history.values("loss");
      int last = loss.length - 1;
      assertTrue(Math.abs(loss[last] - loss[last - 1]) < 1e-6);
      assertTrue(Math.abs(loss[last - 1] - loss[last - 2]) >= 1e-6, "it stops at the first such change");

      long[] steps = new long[1];
      Convergence most = Convergence.on("loss").tolerance(0).maxSteps(37);
      model.fit(
          slope(16).batch(4), Fit.epochs(10_000).callbacks(most, LambdaCallback.onBatchEnd(r -> steps[0] = r.step())));
      assertEquals(37, steps[0]);
      assertFalse(most.converged());
    }
  }

  @Test
  void F17_theSchedulesRateIsInTheHistory() {
    try (Model model = Model.sequential(Input.of(1), Dense.of(1))) {
      LearningRate schedule = LearningRate.exponentialDecay(0.1, 10, 0.5);
      model.compile(Sgd.of(schedule), Losses.meanSquaredError());
      double[] rates = model.fit(slope(16).batch(4), Fit.epochs(3)).values("lr");
      assertArrayEquals(new double[] {schedule.at(4), schedule.at(8), schedule.at(12)}, rates);

      double[] byEpoch =
          model.fit(slope(8), Fit.epochs(3).callbacks(LearningRateScheduler.byEpoch(e -> 0.1 / (e + 1)))).values("lr");
      assertArrayEquals(new double[] {0.1, 0.05, 0.1 / 3}, byEpoch);
    }
  }

  @Test
  void F21_theBatchSizeProbeHalvesOnOutOfMemoryAndSaysWhatItDid() {
    Digits digits = Digits.load();
    long usual = Neurite.memory().limit();
    try (Model model = compiledDigits()) {
      Map<String, float[]> before = values(model);
      // Running short once collects what earlier tests left to the cleaner; else it would be collected in the middle of the probe.
      Abi.nrt_memory_set_limit(Backend.cpu(), Neurite.memory().live() + 1);
      try {
        BatchSizeProbe.of(model, digits.train(), 1024);
      } finally {
        Abi.nrt_memory_set_limit(Backend.cpu(), usual);
      }
      BatchSizeProbe.Result all = BatchSizeProbe.of(model, digits.train(), 1024);
      assertEquals(1024, all.size());
      Neurite.resetPeakMemory();
      BatchSizeProbe.of(model, digits.train(), 256);
      long enough = Neurite.memory().peak();

      BatchSizeProbe.Result r;
      Abi.nrt_memory_set_limit(Backend.cpu(), enough);
      try {
        r = BatchSizeProbe.of(model, digits.train(), 1500);
      } finally {
        Abi.nrt_memory_set_limit(Backend.cpu(), usual);
      }

      assertEquals(256, r.size());
      assertEquals(
          List.of(
              "batch size 1024: out of memory, halving to 512", "batch size 512: out of memory, halving to 256",
              "batch size 256: fits"),
          r.steps());
      assertSame(before, values(model));
    }
  }

  @Test
  void H12_earlyStoppingEndsWithinPatienceOfTheMinimumAndRestoresTheBestWeightsExactly() {
    Digits digits = Digits.load();
    try (Model model = digitsMlp()) {
      model.compile(Adam.of(0.02), Losses.softmaxCrossEntropy());
      List<Map<String, float[]>> weights = new ArrayList<>();
      int patience = 3;
      EarlyStopping stopping = EarlyStopping.on("val_loss").patience(patience).restoreBest(true);

      History history =
          model.fit(
              digits.train().take(300).shuffle().batch(32),
              Fit.epochs(100).seed(1).validateOn(digits.test())
                  .callbacks(LambdaCallback.onEpochEnd((run, v) -> weights.add(values(model))), stopping));

      double[] loss = history.values("val_loss");
      int best = 0;
      for (int i = 1; i < loss.length; i++) {
        best = loss[i] < loss[best] ? i : best;
      }
      assertTrue(loss.length < 100, "it overfits and is stopped");
      assertEquals(best + patience + 1, loss.length);
      assertEquals(best + 1, stopping.bestEpoch());
      assertSame(weights.get(best), values(model));
      assertFalse(Arrays.equals(weights.get(loss.length - 1).get("dense.kernel"), values(model).get("dense.kernel")));
    }
  }

  @Test
  void I31_learningCurvesOfTrainingAndValidationComeFromTheHistory() {
    try (Model model = compiledDigits()) {
      Digits digits = Digits.load();
      History history = model.fit(digits.train().batch(64), Fit.epochs(3).validateOn(digits.test()));

      LearningCurves.Curve loss = LearningCurves.byEpoch(history);
      LearningCurves.Curve accuracy = LearningCurves.byEpoch(history, "accuracy");

      assertArrayEquals(new double[] {1, 2, 3}, loss.at());
      assertArrayEquals(history.values("loss"), loss.training());
      assertArrayEquals(history.values("val_accuracy"), accuracy.validation());
      assertEquals(history.last("val_loss") - history.last("loss"), loss.gap()[2]);
    }
  }

  @Test
  void J6_everyRowComesOncePerEpochInAnOrderTheSeedRepeats() {
    Dataset rows = Dataset.of(Tensor.ofLongs(LongStream.range(0, 103).toArray()).reshape(103, 1)).batch(10);
    long[] sorted = LongStream.range(0, 103).toArray();

    long[] first = order(rows.shuffle(), 5, 0);
    long[] second = order(rows.shuffle(), 5, 1);

    assertArrayEquals(sorted, Arrays.stream(first).sorted().toArray());
    assertArrayEquals(sorted, Arrays.stream(second).sorted().toArray());
    assertFalse(Arrays.equals(first, second), "another epoch, another order");
    assertArrayEquals(first, order(rows.shuffle(), 5, 0));
    assertFalse(Arrays.equals(first, order(rows.shuffle(), 6, 0)), "another seed, another order");
    assertArrayEquals(sorted, order(rows, 5, 0));
    assertEquals(11, rows.batches());
    assertEquals(100, order(rows.batch(10, true), 5, 0).length);
  }

  private static long[] order(Dataset data, long seed, int epoch) {
    List<Long> ids = new ArrayList<>();
    try (BatchIterator batches = data.epoch(seed, epoch)) {
      while (batches.hasNext()) {
        try (Batch b = batches.next()) {
          Arrays.stream(b.x().toLongs()).forEach(ids::add);
        }
      }
    }
    return ids.stream().mapToLong(Long::longValue).toArray();
  }

  @Test
  void J7_epochsBatchesAndUpdatesAreCounted() {
    assertArrayEquals(new long[] {500, 10, 50}, counts(50, 1, 10));
    assertArrayEquals(new long[] {10, 10, 1}, counts(50, 50, 10));
    assertArrayEquals(new long[] {6, 2, 3}, counts(400, 150, 2));
    List<Long> sizes = new ArrayList<>();
    slope(400).batch(150).forEach(b -> sizes.add(b.size()));
    assertEquals(List.of(150L, 150L, 100L), sizes);
  }

  /** Updates, epochs and batches of the last epoch, as a callback counts them and the run says. */
  private static long[] counts(int rows, int batch, int epochs) {
    long[] counted = new long[2];
    long[] said = new long[3];
    Callback count = LambdaCallback.onBatchEnd(run -> counted[0]++).andEpochEnd((run, v) -> {
      counted[1]++;
      said[0] = run.step();
      said[1] = run.epoch();
      said[2] = run.batch();
    });
    try (Model model = Model.sequential(Input.of(1), Dense.of(1))) {
      model.compile(Sgd.of(0.01), Losses.meanSquaredError());
      model.fit(slope(rows).batch(batch), Fit.epochs(epochs).callbacks(count));
      assertEquals(model.trainer().optimizer().step(), said[0]);
    }
    assertArrayEquals(counted, Arrays.copyOf(said, 2));
    return said;
  }

  @Test
  void J8_theKerasSnippetReadsLineForLineAndCountsFortyParameters() {
    Tensor x = Tensor.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
    Tensor y = Tensor.of(new float[][] {{0}, {1}, {1}, {0}});

    Model model =
        Model.sequential(
            Input.of(2),
            Dense.of(3).activation(Activation.RELU),
            BatchNorm.of(),
            Dense.of(2).activation(Activation.RELU),
            BatchNorm.of(),
            Dense.of(1).activation(Activation.SIGMOID));
    model.compile(Adam.of(1e-3), Losses.binaryCrossEntropy(), Metrics.accuracy());
    History history = model.fit(x, y, Fit.epochs(2).batch(2));
    Evaluation measured = model.evaluate(x, y);
    Tensor predicted = model.predict(x);

    assertEquals(40, model.parameterCount());
    assertEquals(30, model.trainableParams().stream().mapToLong(Tensor::size).sum());
    assertEquals(2, history.size());
    assertEquals(List.of("loss", "accuracy"), List.copyOf(measured.values().keySet()));
    assertEquals(Shape.of(4, 1), predicted.shape());
    assertTrue(model.summary().contains("40"), model.summary());
    model.close();
  }

  @Test
  void J9_theHistorysValuesEqualRecomputationAndAreShown() {
    Digits digits = Digits.load();
    try (Model model = digitsMlp()) {
      model.compile(Sgd.of(0), Losses.softmaxCrossEntropy(), Metrics.accuracy()); // weights stay: all can be recomputed
      ByteArrayOutputStream shown = new ByteArrayOutputStream();
      History history =
          model.fit(
              digits.train().shuffle().batch(50),
              Fit.epochs(2).validateOn(digits.test())
                  .verbose(new PrintStream(shown, true, StandardCharsets.UTF_8)));

      Batch all = digits.train().all();
      Tensor logits = model.predict(all.x());
      double loss = Losses.softmaxCrossEntropy().apply(all.y(), logits, null).item();
      Metric accuracy = Metrics.accuracy();
      accuracy.update(all.y(), logits);
      assertEquals(loss, history.last("loss"), 1e-5);
      assertEquals(accuracy.result(), history.last("accuracy"), 1e-9);
      assertEquals(model.evaluate(digits.test()).loss(), history.last("val_loss"), 1e-9);
      List<String> lines = shown.toString(StandardCharsets.UTF_8).lines().toList();
      assertEquals(2, lines.size());
      assertTrue(lines.get(1).startsWith("epoch 2/2") && lines.get(1).contains("val_accuracy"), lines.get(1));
    }
  }

  @Test
  void J18_predictNeverChangesStateAndIgnoresDropoutWhileTrainingDoesNot() {
    try (Model model =
        Model.sequential(
            Input.of(1), Dense.of(8).activation(Activation.RELU), BatchNorm.of(), Dropout.of(0.5), Dense.of(1))) {
      model.compile(Adam.of(0.01), Losses.meanSquaredError());
      model.fit(slope(32).batch(8), Fit.epochs(2));
      Map<String, float[]> before = values(model);
      float[][] predictions = new float[2][];
      Callback look = new Callback() {
        @Override
        public void trainBegin(Run run) {
          predictions[0] = model.predict(slope(32)).toFloats();
        }
      };

      predictions[1] = model.predict(slope(32)).toFloats();
      model.evaluate(slope(32));
      assertSame(before, values(model));
      model.fit(slope(32).batch(8), Fit.epochs(1).callbacks(look));

      assertArrayEquals(predictions[1], predictions[0]);
      assertNotEquals(
          Arrays.hashCode(before.get("batch_norm.moving_mean")),
          Arrays.hashCode(values(model).get("batch_norm.moving_mean")), "training moves the averages");
    }
  }
}
