package dev.neurite.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LearningRateTest {

  private static void assertRates(LearningRate rate, long first, double... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], rate.at(first + i), 5e-7, "step " + (first + i));
    }
  }

  @Test
  void decaysOfTheCourse() {
    assertRates(LearningRate.inverseTimeDecay(0.2, 1, 1), 1, 0.1, 0.0666667, 0.05, 0.04);
    assertRates(LearningRate.exponentialDecay(0.2, 1, 0.95), 1, 0.19, 0.1805, 0.171475);
    assertRates(LearningRate.inverseSquareRootDecay(0.2), 0, 0.2, 0.141421, 0.115470);
  }

  @Test
  void boundaryKeepsTheOldValue() {
    LearningRate rate = LearningRate.piecewiseConstant(new long[] {2, 4}, new double[] {3, 2, 1});
    assertRates(rate, 0, 3, 3, 3, 2, 2, 1);
  }

  @Test
  void stairsChangeEverySoManySteps() {
    assertRates(LearningRate.stepDecay(0.4, 2, 0.5), 0, 0.4, 0.4, 0.2, 0.2, 0.1);
    assertRates(LearningRate.perEpoch(2, step -> step), 0, 0, 0, 1, 1, 2);
  }

  @Test
  void warmUpRisesToTheFirstRate() {
    assertRates(LearningRate.warmUp(0, 4, LearningRate.cosineDecay(0.4, 2, 0)), 0, 0, .1, .2, .3, .4, .2, 0, 0);
  }

  @Test
  void wrongArgumentsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> LearningRate.exponentialDecay(0.1, 0, 0.9));
    assertThrows(
        IllegalArgumentException.class,
        () -> LearningRate.piecewiseConstant(new long[] {2, 2}, new double[] {1, 2, 3}));
    assertThrows(
        IllegalArgumentException.class, () -> LearningRate.piecewiseConstant(new long[] {2}, new double[] {1}));
    assertThrows(IllegalArgumentException.class, () -> LearningRate.perEpoch(0, step -> 1));
  }
}
