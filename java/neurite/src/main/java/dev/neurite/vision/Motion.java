package dev.neurite.vision;

/**
 * An affine change of a picture: where a point goes, {@code x' = a x + b y + e}, {@code y' = c x + d y + f}; pixel (row
 * i, column j) covers the square from (j, i) to (j + 1, i + 1).
 */
record Motion(double a, double b, double c, double d, double e, double f) {

  static final Motion NONE = new Motion(1, 0, 0, 1, 0, 0);

  /** Around a point: what the linear part does to the offsets from it, then a shift. */
  static Motion around(double x, double y, double a, double b, double c, double d, double right, double down) {
    return new Motion(a, b, c, d, x - a * x - b * y + right, y - c * x - d * y + down);
  }

  /** This one, then a shift. */
  Motion shifted(double right, double down) {
    return new Motion(a, b, c, d, e + right, f + down);
  }

  private Motion inverse() {
    double det = a * d - b * c;
    double ia = d / det;
    double ib = -b / det;
    double ic = -c / det;
    double id = a / det;
    return new Motion(ia, ib, ic, id, -(ia * e + ib * f), -(ic * e + id * f));
  }

  /** A picture and its size. */
  record Picture(float[] values, int from, int height, int width, int channels) {

    float at(int row, int column, int channel) {
      return values[from + (row * width + column) * channels + channel];
    }

    boolean contains(int row, int column) {
      return row >= 0 && row < height && column >= 0 && column < width;
    }
  }

  /**
   * Draws the picture that is seen after the motion; what comes from outside has the value {@code fill}.
   *
   * @param smooth bilinear; else the nearest pixel, as class numbers need it
   */
  void draw(Picture in, Picture out, float fill, boolean smooth) {
    Motion back = inverse();
    for (int i = 0; i < out.height; i++) {
      for (int j = 0; j < out.width; j++) {
        double x = back.a * (j + 0.5) + back.b * (i + 0.5) + back.e;
        double y = back.c * (j + 0.5) + back.d * (i + 0.5) + back.f;
        int at = out.from + (i * out.width + j) * out.channels;
        if (smooth) {
          bilinear(in, x - 0.5, y - 0.5, fill, out.values, at);
        } else {
          nearest(in, (int) Math.floor(x), (int) Math.floor(y), fill, out.values, at);
        }
      }
    }
  }

  private static void nearest(Picture in, int column, int row, float fill, float[] to, int at) {
    for (int c = 0; c < in.channels; c++) {
      to[at + c] = in.contains(row, column) ? in.at(row, column, c) : fill;
    }
  }

  private static void bilinear(Picture in, double x, double y, float fill, float[] to, int at) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double right = x - left;
    double low = y - top;
    for (int c = 0; c < in.channels; c++) {
      double sum = 0;
      for (int k = 0; k < 4; k++) {
        double weight = (k % 2 == 0 ? 1 - right : right) * (k / 2 == 0 ? 1 - low : low);
        int row = top + k / 2;
        int column = left + k % 2;
        sum += weight == 0 ? 0 : weight * (in.contains(row, column) ? in.at(row, column, c) : fill);
      }
      to[at + c] = (float) sum;
    }
  }

  /** The smallest upright box around a moved box, cut at the borders; all zeros when nothing is left inside. */
  double[] box(double x1, double y1, double x2, double y2, int height, int width) {
    double[] xs = {a * x1 + b * y1 + e, a * x2 + b * y1 + e, a * x1 + b * y2 + e, a * x2 + b * y2 + e};
    double[] ys = {c * x1 + d * y1 + f, c * x2 + d * y1 + f, c * x1 + d * y2 + f, c * x2 + d * y2 + f};
    double[] box = {
      clamp(least(xs), width), clamp(least(ys), height), clamp(most(xs), width), clamp(most(ys), height)
    };
    return box[0] < box[2] && box[1] < box[3] ? box : new double[4];
  }

  private static double clamp(double v, double high) {
    return Math.max(0, Math.min(high, v));
  }

  private static double least(double[] v) {
    return Math.min(Math.min(v[0], v[1]), Math.min(v[2], v[3]));
  }

  private static double most(double[] v) {
    return Math.max(Math.max(v[0], v[1]), Math.max(v[2], v[3]));
  }
}
