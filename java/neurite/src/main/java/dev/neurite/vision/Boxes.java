package dev.neurite.vision;

/**
 * Axis-parallel boxes given by two corners (x1, y1, x2, y2) with {@code x1 <= x2} and {@code y1 <= y2}.
 */
public final class Boxes {

  private static final int CORNERS = 4;

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
    double areaA = area("a", a);
    double areaB = area("b", b);
    double width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    double height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    if (!(width > 0 && height > 0)) {
      return 0;
    }
    double shared = width * height;
    return shared / (areaA + areaB - shared);
  }

  private static double area(String which, double[] box) {
    if (box.length != CORNERS || !(box[0] <= box[2] && box[1] <= box[3])) {
      throw new IllegalArgumentException(
          "iou: expected box " + which + " as x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, given "
              + java.util.Arrays.toString(box));
    }
    return (box[2] - box[0]) * (box[3] - box[1]);
  }
}
