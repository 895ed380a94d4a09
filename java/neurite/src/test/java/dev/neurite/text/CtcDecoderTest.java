package dev.neurite.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.ShapeException;
import dev.neurite.loss.Losses;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CtcDecoderTest {

  private static final CtcDecoder PROBABILITIES = CtcDecoder.of().fromProbabilities(true);

  private static Tensor scores(int time, int classes, double phase) {
    return Tensor.range(phase, 1.3, (long) time * classes, DType.FLOAT64).sin().mul(1.5).reshape(time, classes);
  }

  @Test
  void greedyMergesRunsAndTakesBlanksOut() {
    try (Scope scope = Scope.open()) {
      Tensor p = Tensor.of(new double[][] {
        {.1, .8, .1}, {.2, .7, .1}, {.9, .05, .05}, {.2, .6, .2}, {.1, .3, .6}, {.1, .2, .7}, {.8, .1, .1}});

      CtcDecoder.Path path = PROBABILITIES.greedy(p);

      assertArrayEquals(new long[] {1, 1, 0, 1, 2, 2, 0}, path.path());
      assertArrayEquals(new long[] {1, 1, 2}, path.labels());
      assertEquals(Math.log(.8 * .7 * .9 * .6 * .6 * .7 * .8), path.logProbability(), 1e-12);
      assertArrayEquals(path.labels(), CtcDecoder.of().greedy(p.log()).labels());
      assertArrayEquals(new long[] {0, 2, 0}, PROBABILITIES.blank(1).greedy(p).labels());
      assertEquals(0, PROBABILITIES.greedy(p.slice(0, 0, 0)).labels().length);
    }
  }

  /** Probabilities of all labellings by walking every path. */
  private static Map<List<Long>, Double> enumerated(double[][] p, int blank) {
    Map<List<Long>, Double> all = new HashMap<>();
    walk(p, 0, 1, blank, blank, new ArrayList<>(), all);
    return all;
  }

  private static void walk(
      double[][] p, int t, double product, int before, int blank, List<Long> read, Map<List<Long>, Double> all) {
    if (t == p.length) {
      all.merge(List.copyOf(read), product, Double::sum);
      return;
    }
    for (int k = 0; k < p[t].length; k++) {
      List<Long> next = new ArrayList<>(read);
      if (k != blank && k != before) {
        next.add((long) k);
      }
      walk(p, t + 1, product * p[t][k], k, blank, next, all);
    }
  }

  @Test
  void anUnlimitedBeamAndTheForwardAlgorithmEqualTheSumOverAllPaths() {
    try (Scope scope = Scope.open()) {
      for (int time = 1; time <= 5; time++) {
        for (int blank = 0; blank < 3; blank++) {
          Tensor x = scores(time, 3, time + 0.5 * blank);
          double[] flat = x.softmax(-1).toDoubles();
          double[][] p = new double[time][];
          for (int t = 0; t < time; t++) {
            p[t] = Arrays.copyOfRange(flat, t * 3, t * 3 + 3);
          }
          Map<List<Long>, Double> expected = enumerated(p, blank);
          CtcDecoder decoder = CtcDecoder.of().blank(blank);

          List<CtcDecoder.Labelling> found = decoder.beam(x, Integer.MAX_VALUE, Integer.MAX_VALUE);

          assertEquals(expected.size(), found.size());
          double above = Double.POSITIVE_INFINITY;
          for (CtcDecoder.Labelling l : found) {
            double want = expected.get(Arrays.stream(l.labels()).boxed().toList());
            assertEquals(want, Math.exp(l.logProbability()), 1e-12);
            assertEquals(want, Math.exp(decoder.logProbability(x, l.labels())), 1e-12);
            assertTrue(l.logProbability() <= above);
            above = l.logProbability();
          }
        }
      }
    }
  }

  @Test
  void theForwardAlgorithmIsMinusTheLoss() {
    try (Scope scope = Scope.open()) {
      Tensor x = scores(40, 6, 0.3);
      long[] labels = {1, 1, 5, 2, 2, 2, 3, 4, 1};
      double loss =
          Losses.ctc().apply(Tensor.of(labels, Shape.of(1, labels.length)), x.expandDims(0)).item();

      assertEquals(-loss, CtcDecoder.of().logProbability(x, labels), 1e-9);
      assertEquals(Double.NEGATIVE_INFINITY, CtcDecoder.of().logProbability(scores(2, 3, 0), 1, 1));
      assertEquals(0, CtcDecoder.of().logProbability(scores(0, 3, 0)));
      assertEquals(Double.NEGATIVE_INFINITY, CtcDecoder.of().logProbability(scores(0, 3, 0), 1));
    }
  }

  @Test
  void aBeamFindsTheLabellingThatGreedyMisses() {
    try (Scope scope = Scope.open()) {
      // Greedy reads nothing (0.36); "1" has 0.4 * 0.6 + 0.6 * 0.4 + 0.4 * 0.4 = 0.64.
      Tensor p = Tensor.of(new double[][] {{.6, .4}, {.6, .4}});

      assertEquals(0, PROBABILITIES.greedy(p).labels().length);
      List<CtcDecoder.Labelling> best = PROBABILITIES.beam(p, 2, 1);
      assertEquals(1, best.size());
      assertArrayEquals(new long[] {1}, best.get(0).labels());
      assertEquals(0.64, Math.exp(best.get(0).logProbability()), 1e-12);
    }
  }

  @Test
  void aNarrowBeamOverALongSequenceStaysNearTheExactProbability() {
    try (Scope scope = Scope.open()) {
      Tensor x = scores(200, 12, 0.1).mul(4);
      CtcDecoder decoder = CtcDecoder.of();

      CtcDecoder.Labelling best = decoder.beam(x, 20, 1).get(0);

      double exact = decoder.logProbability(x, best.labels());
      assertTrue(best.logProbability() <= exact + 1e-9 && best.logProbability() > exact - 1, best + " exact " + exact);
      assertTrue(exact >= decoder.logProbability(x, decoder.greedy(x).labels()) - 1e-9);
    }
  }

  @Test
  void batchesAreReadUpToTheirLengths() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.stack(0, List.of(scores(6, 4, 0), scores(6, 4, 2)));
      CtcDecoder decoder = CtcDecoder.of();

      List<CtcDecoder.Path> whole = decoder.greedy(x, null);
      List<CtcDecoder.Path> some = decoder.greedy(x, Tensor.ofLongs(6, 3));

      assertArrayEquals(whole.get(0).path(), some.get(0).path());
      assertArrayEquals(Arrays.copyOf(whole.get(1).path(), 3), some.get(1).path());
      List<List<CtcDecoder.Labelling>> beams = decoder.beam(x, Tensor.ofLongs(0, 6), 10, 2);
      assertEquals(1, beams.get(0).size());
      assertEquals(0, beams.get(0).get(0).labels().length);
      assertArrayEquals(decoder.beam(scores(6, 4, 2), 10, 2).get(1).labels(), beams.get(1).get(1).labels());
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    try (Scope scope = Scope.open()) {
      Tensor x = scores(3, 4, 0);
      CtcDecoder decoder = CtcDecoder.of();
      assertEquals(
          "CtcDecoder: expected scores [time, classes], given [1, 3, 4]",
          assertThrows(ShapeException.class, () -> decoder.greedy(x.expandDims(0))).getMessage());
      assertEquals(
          "CtcDecoder: expected scores [batch, time, classes], given [3, 4]",
          assertThrows(ShapeException.class, () -> decoder.greedy(x, null)).getMessage());
      assertEquals(
          "CtcDecoder: expected a blank in [0, 4), given 4",
          assertThrows(IllegalArgumentException.class, () -> decoder.blank(4).greedy(x)).getMessage());
      assertEquals(
          "CtcDecoder: expected lengths in [0, 3], given 4 at index 0",
          assertThrows(IllegalArgumentException.class, () -> decoder.greedy(x.expandDims(0), Tensor.ofLongs(4)))
              .getMessage());
      assertThrows(ShapeException.class, () -> decoder.greedy(x.expandDims(0), Tensor.ofLongs(3, 3)));
      assertEquals(
          "CtcDecoder: expected a beam and a number of results of at least 1, given 0 and 1",
          assertThrows(IllegalArgumentException.class, () -> decoder.beam(x, 0, 1)).getMessage());
      assertEquals(
          "CtcDecoder: expected labels in [0, 4) other than the blank 0, given 0 at index 1",
          assertThrows(IllegalArgumentException.class, () -> decoder.logProbability(x, 1, 0)).getMessage());
    }
  }
}
