package dev.neurite.vision;

import dev.neurite.tensor.Tensor;

/** Mixup or CutMix of one batch: each row with the row of a random order, by a weight of its own. */
final class Mixing {

  private final boolean cut;
  private final int[] partner;
  private final double[] own; // weight of the row itself
  private final double[] place; // two numbers per row: where a rectangle goes

  Mixing(double alpha, boolean cut, RowRandom[] rows) {
    this.cut = cut;
    int n = rows.length;
    partner = new int[n];
    own = new double[n];
    place = new double[2 * n];
    for (int i = 0; i < n; i++) {
      partner[i] = i;
      own[i] = rows[i].beta(alpha);
      place[2 * i] = rows[i].uniform();
      place[2 * i + 1] = rows[i].uniform();
    }
    for (int i = n - 1; i > 0; i--) { // Fisher and Yates
      int k = rows[i].integer(0, i);
      int other = partner[i];
      partner[i] = partner[k];
      partner[k] = other;
    }
  }

  float[] pictures(float[] x, int height, int width, int channels) {
    float[] mixed = x.clone();
    int size = height * width * channels;
    for (int i = 0; i < partner.length; i++) {
      if (cut) {
        paste(i, x, mixed, height, width, channels);
      } else {
        for (int k = 0; k < size; k++) {
          mixed[i * size + k] = (float) (own[i] * x[i * size + k] + (1 - own[i]) * x[partner[i] * size + k]);
        }
      }
    }
    return mixed;
  }

  /**
   * A rectangle of the area {@code 1 - own}, as far as whole pixels and the borders allow; own becomes what is left.
   */
  private void paste(int i, float[] x, float[] mixed, int height, int width, int channels) {
    double side = Math.sqrt(1 - own[i]);
    int tall = (int) Math.rint(height * side);
    int wide = (int) Math.rint(width * side);
    int row = (int) Math.floor(place[2 * i] * height) - tall / 2;
    int column = (int) Math.floor(place[2 * i + 1] * width) - wide / 2;
    int top = Math.max(0, row);
    int bottom = Math.min(height, row + tall);
    int left = Math.max(0, column);
    int right = Math.max(left, Math.min(width, column + wide));
    int size = height * width * channels;
    for (int r = top; r < bottom; r++) {
      int at = (r * width + left) * channels;
      System.arraycopy(x, partner[i] * size + at, mixed, i * size + at, (right - left) * channels);
    }
    own[i] = 1 - (double) Math.max(0, bottom - top) * (right - left) / (height * width);
  }

  Tensor targets(Tensor y) {
    double[] values = y.toDoubles();
    double[] mixed = new double[values.length];
    int each = values.length / Math.max(1, partner.length);
    for (int i = 0; i < partner.length; i++) {
      for (int k = 0; k < each; k++) {
        mixed[i * each + k] = own[i] * values[i * each + k] + (1 - own[i]) * values[partner[i] * each + k];
      }
    }
    return Tensor.of(mixed, y.shape(), y.dtype());
  }
}
