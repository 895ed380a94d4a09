package dev.neurite.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Debian's package dataset-fashion-mnist, where it is installed. */
class FashionMnistTest {

  private static final Path FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

  /** Sum and number of pixels and the counts of the classes, over all batches. */
  private static double mean(Dataset data, long[] perClass) {
    double sum = 0;
    for (Batch b : data.batch(1000)) {
      assertEquals(Shape.of(1000, 28, 28, 1), b.x().shape());
      try (Scope scope = Scope.open()) {
        sum += b.x().mean().item() * b.size();
      }
      for (long label : b.y().toLongs()) {
        perClass[(int) label]++;
      }
    }
    return sum / data.size();
  }

  @Test
  void theSeventyThousandPicturesAreReadAndScaled() {
    Assumptions.assumeTrue(Files.isDirectory(FOLDER), "dataset-fashion-mnist is not installed");
    Mnist fashion = Mnist.load(FOLDER);
    long[] trained = new long[10];
    long[] held = new long[10];
    long[] each = new long[10];

    assertEquals(60_000, fashion.train().size());
    assertEquals(10_000, fashion.test().size());
    assertEquals(0.28604, mean(fashion.train(), trained), 5e-6); // the published mean of the training pixels
    mean(fashion.test(), held);
    Arrays.fill(each, 6_000);
    assertArrayEquals(each, trained);
    Arrays.fill(each, 1_000);
    assertArrayEquals(each, held);
  }
}
