package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dropout;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.optim.LearningRate;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningRateFinderTest {

  private static final Dataset DATA = Digits.load().train().shuffle().batch(32);

  private static Model net() {
    Neurite.seed(3);
    return Model.sequential(
        Input.of(8, 8, 1), Flatten.of(), Dense.of(32), BatchNorm.of(), Dropout.of(0.2), Dense.of(10));
  }

  private static Map<String, double[]> copy(Model model, Optimizer optimizer) {
    Map<String, double[]> all = new LinkedHashMap<>();
    model.state().forEach((path, p) -> all.put(path, p.toDoubles()));
    Map<String, Tensor> slots = optimizer.state(LearningRateFinder.paths(model));
    slots.forEach((name, t) -> all.put("optimizer/" + name, t.cast(dev.neurite.tensor.DType.FLOAT64).toDoubles()));
    return all;
  }

  private static void assertSame(Map<String, double[]> expected, Map<String, double[]> given) {
    assertEquals(expected.keySet(), given.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, given.get(name), name));
  }

  @Test
  void everythingIsPutBackBitForBit() {
    for (Optimizer optimizer : new Optimizer[] {Adam.of(1e-3), Sgd.of(0.1).momentum(0.9), Sgd.of(0.1)}) {
      try (Model model = net()) {
        model.compile(optimizer, Losses.softmaxCrossEntropy());
        Map<String, double[]> fresh = copy(model, optimizer);
        LearningRateFinder.of(model).steps(20).run(DATA);
        assertSame(fresh, copy(model, optimizer));

        optimizer.setLearningRate(LearningRate.cosineDecay(0.01, 100, 0));
        model.fit(DATA.take(96), Fit.epochs(1));
        Map<String, double[]> trained = copy(model, optimizer);
        double rate = optimizer.learningRate();
        LearningRateFinder.of(model).steps(20).run(DATA);
        assertSame(trained, copy(model, optimizer));
        assertEquals(3, optimizer.step());
        assertEquals(rate, optimizer.learningRate());
      }
    }
  }

  @Test
  void theSuggestedRateTrainsWell() {
    for (long seed = 1; seed <= 5; seed++) {
      Neurite.seed(seed);
      try (Model model = net()) {
        model.compile(Adam.of(), Losses.softmaxCrossEntropy(), Metrics.accuracy());
        LearningRateFinder.Result found = LearningRateFinder.of(model).seed(seed).run(DATA);
        assertTrue(found.suggestion() > 1e-4 && found.suggestion() < 0.3, seed + ": " + found);
        assertTrue(found.largest() > found.suggestion(), seed + ": " + found);

        model.trainer().optimizer().setLearningRate(found.suggestion());
        History history = model.fit(DATA, Fit.epochs(3).seed(seed));
        assertTrue(history.last("accuracy") > 0.85, seed + ": " + found + "\n" + history);
      }
    }
  }

  @Test
  void theSweepStopsWhenTheLossBlowsUp() {
    try (Model model = TrainingExamples.line()) {
      model.compile(Sgd.of(0.1), Losses.meanSquaredError());
      Dataset points = TrainingExamples.points(new float[] {-1, -.5f, .5f, 1}, new float[] {-3, -1, 1.7f, 3});
      LearningRateFinder.Result found = LearningRateFinder.of(model).range(1e-4, 1e4).steps(200).run(points);
      assertTrue(found.rates().size() < 200, "stopped early");
      assertTrue(found.largest() < 10, found.toString()); // x^2 has mean 0.625: from 1.6 on steps overshoot
      assertTrue(found.suggestion() > 0.01 && found.suggestion() < 3, found.toString());
    }
  }

  @Test
  void wrongSettingsAreRefused() {
    try (Model model = TrainingExamples.line()) {
      assertThrows(IllegalArgumentException.class, () -> LearningRateFinder.of(model).range(1, 0.1));
      assertThrows(IllegalArgumentException.class, () -> LearningRateFinder.of(model).steps(3));
      assertThrows(IllegalStateException.class, () -> LearningRateFinder.of(model).run(DATA));
    }
  }

  @Test
  void diagnosisOfAModelBeforeTrainingTriesTheRate() {
    assertEquals(Finding.Kind.LEARNING_RATE_TOO_LOW, diagnosed(1e-7).first().kind());
    assertEquals(Finding.Kind.LEARNING_RATE_TOO_HIGH, diagnosed(100).first().kind());
    assertTrue(diagnosed(3e-3).healthy(), diagnosed(3e-3).toString());
  }

  private static Diagnosis diagnosed(double rate) {
    try (Model model = net()) {
      model.compile(Adam.of(rate), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      return model.diagnose(DATA, Digits.load().test());
    }
  }

  @Test
  void diagnosisOfATrainedModelMeasuresErrors() {
    try (Model model = net()) {
      model.compile(Adam.of(0.01), Losses.softmaxCrossEntropy(), Metrics.accuracy());
      model.fit(DATA, Fit.epochs(1));
      Diagnosis d = model.diagnose(DATA, Digits.load().test(), DiagnosisOptions.standard().humanError(0.02));
      assertTrue(d.errors().trainingError() < 0.2, d.toString());
      assertEquals(0.02, d.errors().humanError());
    }
  }
}
