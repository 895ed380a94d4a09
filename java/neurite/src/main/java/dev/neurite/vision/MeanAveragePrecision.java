package dev.neurite.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Mean average precision of a detector: the area under its precision-recall curve, averaged over classes.
 *
 * <p>Detections of a class are gone through by descending score (equal scores in the order they were added); each is
 * matched to the unmatched true box of its picture and class with the largest intersection over union that reaches the
 * threshold, and is a false alarm without one. Precision is made non-increasing before it is summed. Classes without
 * true boxes are left out of the mean.
 *
 * <pre>{@code
 * MeanAveragePrecision map = new MeanAveragePrecision(3);
 * map.addTruth(0, 2, box);
 * map.addDetection(0, 2, found, 0.9);
 * System.out.println(map.result(0.5, MeanAveragePrecision.Interpolation.ALL_POINTS));
 * }</pre>
 */
public final class MeanAveragePrecision {

  private static final double ROUNDING = 1e-12; // 3/10 is not to fall short of 0.3
  private static final int COCO_THRESHOLDS = 10;

  /** Where the curve is read. */
  public enum Interpolation {
    /** Wherever it changes: the exact area (Pascal VOC from 2010 on). */
    ALL_POINTS(0),
    /** The mean precision at recall 0, 0.1, ... 1 (Pascal VOC 2007). */
    ELEVEN_POINTS(11),
    /** The mean precision at recall 0, 0.01, ... 1 (COCO). */
    HUNDRED_AND_ONE_POINTS(101);

    private final int points;

    Interpolation(int points) {
      this.points = points;
    }
  }

  private record Truth(long picture, double[] box) {}

  private record Detection(long picture, double[] box, double score) {}

  private final List<List<Truth>> truths = new ArrayList<>();
  private final List<List<Detection>> detections = new ArrayList<>();

  /**
   * Nothing seen yet.
   *
   * @param classes number of classes, 1 or more
   */
  public MeanAveragePrecision(int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("MeanAveragePrecision: expected 1 class or more, given " + classes);
    }
    for (int i = 0; i < classes; i++) {
      truths.add(new ArrayList<>());
      detections.add(new ArrayList<>());
    }
  }

  /**
   * Adds an object that is in a picture.
   *
   * @param picture any number that stands for it
   * @param index class
   * @param box x1, y1, x2, y2
   */
  public void addTruth(long picture, int index, double[] box) {
    Boxes.require("MeanAveragePrecision.addTruth", "", box);
    truths.get(requireClass(index)).add(new Truth(picture, box.clone()));
  }

  /**
   * Adds an object the detector found.
   *
   * @param picture the same number as for {@link #addTruth}
   * @param index class
   * @param box x1, y1, x2, y2
   * @param score how sure the detector is
   */
  public void addDetection(long picture, int index, double[] box, double score) {
    Boxes.require("MeanAveragePrecision.addDetection", "", box);
    if (Double.isNaN(score)) {
      throw new IllegalArgumentException("MeanAveragePrecision.addDetection: expected a score, given NaN");
    }
    detections.get(requireClass(index)).add(new Detection(picture, box.clone(), score));
  }

  private int requireClass(int index) {
    if (index < 0 || index >= truths.size()) {
      throw new IllegalArgumentException(
          "MeanAveragePrecision: expected a class in [0, " + truths.size() + "), given " + index);
    }
    return index;
  }

  /**
   * The mean over the classes that have true boxes; NaN when none has.
   *
   * @param iouThreshold above 0, up to 1
   */
  public double result(double iouThreshold, Interpolation interpolation) {
    return Arrays.stream(perClass(iouThreshold, interpolation)).filter(v ->
        !Double.isNaN(v)).average().orElse(Double.NaN);
  }

  /** COCO's number: the mean over the thresholds 0.5, 0.55, ... 0.95, read at 101 points. */
  public double coco() {
    double sum = 0;
    for (int i = 0; i < COCO_THRESHOLDS; i++) {
      sum += result((10 + i) / 20.0, Interpolation.HUNDRED_AND_ONE_POINTS);
    }
    return sum / COCO_THRESHOLDS;
  }

  /** The average precision of each class; NaN for classes without true boxes. */
  public double[] perClass(double iouThreshold, Interpolation interpolation) {
    if (!(iouThreshold > 0 && iouThreshold <= 1)) {
      throw new IllegalArgumentException(
          "MeanAveragePrecision: expected an IoU threshold above 0, up to 1, given " + iouThreshold);
    }
    double[] values = new double[truths.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = truths.get(i).isEmpty() ? Double.NaN : averagePrecision(i, iouThreshold, interpolation);
    }
    return values;
  }

  private double averagePrecision(int index, double threshold, Interpolation interpolation) {
    boolean[] hits = hits(index, threshold);
    double[] recall = new double[hits.length];
    double[] precision = new double[hits.length];
    int right = 0;
    for (int i = 0; i < hits.length; i++) {
      right += hits[i] ? 1 : 0;
      recall[i] = right / (double) truths.get(index).size();
      precision[i] = right / (i + 1.0);
    }
    for (int i = hits.length - 2; i >= 0; i--) {
      precision[i] = Math.max(precision[i], precision[i + 1]);
    }
    return interpolation.points == 0 ? area(recall, precision) : sampled(recall, precision, interpolation.points);
  }

  private static double area(double[] recall, double[] precision) {
    double sum = 0;
    for (int i = 0; i < recall.length; i++) {
      sum += (recall[i] - (i == 0 ? 0 : recall[i - 1])) * precision[i];
    }
    return sum;
  }

  private static double sampled(double[] recall, double[] precision, int points) {
    double sum = 0;
    int at = 0;
    for (int i = 0; i < points; i++) {
      double wanted = i / (points - 1.0) - ROUNDING;
      while (at < recall.length && recall[at] < wanted) {
        at++;
      }
      sum += at < recall.length ? precision[at] : 0;
    }
    return sum / points;
  }

  /** Whether each detection of a class, by descending score, found an object. */
  private boolean[] hits(int index, double threshold) {
    List<Detection> sorted = new ArrayList<>(detections.get(index));
    sorted.sort(Comparator.comparingDouble(d -> -d.score)); // stable
    Map<Long, List<Truth>> open = new HashMap<>();
    for (Truth t : truths.get(index)) {
      open.computeIfAbsent(t.picture, p -> new ArrayList<>()).add(t);
    }
    boolean[] hits = new boolean[sorted.size()];
    for (int i = 0; i < hits.length; i++) {
      Detection d = sorted.get(i);
      hits[i] = take(open.getOrDefault(d.picture, List.of()), d.box, threshold);
    }
    return hits;
  }

  private static boolean take(List<Truth> open, double[] box, double threshold) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < open.size(); i++) {
      double iou = Boxes.iou(open.get(i).box, box);
      if (iou >= threshold && iou > most) {
        most = iou;
        best = i;
      }
    }
    if (best >= 0) {
      open.remove(best);
    }
    return best >= 0;
  }

  /** Forgets everything. */
  public void reset() {
    truths.forEach(List::clear);
    detections.forEach(List::clear);
  }
}
