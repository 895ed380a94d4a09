package dev.neurite.vision;

/**
 * What a region proposal network learns for each anchor (Ren 2015): 1 (an object) when its intersection over union with
 * some true box reaches {@code positive}, or when it fits a true box better than all other anchors and overlaps it; 0
 * (background) when its largest overlap is below {@code negative}; -1 (left out of the loss) between.
 *
 * @param labels 1, 0 or -1 per anchor
 * @param matches index of the true box each anchor overlaps most, the first of equals; -1 where there are no true boxes
 */
public record AnchorLabels(int[] labels, int[] matches) {

  /**
   * Labels anchors.
   *
   * @param anchors x1, y1, x2, y2 each
   * @param truth true boxes, possibly none
   * @param positive 0 to 1; the paper has 0.7
   * @param negative up to {@code positive}; the paper has 0.3
   */
  public static AnchorLabels of(double[][] anchors, double[][] truth, double positive, double negative) {
    if (!(positive >= 0 && positive <= 1 && negative >= 0 && negative <= positive)) {
      throw new IllegalArgumentException(
          "AnchorLabels: expected 0 <= negative <= positive <= 1, given positive " + positive + ", negative "
              + negative);
    }
    double[][] iou = Boxes.iou(anchors, truth);
    int[] labels = new int[anchors.length];
    int[] matches = new int[anchors.length];
    for (int i = 0; i < anchors.length; i++) {
      matches[i] = largest(iou[i]);
      double most = matches[i] < 0 ? 0 : iou[i][matches[i]];
      boolean hit = matches[i] >= 0 && most >= positive;
      labels[i] = hit ? 1 : most < negative || truth.length == 0 ? 0 : -1;
    }
    for (int k = 0; k < truth.length; k++) {
      int best = bestAnchor(iou, k);
      if (best >= 0) {
        labels[best] = 1;
      }
    }
    return new AnchorLabels(labels, matches);
  }

  private static int largest(double[] values) {
    int best = -1;
    for (int i = 0; i < values.length; i++) {
      if (best < 0 || values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  /** The anchor with the largest overlap with a true box, the first of equals; -1 when none overlaps it. */
  private static int bestAnchor(double[][] iou, int truth) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < iou.length; i++) {
      if (iou[i][truth] > most) {
        most = iou[i][truth];
        best = i;
      }
    }
    return best;
  }
}
