package dev.neurite.vision;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Greedy non-maximum suppression: of boxes that overlap much, the one with the highest score stays.
 *
 * <p>Boxes are gone through by descending score, equal scores in their order; one is dropped when its intersection over
 * union with a kept box is above the threshold (strictly), or its score below the other threshold.
 *
 * <pre>{@code
 * int[] kept = new NonMaxSuppression(0.5, 0.6, 10).keep(boxes, scores, classes);
 * }</pre>
 *
 * @param iouThreshold 0 to 1
 * @param scoreThreshold least score that counts
 * @param maxOutput most boxes kept, over all classes
 */
public record NonMaxSuppression(double iouThreshold, double scoreThreshold, int maxOutput) {

  /** Checks the settings. */
  public NonMaxSuppression {
    if (!(iouThreshold >= 0 && iouThreshold <= 1) || Double.isNaN(scoreThreshold) || maxOutput < 0) {
      throw new IllegalArgumentException(
          "NonMaxSuppression: expected an IoU threshold from 0 to 1, a score threshold and 0 boxes or more, given "
              + iouThreshold + ", " + scoreThreshold + ", " + maxOutput);
    }
  }

  /** All boxes count, and any number may stay. */
  public static NonMaxSuppression of(double iouThreshold) {
    return new NonMaxSuppression(iouThreshold, Double.NEGATIVE_INFINITY, Integer.MAX_VALUE);
  }

  /**
   * Whatever their class.
   *
   * @param boxes x1, y1, x2, y2 each
   * @param scores one per box
   * @return indices of the boxes kept, by descending score
   * @throws IllegalArgumentException for counts that differ, damaged boxes, or scores that are NaN
   */
  public int[] keep(double[][] boxes, double[] scores) {
    return keep(boxes, scores, new int[boxes.length]);
  }

  /**
   * Class by class: boxes of different classes do not suppress each other.
   *
   * @param classes one per box
   * @return indices of the boxes kept, by descending score
   */
  public int[] keep(double[][] boxes, double[] scores, int[] classes) {
    require(boxes, scores, classes);
    int[] order =
        IntStream.range(0, boxes.length)
            .filter(i -> scores[i] >= scoreThreshold)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i])) // stable: ties stay in their order
            .mapToInt(Integer::intValue)
            .toArray();
    int[] kept = new int[order.length];
    int count = 0;
    for (int i = 0; i < order.length && count < maxOutput; i++) {
      if (!isSuppressed(boxes, classes, order[i], kept, count)) {
        kept[count++] = order[i];
      }
    }
    return Arrays.copyOf(kept, count);
  }

  private boolean isSuppressed(double[][] boxes, int[] classes, int candidate, int[] kept, int count) {
    for (int k = 0; k < count; k++) {
      if (classes[kept[k]] == classes[candidate] && Boxes.iou(boxes[kept[k]], boxes[candidate]) > iouThreshold) {
        return true;
      }
    }
    return false;
  }

  private static void require(double[][] boxes, double[] scores, int[] classes) {
    if (scores.length != boxes.length || classes.length != boxes.length) {
      throw new IllegalArgumentException(
          "NonMaxSuppression: expected a score and a class per box, given " + boxes.length + " boxes, " + scores.length
              + " scores, " + classes.length + " classes");
    }
    for (int i = 0; i < boxes.length; i++) {
      Boxes.require("NonMaxSuppression", Integer.toString(i), boxes[i]);
      if (Double.isNaN(scores[i])) {
        throw new IllegalArgumentException("NonMaxSuppression: expected scores, given NaN for box " + i);
      }
    }
  }
}
