package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The worked examples about layers: shapes, parameters, multiplications, batch normalisation. */
class WorkedLayerExamplesTest {

  private static final double SIX = 5e-7; // six printed decimals

  // ---- N5 to N8: shapes and parameters of convolutional networks

  /** Output shapes (without the batch axis) and parameters, block by block, as in a summary. */
  private static void assertBlocks(Input input, Block[] blocks, long[][] shapes, long[] parameters) {
    try (Model model = Model.sequential(input, blocks)) {
      for (int i = 0; i < blocks.length; i++) {
        Shape out = blocks[i].outputShapes().get(0);
        assertEquals(Shape.of(shapes[i]), out.slice(1, out.rank()), "block " + i);
        long count = blocks[i].state().values().stream().mapToLong(Tensor::size).sum();
        assertEquals(parameters[i], count, "parameters of block " + i);
      }
      assertEquals(java.util.Arrays.stream(parameters).sum(), model.parameterCount());
    }
  }

  @Test
  void N5_leNet() {
    assertBlocks(
        Input.of(32, 32, 1),
        new Block[] {
          Conv2D.of(6, 5), AvgPool2D.of(2), Conv2D.of(16, 5), AvgPool2D.of(2), Conv2D.of(120, 5), Flatten.of(),
          Dense.of(84), Dense.of(10)
        },
        new long[][] {{28, 28, 6}, {14, 14, 6}, {10, 10, 16}, {5, 5, 16}, {1, 1, 120}, {120}, {84}, {10}},
        new long[] {156, 0, 2_416, 0, 48_120, 0, 10_164, 850});
  }

  @Test
  void N6_networkWithLargeStride() {
    assertBlocks(
        Input.of(32, 32, 3),
        new Block[] {
          Conv2D.of(96, 11).stride(4).padding(Padding.of(5)), MaxPool2D.of(2),
          Conv2D.of(256, 5).padding(Padding.SAME), MaxPool2D.of(2), Conv2D.of(384, 3).padding(Padding.SAME),
          Flatten.of(), Dense.of(84), Dense.of(10)
        },
        new long[][] {{8, 8, 96}, {4, 4, 96}, {4, 4, 256}, {2, 2, 256}, {2, 2, 384}, {1536}, {84}, {10}},
        new long[] {34_944, 0, 614_656, 0, 885_120, 0, 129_108, 850});
  }

  @Test
  void N7_twoSmallNetworks() {
    assertBlocks(
        Input.of(28, 28, 1),
        new Block[] {
          Conv2D.of(16, 5).padding(Padding.of(2)), MaxPool2D.of(2), Conv2D.of(32, 5).padding(Padding.of(2)),
          MaxPool2D.of(2), Flatten.of()
        },
        new long[][] {{28, 28, 16}, {14, 14, 16}, {14, 14, 32}, {7, 7, 32}, {1_568}},
        new long[] {416, 0, 12_832, 0, 0});
    assertBlocks(
        Input.of(39, 39, 3),
        new Block[] {Conv2D.of(10, 3), Conv2D.of(20, 5).stride(2), Conv2D.of(40, 5).stride(2), Flatten.of()},
        new long[][] {{37, 37, 10}, {17, 17, 20}, {7, 7, 40}, {1_960}},
        new long[] {280, 5_020, 20_040, 0});
  }

  @Test
  void N8_smallFacts() {
    assertBlocks(Input.of(8, 8, 3), new Block[] {Conv2D.of(5, 3)}, new long[][] {{6, 6, 5}}, new long[] {140});
    assertBlocks(Input.of(128), new Block[] {Dense.of(64)}, new long[][] {{64}}, new long[] {8_256});
    assertBlocks(Input.of(64, 64, 3), new Block[] {Flatten.of()}, new long[][] {{12_288}}, new long[] {0});
    assertBlocks(Input.of(6, 6, 1), new Block[] {Conv2D.of(1, 3)}, new long[][] {{4, 4, 1}}, new long[] {10});
    assertBlocks(
        Input.of(6, 6, 1), new Block[] {Conv2D.of(1, 3).padding(Padding.of(1))}, new long[][] {{6, 6, 1}},
        new long[] {10});
    assertBlocks(
        Input.of(7, 7, 1), new Block[] {Conv2D.of(1, 3).stride(2)}, new long[][] {{3, 3, 1}}, new long[] {10});
    assertEquals(120_422_400, multiplyAdds(Conv2D.of(32, 5).padding(Padding.SAME)));
    assertEquals(2_408_448, multiplyAdds(Conv2D.of(16, 1)));
    assertEquals(12_443_648, multiplyAdds(Conv2D.of(16, 1), Conv2D.of(32, 5).padding(Padding.SAME)));
  }

  /** What the summary says about one sample. */
  private static long multiplyAdds(Block... blocks) {
    try (Model model = Model.sequential(Input.of(28, 28, 192), blocks)) {
      String label = "Multiply-adds per sample: ";
      String total = model.summary().lines().filter(l -> l.startsWith(label)).findFirst().orElseThrow();
      return Long.parseLong(total.substring(label.length()).replace(",", ""));
    }
  }

  // ---- N11: batch normalisation

  @Test
  void n11BatchNormalisation() {
    try (Scope scope = Scope.open()) {
      Tensor z = Tensor.of(new double[][] {{1}, {2}, {3}, {4}});

      assertEquals(2.5, z.mean().item(), 1e-12);
      assertEquals(1.25, z.variance().item(), 1e-12);
      assertArrayEquals(new double[] {-1.341104, -.447035, .447035, 1.341104}, normalised(z, 1e-3), SIX);
      assertArrayEquals(new double[] {-1.341635, -.447212, .447212, 1.341635}, normalised(z, 1e-5), SIX);
    }
  }

  private static double[] normalised(Tensor z, double epsilon) {
    try (Model model = Model.sequential(Input.of(1).dtype(DType.FLOAT64), BatchNorm.of().epsilon(epsilon))) {
      return model.call(z, Pass.training(1)).toDoubles();
    }
  }

  @Test
  void n11CountsOfANormalisedNetwork() {
    BatchNorm first = BatchNorm.of();
    try (Model model =
        Model.sequential(Input.of(2), Dense.of(3), first, Dense.of(2), BatchNorm.of(), Dense.of(1))) {
      assertEquals(40, model.parameterCount());
      assertEquals(30, model.trainableParams().stream().mapToLong(Tensor::size).sum());
      assertEquals(6, first.params().stream().mapToLong(Tensor::size).sum());
      assertEquals(12, first.state().values().stream().mapToLong(Tensor::size).sum());
    }
  }
}
