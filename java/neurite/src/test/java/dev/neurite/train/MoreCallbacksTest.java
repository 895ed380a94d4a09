package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.line;
import static dev.neurite.train.TrainingExamples.points;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.data.Dataset;
import dev.neurite.error.NumericsException;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MoreCallbacksTest extends LineTraining {

  // ---- early stopping

  @Test
  void aBaselineAndAFirstEpochAreHonoured() {
    assertEquals(
        4, fit(9, script(5, 4, 3, 3, 1), EarlyStopping.on("val_x").patience(3).baseline(0.5)).size(),
        "improving is not enough: nothing came below the baseline");
    assertEquals(5, fit(9, script(1, 2, 3, 3, 4), EarlyStopping.on("val_x").patience(1).startFromEpoch(3)).size());
    assertThrows(IllegalArgumentException.class, () -> EarlyStopping.on("x").startFromEpoch(-1));
  }

  @Test
  void theFirstWeightsAreTheBestWhenNothingIsANumber() {
    List<Float> weights = new ArrayList<>();
    Callback nothing = script(Double.NaN, Double.NaN, Double.NaN);

    fit(9, nothing, notes(weights), EarlyStopping.on("val_x").patience(2).restoreBest(true));

    assertEquals(2, weights.size());
    assertEquals(weights.get(0), weight());
  }

  // ---- learning rate on a plateau

  @Test
  void theRateFallsOnAPlateauAndNotBelowItsLimit() {
    History h = fit(
        6, script(1, 1, 1, 1, 1, 1), ReduceLROnPlateau.on("val_x").patience(2).factor(0.5).minRate(0.04));

    assertArrayEquals(new double[] {0.1, 0.1, 0.1, 0.05, 0.05, 0.04}, h.values("lr"), 1e-12);
    assertEquals(0.04, model.trainer().optimizer().learningRate());
    assertThrows(IllegalArgumentException.class, () -> ReduceLROnPlateau.on("x").factor(1));
    assertThrows(IllegalArgumentException.class, () -> ReduceLROnPlateau.on("x").patience(-1));
  }

  // ---- files

  @Test
  void fileNamesTakeValuesAndWeightsAloneAreSaved() throws IOException {
    fit(2, script(0.5, 0.25),
        ModelCheckpoint.last(folder.resolve("w-{epoch:02d}-{val_x:.3f}.safetensors")).saveWeightsOnly(true),
        ModelCheckpoint.last(folder.resolve("b-{step}.neurite")).everyBatches(3),
        ModelCheckpoint.best(folder.resolve("best.neurite"), "val_x").initialBest(0.3));

    assertTrue(Files.exists(folder.resolve("w-01-0.500.safetensors")));
    assertTrue(Files.exists(folder.resolve("w-02-0.250.safetensors")));
    assertTrue(Files.exists(folder.resolve("b-3.neurite")));
    assertFalse(Files.exists(folder.resolve("b-4.neurite")));
    float last = weight();
    try (Model best = Model.load(folder.resolve("best.neurite"))) {
      assertEquals(last, best.params().get(0).toFloats()[0]);
    }
    model.loadWeights(folder.resolve("w-02-0.250.safetensors"));
    assertEquals(last, weight());
    assertTrue(
        assertThrows(
            IllegalArgumentException.class,
            () -> fit(1, ModelCheckpoint.last(folder.resolve("{nobody}.neurite")))).getMessage().contains("'nobody'"));
  }

  @Test
  void theLogGoesOnUnderItsHeader() throws IOException {
    Path log = folder.resolve("log.csv");
    fit(2, CsvLogger.to(log).separator(';'));
    fit(1, CsvLogger.to(log).separator(';').append(true));

    List<String> lines = Files.readAllLines(log);
    assertEquals(4, lines.size());
    assertEquals("epoch;loss;lr;seconds", lines.get(0));
    assertTrue(lines.get(3).startsWith("1;"), lines.get(3));
  }

  // ---- ends

  @Test
  void aLossOfNotANumberEndsTheTrainingQuietlyWithTheWeightsBefore() {
    Dataset bad = points(new float[] {0, 0, Float.NaN, 0}, new float[] {0, 0, 0, 0}).batch(1);

    History history = model.fit(bad, Fit.epochs(3).callbacks(new TerminateOnNaN()));

    assertEquals(0, history.size());
    assertEquals(1, weight());
  }

  @Test
  void aLossOfNotANumberNamesTheLayerAndTheLastCheckpoint() {
    try (Model deep =
        Model.sequential(
            Input.of(1), Dense.of(3).name("first"), Dense.of(1).activation(Activation.EXPONENTIAL).name("top"))) {
      deep.compile(Sgd.of(0.1), Losses.meanSquaredError());
      deep.state().get("top.bias").assign(Tensor.of(new float[] {100}));
      Path file = folder.resolve("c.neurite");
      NumericsException e = assertThrows(NumericsException.class, () -> deep.fit(data, Fit.epochs(1)));
      assertTrue(e.getMessage().contains("output is 'top'"), e.getMessage());

      deep.state().get("top.bias").assign(Tensor.of(new float[] {0}));
      Callback spoil = LambdaCallback.onEpochBegin(run -> {
        if (run.epoch() == 2) {
          deep.state().get("first.kernel").assign(Tensor.full(deep.state().get("first.kernel").shape(),
              Double.NaN, deep.dtype()));
        }
      });
      NumericsException f = assertThrows(
          NumericsException.class, () -> deep.fit(data, Fit.epochs(2).callbacks(spoil, ModelCheckpoint.last(file))));
      assertTrue(f.getMessage().contains("the parameter 'first.kernel'"), f.getMessage());
      assertTrue(f.getMessage().contains("last checkpoint: " + file), f.getMessage());
    }
  }

  @Test
  void limitsOfTimeAndStopFilesPauseAtTheBatch() throws IOException {
    assertEquals(0, fit(5, TimeLimit.of(Duration.ZERO)).size());
    Path file = folder.resolve("stop");
    Callback touch = LambdaCallback.onBatchEnd(run -> {
      if (run.step() == 5) {
        try {
          Files.writeString(file, "");
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    });
    long[] steps = new long[1];
    Callback count = LambdaCallback.onBatchEnd(run -> steps[0] = run.step());

    assertEquals(2, fit(5, touch, StopFile.at(file), count).size());

    assertEquals(5, steps[0]);
    assertFalse(Files.exists(file));
  }

  // ---- measurements

  @Test
  void memoryAndSpeedAreInTheHistory() {
    History h = fit(2, new MemoryAndTime());
    for (String name : List.of("live_bytes", "peak_bytes", "heap_bytes", "train_seconds", "samples_per_second")) {
      assertTrue(h.last(name) > 0, name);
    }
    assertTrue(h.last("peak_bytes") >= h.last("live_bytes"));
  }

  @Test
  void gradientsOfFirstBatchesAreKept() {
    GradientHistograms g = GradientHistograms.every(2);
    fit(3, g);
    assertEquals(2, g.histograms().size());
    assertEquals(1, g.histograms().get(0).get("dense.kernel").count());
  }

  // ---- averages

  @Test
  void theAverageIsValidatedAndLeftInTheModel() {
    List<Float> raw = new ArrayList<>();
    Callback notes = LambdaCallback.onBatchEnd(run -> raw.add(weight()));
    float[] seen = new float[1];
    Callback look = new Callback() {
      @Override
      public void validationBegin(Run run) {
        seen[0] = weight();
      }
    };
    model.fit(data, Fit.epochs(1).validateOn(data).callbacks(notes, SwapEMAWeights.momentum(0.9), look));

    double average = 1;
    for (float w : raw) {
      average = 0.9 * average + 0.1 * w;
    }
    assertEquals(average, seen[0], 1e-6);
    assertEquals(average, weight(), 1e-6);
  }

  @Test
  void savedAveragesGoOnWithTheRawWeights() {
    Path file = folder.resolve("ema.neurite");
    Callback ema = SwapEMAWeights.momentum(0.5).swapOnEpoch(true);
    fit(4, ema);
    float whole = weight();
    model.close();
    model = line().compile(Sgd.of(0.1), Losses.meanSquaredError());
    fit(2, ema, ModelCheckpoint.last(file));
    model.close();
    model = line().compile(Sgd.of(0.1), Losses.meanSquaredError(), Metrics.meanAbsoluteError());
    model.fit(data, Fit.epochs(4).callbacks(SwapEMAWeights.momentum(0.5).swapOnEpoch(true)).resume(file));
    assertEquals(whole, weight());
  }

  // ---- order

  @Test
  void callbacksAreToldInTheirOrderAndSeeWhatEarlierOnesPut() {
    List<String> told = new ArrayList<>();
    Callback first = LambdaCallback.onTrainBegin(run -> told.add("begin"))
        .andEpochBegin(run -> told.add("epoch"))
        .andBatchBegin(run -> told.add("batch"))
        .andBatchEnd(run -> told.add("1"))
        .andEpochEnd((run, values) -> values.put("mine", 7.0))
        .andTrainEnd(run -> told.add("end"));
    Callback second = LambdaCallback.onBatchEnd(run -> told.add("2"))
        .andEpochEnd((run, values) -> told.add("mine " + values.get("mine")));

    History h = fit(1, first, second);

    assertEquals(
        List.of("begin", "epoch", "batch", "1", "2", "batch", "1", "2", "mine 7.0", "end"), told);
    assertEquals(Map.of("mine", 7.0), Map.of("mine", h.last("mine")));
  }
}
