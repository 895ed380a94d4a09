package dev.neurite.data;

import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;

/**
 * The bundled UCI digits: 1,797 images of 8x8 pixels, handwritten digits 0 to 9, split once and for all into 80 % to
 * train on and 20 % held out, each with the same share of every digit.
 *
 * <p><b>Shapes</b>: x float32 [n, 8, 8, 1] scaled to 0..1, y int64 [n]. Source: E. Alpaydin, C. Kaynak, UCI Machine
 * Learning Repository, doi:10.24432/C50P49, CC BY 4.0.
 *
 * @param train 1,437 examples
 * @param test 360 examples
 */
public record Digits(Dataset train, Dataset test) {

  private static final double TRAINED_ON = 0.8;
  private static final long SPLIT_SEED = 1998; // the data set's year; any fixed number will do
  private static final int SIDE = 8;
  private static final double BLACK = 16;

  /** Loads the split. */
  public static Digits load() {
    try (Batch everything = table()) {
      Split split = Dataset.of(everything.x(), everything.y()).stratifiedSplit(TRAINED_ON, SPLIT_SEED);
      return new Digits(split.first(), split.second());
    }
  }

  /** All 1,797 examples in their original order. */
  public static Dataset all() {
    Batch everything = table();
    return Dataset.of(everything.x(), everything.y());
  }

  private static Batch table() {
    BundledTable table = BundledTable.read("digits.csv.gz", SIDE * SIDE);
    float[] pixels = table.features();
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] /= (float) BLACK; // a power of two: exact
    }
    return Batch.of(
        Tensor.of(pixels, Shape.of(table.rows(), SIDE, SIDE, 1)), Tensor.ofLongs(table.labels(Long::parseLong)));
  }
}
