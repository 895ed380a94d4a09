package dev.neurite.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NonMaxSuppressionTest {

  /** The definition word by word: again and again the best of what is left, then all it covers is struck out. */
  private static int[] oracle(double[][] boxes, double[] scores, int[] classes, double iou, double least, int most) {
    boolean[] left = new boolean[boxes.length];
    for (int i = 0; i < left.length; i++) {
      left[i] = scores[i] >= least;
    }
    List<Integer> kept = new ArrayList<>();
    while (kept.size() < most) {
      int best = -1;
      for (int i = 0; i < left.length; i++) {
        if (left[i] && (best < 0 || scores[i] > scores[best])) {
          best = i;
        }
      }
      if (best < 0) {
        break;
      }
      kept.add(best);
      for (int i = 0; i < left.length; i++) {
        boolean covered = classes[i] == classes[best] && Boxes.iou(boxes[best], boxes[i]) > iou;
        left[i] = left[i] && i != best && !covered;
      }
    }
    return kept.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void aThousandRandomSetsAgreeWithTheDefinition() {
    for (int set = 0; set < 1000; set++) {
      RowRandom random = new RowRandom(11, 5, set);
      int n = random.integer(0, 40);
      double[][] boxes = new double[n][];
      double[] scores = new double[n];
      int[] classes = new int[n];
      for (int i = 0; i < n; i++) {
        double x = random.integer(0, 20);
        double y = random.integer(0, 20);
        boxes[i] = new double[] {x, y, x + random.integer(0, 12), y + random.integer(0, 12)};
        scores[i] = random.integer(0, 10) / 10.0; // many ties
        classes[i] = random.integer(0, 2);
      }
      double iou = random.uniform();
      int most = random.integer(0, n + 3);
      NonMaxSuppression nms = new NonMaxSuppression(iou, 0.2, most);

      assertArrayEquals(oracle(boxes, scores, classes, iou, 0.2, most), nms.keep(boxes, scores, classes), "set " + set);
      assertArrayEquals(oracle(boxes, scores, new int[n], iou, 0.2, most), nms.keep(boxes, scores), "set " + set);
    }
  }

  @Test
  void tenThousandBoxesWithEqualScoresAreKeptInTheirOrder() {
    int n = 10_000;
    double[][] boxes = new double[n][];
    for (int i = 0; i < n; i++) {
      double x = 3 * (i / 2); // pairs of equal boxes
      boxes[i] = new double[] {x, 0, x + 2, 2};
    }
    int[] kept = NonMaxSuppression.of(0.5).keep(boxes, new double[n]);

    assertEquals(n / 2, kept.length);
    for (int i = 0; i < kept.length; i++) {
      assertEquals(2 * i, kept[i]);
    }
  }

  @Test
  void boxesWithoutAreaSuppressNothing() {
    double[][] boxes = {{1, 1, 1, 5}, {1, 1, 1, 5}, {0, 0, 2, 2}};
    assertArrayEquals(new int[] {0, 1, 2}, NonMaxSuppression.of(0).keep(boxes, new double[] {3, 2, 1}));
  }

  @Test
  void damagedBoxesAndScoresAreRefused() {
    NonMaxSuppression nms = NonMaxSuppression.of(0.5);
    double[][] sound = {{0, 0, 1, 1}};
    for (double[] box : new double[][] {{2, 0, 1, 1}, {0, 2, 1, 1}, {0, 0, Double.NaN, 1}, {0, 0, 1}, {0, 0, 1,
        1.0 / 0}}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> nms.keep(new double[][] {sound[0], box}, new double[2]))
              .getMessage();
      assertTrue(message.contains("box 1") && message.contains(Arrays.toString(box)), message);
    }
    assertThrows(IllegalArgumentException.class, () -> nms.keep(sound, new double[] {Double.NaN}));
    assertThrows(IllegalArgumentException.class, () -> nms.keep(sound, new double[2]));
    assertThrows(IllegalArgumentException.class, () -> nms.keep(sound, new double[1], new int[2]));
    assertThrows(IllegalArgumentException.class, () -> new NonMaxSuppression(1.5, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new NonMaxSuppression(0.5, Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new NonMaxSuppression(0.5, 0, -1));
  }
}
