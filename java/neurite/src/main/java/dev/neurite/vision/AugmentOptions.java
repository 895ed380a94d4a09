package dev.neurite.vision;

import java.util.Arrays;

/** The settings of an {@link Augment}, and what they draw for one picture. */
final class AugmentOptions {

  private static final double[] LUMA = {0.299, 0.587, 0.114};

  double flipX;
  double flipY;
  double degrees;
  double zoomLeast = 1;
  double zoomMost = 1;
  int down;
  int right;
  int height; // of a crop; 0: none
  int width;
  float fill;
  float maskFill;
  Augment.Targets targets = Augment.Targets.LABELS;
  double brightness;
  double contrast;
  double saturation;
  double low;
  double high = 1;
  int cutout;
  double mixAlpha; // 0: no mixing
  boolean cutMix;

  AugmentOptions copy() {
    AugmentOptions c = new AugmentOptions();
    c.flipX = flipX;
    c.flipY = flipY;
    c.degrees = degrees;
    c.zoomLeast = zoomLeast;
    c.zoomMost = zoomMost;
    c.down = down;
    c.right = right;
    c.height = height;
    c.width = width;
    c.fill = fill;
    c.maskFill = maskFill;
    c.targets = targets;
    c.brightness = brightness;
    c.contrast = contrast;
    c.saturation = saturation;
    c.low = low;
    c.high = high;
    c.cutout = cutout;
    c.mixAlpha = mixAlpha;
    c.cutMix = cutMix;
    return c;
  }

  static void probability(String who, double p) {
    range(who, p, 0, 1);
  }

  static void range(String who, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "Augment." + who + ": expected a number from " + least + " to " + most + ", given " + value);
    }
  }

  /** Draws always the same count of numbers, so that adding a step changes no other. */
  Motion motion(RowRandom random, int rows, int columns) {
    double x = random.chance(flipX) ? -1 : 1;
    double y = random.chance(flipY) ? -1 : 1;
    double angle = Math.toRadians(random.uniform(-degrees, degrees));
    double zoom = random.uniform(zoomLeast, zoomMost);
    int moveDown = random.integer(-down, down);
    int moveRight = random.integer(-right, right);
    int top = random.integer(0, height == 0 ? 0 : rows - height);
    int left = random.integer(0, width == 0 ? 0 : columns - width);
    double cos = zoom * Math.cos(angle);
    double sin = zoom * Math.sin(angle);
    return Motion.around(columns / 2.0, rows / 2.0, cos * x, -sin * y, sin * x, cos * y, moveRight, moveDown)
        .shifted(-left, -top);
  }

  void colour(RowRandom random, Motion.Picture p) {
    double add = random.uniform(-brightness, brightness);
    double spread = random.uniform(1 - contrast, 1 + contrast);
    double strength = random.uniform(1 - saturation, 1 + saturation);
    if (brightness == 0 && contrast == 0 && saturation == 0) {
      return;
    }
    int count = p.height() * p.width() * p.channels();
    double mean = 0;
    for (int i = 0; i < count; i++) {
      mean += p.values()[p.from() + i] / count;
    }
    for (int i = 0; i < count; i += p.channels()) {
      double grey = saturation == 0 ? 0 : grey(p, i);
      for (int c = 0; c < p.channels(); c++) {
        double v = p.values()[p.from() + i + c];
        double contrasted = mean + spread * ((saturation == 0 ? v : grey + strength * (v - grey)) - mean);
        p.values()[p.from() + i + c] = (float) Math.max(low, Math.min(high, contrasted + add));
      }
    }
  }

  private static double grey(Motion.Picture p, int at) {
    double sum = 0;
    for (int c = 0; c < LUMA.length; c++) {
      sum += LUMA[c] * p.values()[p.from() + at + c];
    }
    return sum;
  }

  void cut(RowRandom random, Motion.Picture p) {
    int row = random.integer(0, p.height() - 1) - cutout / 2;
    int column = random.integer(0, p.width() - 1) - cutout / 2;
    int first = Math.max(0, column);
    int last = Math.min(p.width(), column + cutout);
    for (int i = Math.max(0, row); i < Math.min(p.height(), row + cutout) && first < last; i++) {
      int at = p.from() + i * p.width() * p.channels();
      Arrays.fill(p.values(), at + first * p.channels(), at + last * p.channels(), fill);
    }
  }
}
