package dev.neurite.vision;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Axis-parallel boxes given by two corners (x1, y1, x2, y2) with {@code x1 <= x2} and {@code y1 <= y2}, in continuous
 * coordinates (no "+ 1"). A box without width or height has area 0; NaN and corners in the wrong order are refused.
 */
public final class Boxes {

  static final int CORNERS = 4;

  private Boxes() {}

  /**
   * Intersection over union: the shared area divided by the area of both together, 0 to 1.
   *
   * <p>Boxes that only touch share nothing; two boxes without area give 0.
   *
   * @param a x1, y1, x2, y2
   * @param b x1, y1, x2, y2
   * @throws IllegalArgumentException unless both have four numbers in order ({@code x1 <= x2}, {@code y1 <= y2})
   */
  public static double iou(double[] a, double[] b) {
    double both = area("iou", "a", a) + area("iou", "b", b);
    double shared = shared(a, b);
    return shared > 0 ? shared / (both - shared) : 0;
  }

  /**
   * The intersection over union of every box with every other.
   *
   * @param a n boxes
   * @param b m boxes
   * @return n rows of m numbers
   */
  public static double[][] iou(double[][] a, double[][] b) {
    double[][] table = new double[a.length][b.length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        table[i][k] = iou(a[i], b[k]);
      }
    }
    return table;
  }

  /**
   * Generalised intersection over union (Rezatofighi 2019): {@code IoU - (hull - union) / hull} with the smallest box
   * around both as hull; -1 to 1, and below 0 for boxes far apart. Two boxes without a hull's area give 0.
   *
   * @param a x1, y1, x2, y2
   * @param b x1, y1, x2, y2
   */
  public static double giou(double[] a, double[] b) {
    double both = area("giou", "a", a) + area("giou", "b", b);
    double shared = shared(a, b);
    double union = both - shared;
    double hull =
        (Math.max(a[2], b[2]) - Math.min(a[0], b[0])) * (Math.max(a[3], b[3]) - Math.min(a[1], b[1]));
    double overlap = shared > 0 ? shared / union : 0;
    return hull > 0 ? overlap - (hull - union) / hull : 0;
  }

  /**
   * Width times height.
   *
   * @param box x1, y1, x2, y2
   */
  public static double area(double[] box) {
    return area("area", "", box);
  }

  private static double shared(double[] a, double[] b) {
    double width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    double height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    return width > 0 && height > 0 ? width * height : 0;
  }

  private static double area(String who, String which, double[] box) {
    require(who, which, box);
    return (box[2] - box[0]) * (box[3] - box[1]);
  }

  static void require(String who, String which, double[] box) {
    boolean sound = box.length == CORNERS && box[0] <= box[2] && box[1] <= box[3]
        && box[2] - box[0] < Double.POSITIVE_INFINITY
        && box[3] - box[1] < Double.POSITIVE_INFINITY;
    if (!sound) { // comparisons with NaN are false
      throw new IllegalArgumentException(
          who + ": expected box" + (which.isEmpty() ? "" : " " + which) + " as x1, y1, x2, y2 with x1 <= x2 and "
              + "y1 <= y2, given " + Arrays.toString(box));
    }
  }

  /**
   * Boxes in another format; differentiable.
   *
   * <p><b>Shapes</b> [..., 4] in and out.
   *
   * @param boxes floating point
   * @param from what they are
   * @param to what is wanted
   */
  public static Tensor convert(Tensor boxes, BoxFormat from, BoxFormat to) {
    if (boxes.rank() < 1 || boxes.shape().last() != CORNERS || !boxes.dtype().isDifferentiable()) {
      throw new ShapeException("Boxes.convert: expected floating [..., 4], given " + boxes.describe());
    }
    if (from == to) {
      return boxes;
    }
    Tensor first = boxes.slice(-1, 0, 2);
    Tensor second = boxes.slice(-1, 2, CORNERS);
    Tensor size = from == BoxFormat.XYXY ? second.sub(first) : second;
    Tensor corner = from == BoxFormat.CXCYWH ? first.sub(size.mul(0.5)) : first;
    return switch (to) {
      case XYXY -> Tensor.concat(-1, List.of(corner, corner.add(size)));
      case XYWH -> Tensor.concat(-1, List.of(corner, size));
      case CXCYWH -> Tensor.concat(-1, List.of(corner.add(size.mul(0.5)), size));
    };
  }

  /** The boxes of a tensor [n, 4] as rows. */
  public static double[][] rows(Tensor boxes) {
    if (boxes.rank() != 2 || boxes.shape().last() != CORNERS) {
      throw new ShapeException("Boxes.rows: expected [n, 4], given " + boxes.describe());
    }
    double[] flat = boxes.toDoubles();
    double[][] rows = new double[flat.length / CORNERS][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * CORNERS, (i + 1) * CORNERS);
    }
    return rows;
  }
}
