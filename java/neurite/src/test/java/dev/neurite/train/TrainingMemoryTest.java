package dev.neurite.train;

import static dev.neurite.train.TrainingExamples.digitsMlp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Training and prediction leave nothing behind, although no tensor is closed by hand. */
class TrainingMemoryTest {

  private static final int BATCH = 16;

  /** Live bytes and the most ever live must not grow from round to round; what earlier tests left loose may vanish. */
  private static void assertFlat(int rounds, Runnable round) {
    round.run(); // slots, scratch memory
    round.run();
    Neurite.resetPeakMemory();
    Neurite.Memory before = Neurite.memory();
    round.run();
    long peak = Neurite.memory().peak();
    for (int i = 1; i < rounds; i++) {
      round.run();
    }
    Neurite.Memory after = Neurite.memory();

    assertTrue(after.live() <= before.live(), "live bytes " + before.live() + ", then " + after.live());
    assertTrue(after.liveBlocks() <= before.liveBlocks(), "blocks " + before.liveBlocks() + ", then " + after.liveBlocks());
    assertTrue(after.peak() <= peak, "peak bytes " + peak + ", then " + after.peak());
    assertEquals(before.systemCalls(), after.systemCalls(), "requests to the system");
  }

  private static void trainingIsFlat(int stepsPerRound, int rounds) {
    try (Scope scope = Scope.open();
        Model model = digitsMlp(16)) {
      Dataset data = Digits.load().train().take((long) stepsPerRound * BATCH / 5).batch(BATCH);
      model.compile(Adam.of(1e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());

      assertFlat(rounds, () -> model.fit(data.shuffle(), Fit.epochs(5)));

      assertTrue(model.trainer().optimizer().step() >= (long) stepsPerRound * rounds);
    }
  }

  private static void predictionIsFlat(int perRound, int rounds) {
    try (Scope scope = Scope.open();
        Model model = digitsMlp(16);
        Batch examples = Digits.load().test().take(4).all()) {
      assertFlat(
          rounds,
          () -> {
            for (int i = 0; i < perRound; i++) {
              try (Scope own = Scope.open()) {
                Tensor y = model.predict(examples.x());
                assertEquals(4, y.dim(0));
              }
            }
          });
    }
  }

  @Test
  void fifteenHundredStepsUseNoMoreMemoryThanThree() {
    trainingIsFlat(300, 5);
  }

  @Test
  void twoThousandPredictionsUseNoMoreMemoryThanOne() {
    predictionIsFlat(500, 4);
  }

  @Test
  @Tag("slow")
  void tenThousandStepsUseNoMoreMemoryThanThree() {
    trainingIsFlat(400, 25);
  }

  @Test
  @Tag("slow")
  void aHundredThousandPredictionsUseNoMoreMemoryThanOne() {
    predictionIsFlat(5_000, 20);
  }
}
