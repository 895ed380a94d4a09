package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.AvgPool2D;
import dev.neurite.nn.Block;
import dev.neurite.nn.Conv1D;
import dev.neurite.nn.Conv1DTranspose;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Conv2DTranspose;
import dev.neurite.nn.Conv3D;
import dev.neurite.nn.Conv3DTranspose;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.GlobalAvgPool2D;
import dev.neurite.nn.Input;
import dev.neurite.nn.Layer;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Padding;
import dev.neurite.ops.RandomOp;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import dev.neurite.vision.EdgeKernel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows C3 to C15 and H16 of the feature map: convolutions, poolings, flattening, counts. */
class SpatialFeaturesTest {

  @TempDir Path folder;

  private static Tensor random(String name, long... dims) {
    return RandomOp.normal(Shape.of(dims), DType.FLOAT64, 0, 1, RandomStream.of(3, name));
  }

  /** A built layer whose kernel is set by hand. */
  private static <L extends Layer> L with(L layer, Tensor x, Tensor kernel) {
    layer.call(x);
    layer.ownParams().get("kernel").assign(kernel);
    return layer;
  }

  private static Tensor image(double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return Tensor.of(flat, Shape.of(1, rows.length, rows[0].length, 1), DType.FLOAT64);
  }

  private static double difference(Tensor a, Tensor b) {
    assertEquals(a.shape(), b.shape());
    return a.sub(b).abs().max().item();
  }

  @Test
  void C3_flattenKeepsItsDocumentedChannelsLastOrderThroughSaveAndLoad() {
    try (Scope scope = Scope.open()) {
      Model model = Model.sequential(Input.of(7, 7, 32), Flatten.of(), Dense.of(2));
      assertEquals(1_568, model.children().get("flatten").outputShapes().get(0).last());

      Tensor x = Tensor.range(0, 1, 7 * 7 * 32, DType.FLOAT32).reshape(1, 7, 7, 32);
      Tensor flat = Flatten.of().call(x);
      for (int[] at : new int[][] {{0, 0, 1}, {0, 1, 0}, {3, 5, 30}, {6, 6, 31}}) {
        assertEquals(x.get(0, at[0], at[1], at[2]), flat.get(0, (at[0] * 7 + at[1]) * 32 + at[2]));
      }
      Path file = folder.resolve("flatten.neurite");
      model.save(file);
      Model back = Model.load(file);
      assertArrayEquals(model.call(x).toFloats(), back.call(x).toFloats());
      model.close();
      back.close();
    }
  }

  @Test
  void C4_theWorkedConvolutionsComeOutExactly() {
    try (Scope scope = Scope.open()) {
      Tensor binary = image(new double[][] {
        {1, 1, 1, 0, 0}, {0, 1, 1, 1, 0}, {0, 0, 1, 1, 1}, {0, 0, 1, 1, 0}, {0, 1, 1, 0, 0}});
      Tensor cross = image(new double[][] {{1, 0, 1}, {0, 1, 0}, {1, 0, 1}}).reshape(3, 3, 1, 1);
      Conv2D conv = with(Conv2D.of(1, 3), binary, cross);
      assertArrayEquals(new double[] {4, 3, 4, 2, 4, 3, 2, 3, 4}, conv.call(binary).toDoubles());

      double[][] halves = new double[6][];
      Arrays.fill(halves, new double[] {10, 10, 10, 0, 0, 0});
      Tensor edge = Conv2D.of(1, 3).bias(false).kernelInitializer(EdgeKernel.PREWITT.vertical()).call(image(halves));
      for (int row = 0; row < 4; row++) {
        assertArrayEquals(
            new double[] {0, 30, 30, 0}, edge.slice(1, row, row + 1).toDoubles());
      }
      Model bank = Model.sequential(Input.of(8, 8, 3), Conv2D.of(5, 3));
      assertEquals(140, bank.parameterCount());
      bank.close();
    }
  }

  @Test
  void C5_conv1dHasTheLengthOfTheFormulaAndRightGradients() {
    try (Scope scope = Scope.open()) {
      for (long n : new long[] {5, 16, 17}) {
        for (long kernel : new long[] {1, 2, 5}) {
          for (long stride : new long[] {1, 2, 3}) {
            for (long pad : new long[] {0, 1, 3}) {
              Tensor y = Conv1D.of(1, kernel).stride(stride).padding(Padding.of(pad)).call(random("x", 1, n, 2));
              assertEquals((n + 2 * pad - kernel) / stride + 1, y.dim(1));
            }
            assertEquals((n + stride - 1) / stride,
                Conv1D.of(1, kernel).stride(stride).padding(Padding.SAME).call(random("x", 1, n, 2)).dim(1));
          }
        }
      }
      Param x = Param.of("x", random("x", 2, 9, 3));
      Conv1D conv = Conv1D.of(4, 3).dilation(2).padding(Padding.CAUSAL).activation(Activation.TANH);
      conv.call(x);
      List<Param> all = new java.util.ArrayList<>(conv.params());
      all.add(x);
      GradCheck.Report report = GradCheck.check(() -> conv.call(x).square().mul(random("w", 2, 9, 4)).sum(), all);
      assertTrue(report.passes(1e-6), report.toString());
    }
  }

  @Test
  void C6_aOneByOneConvolutionIsAMatrixProductOverPixels() {
    try (Scope scope = Scope.open()) {
      Tensor x = random("x", 2, 5, 4, 7);
      Tensor w = random("w", 7, 3);
      Tensor y = with(Conv2D.of(3, 1), x, w.reshape(1, 1, 7, 3)).call(x);
      assertEquals(0, difference(y, x.reshape(40, 7).matmul(w).reshape(2, 5, 4, 3)), 1e-12);
    }
  }

  @Test
  void C7_outputSizesFollowTheFloorRule() {
    for (long n : new long[] {5, 6, 7, 32, 39}) {
      for (long f : new long[] {1, 2, 3, 5}) {
        for (long s : new long[] {1, 2, 3, 4}) {
          for (long p : new long[] {0, 1, 2}) {
            long want = Math.floorDiv(n + 2 * p - f, s) + 1;
            assertEquals(want, outLength(n, Conv2D.of(1, f).stride(s).padding(Padding.of(p))));
          }
          assertEquals(Math.floorDiv(n - f, s) + 1, outLength(n, Conv2D.of(1, f).stride(s)));
          assertEquals((n + s - 1) / s, outLength(n, Conv2D.of(1, f).stride(s).padding(Padding.SAME)));
        }
      }
    }
    assertEquals(8, outLength(32, Conv2D.of(1, 5).stride(4).padding(Padding.SAME)));
  }

  private static long outLength(long n, Layer layer) {
    try (Model model = Model.sequential(Input.of(n, n, 1), layer)) {
      Shape out = model.outputShapes().get(0);
      assertEquals(out.dim(1), out.dim(2));
      return out.dim(1);
    }
  }

  @Test
  void C8_stridesSkipPositions() {
    try (Scope scope = Scope.open()) {
      Tensor x = random("x", 1, 7, 7, 1);
      Tensor w = random("w", 3, 3, 1, 1);
      Tensor dense = with(Conv2D.of(1, 3), x, w).call(x);
      Tensor y = with(Conv2D.of(1, 3).stride(2), x, w).call(x);
      assertEquals(Shape.of(1, 3, 3, 1), y.shape());
      for (int i = 0; i < 9; i++) {
        assertEquals(dense.get(0, i / 3 * 2, i % 3 * 2, 0), y.get(0, i / 3, i % 3, 0), 1e-12);
      }
    }
  }

  @Test
  void C9_eachFilterSeesAllChannelsOfAVolume() {
    try (Scope scope = Scope.open()) {
      Tensor x = random("x", 1, 6, 6, 3);
      Tensor w = random("w", 3, 3, 3, 2);
      Tensor y = with(Conv2D.of(2, 3), x, w).call(x);
      assertEquals(Shape.of(1, 4, 4, 2), y.shape());
      double sum = 0;
      for (int i = 0; i < 27; i++) {
        sum += x.get(0, 1 + i / 9, 2 + i / 3 % 3, i % 3) * w.get(i / 9, i / 3 % 3, i % 3, 1);
      }
      assertEquals(sum, y.get(0, 1, 2, 1), 1e-12);
    }
  }

  @Test
  void C10_weightsAreSharedAndTheMapMovesWithTheInput() {
    try (Scope scope = Scope.open()) {
      for (long size : new long[] {5, 28, 224}) {
        try (Model model = Model.sequential(Input.of(size, size, 1), Conv2D.of(1, 3).bias(false))) {
          assertEquals(9, model.parameterCount());
        }
      }
      Tensor x = random("x", 1, 12, 12, 2);
      Conv2D conv = Conv2D.of(4, 3).activation(Activation.RELU);
      Tensor whole = conv.call(x);
      Tensor moved = conv.call(x.slice(1, 2, 12).slice(2, 3, 12));
      assertEquals(0, difference(whole.slice(1, 2, 10).slice(2, 3, 10), moved), 1e-12);
    }
  }

  @Test
  void C11_transposedConvolutionIsTheAdjoint() {
    try (Scope scope = Scope.open()) {
      adjoint(random("x", 2, 11, 3), random("k", 4, 3, 5), Conv1D.of(5, 4).stride(3).padding(Padding.of(1)),
          Conv1DTranspose.of(3, 4).stride(3).padding(Padding.of(1)));
      adjoint(random("x", 2, 9, 8, 4), random("k", 3, 2, 2, 6),
          Conv2D.of(6, 3, 2).stride(2).dilation(2).groups(2).padding(Padding.of(2, 1, 0, 1)),
          Conv2DTranspose.of(4, 3, 2).stride(2).dilation(2).groups(2).padding(Padding.of(2, 1, 0, 1)).outputPadding(1, 0));
      adjoint(random("x", 2, 8, 6, 2), random("k", 3, 3, 2, 4), Conv2D.of(4, 3).stride(2).padding(Padding.SAME),
          Conv2DTranspose.of(2, 3).stride(2).padding(Padding.SAME));
      adjoint(random("x", 1, 5, 6, 7, 2), random("k", 2, 3, 3, 2, 3), Conv3D.of(3, 2, 3, 3).stride(1, 1, 2),
          Conv3DTranspose.of(2, 2, 3, 3).stride(1, 1, 2));
    }
  }

  /** {@code <Ax, y> = <x, A'y>} with one kernel for both. */
  private static void adjoint(Tensor x, Tensor kernel, Layer convolution, Layer transposed) {
    Tensor ax = with(convolution, x, kernel).call(x);
    Tensor y = random("y", ax.shape().dims());
    Tensor back = with(transposed, y, kernel).call(y);
    assertEquals(x.shape(), back.shape());
    double left = ax.mul(y).sum().item();
    assertEquals(left, x.mul(back).sum().item(), 1e-10 * (1 + Math.abs(left)));
    assertNotEquals(0, left);
  }

  @Test
  void C12_dilatedCausalConvolutionsSeeOnlyThePast() {
    int length = 40;
    try (Scope scope = Scope.open()) {
      Layer[] layers = new Layer[4];
      Tensor first = random("x", 1, length, 1);
      for (int i = 0; i < layers.length; i++) {
        layers[i] = Conv1D.of(3, 2).dilation(1L << i).padding(Padding.CAUSAL).activation(Activation.TANH);
      }
      for (int t : new int[] {0, 7, 20, 39}) {
        try (Tape tape = Tape.open()) {
          tape.watch(first);
          Tensor y = first;
          for (Layer layer : layers) {
            y = layer.call(y);
          }
          assertEquals(length, y.dim(1));
          double[] influence = tape.gradients(y.slice(1, t, t + 1).sum(), List.of(first)).of(first).toDoubles();
          for (int s = 0; s < length; s++) {
            boolean seen = s <= t && s > t - 16; // 1 + 1 + 2 + 4 + 8 steps
            assertEquals(seen, influence[s] != 0, "output " + t + ", input " + s);
          }
        }
      }
    }
  }

  @Test
  void C13_edgeKernelsAreSetByHandAndStayFrozen() {
    Neurite.seed(4);
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new double[][] {{3, 0, -3}, {10, 0, -10}, {3, 0, -3}}, EdgeKernel.SCHARR.matrix());
      assertArrayEquals(new double[][] {{1, 0, -1}, {2, 0, -2}, {1, 0, -1}}, EdgeKernel.SOBEL.matrix());
      assertArrayEquals(new double[][] {{1, 0, -1}, {1, 0, -1}, {1, 0, -1}}, EdgeKernel.PREWITT.matrix());

      Conv2D vertical = Conv2D.of(1, 3).bias(false).kernelInitializer(EdgeKernel.SCHARR.vertical());
      Conv2D horizontal = Conv2D.of(1, 3).bias(false).kernelInitializer(EdgeKernel.SCHARR.horizontal());
      Tensor x = random("x", 1, 6, 5, 1);
      assertEquals(0, difference(vertical.call(x), horizontal.call(x.permute(0, 2, 1, 3)).permute(0, 2, 1, 3)), 1e-12);

      Conv2D frozen = Conv2D.of(1, 3).bias(false).kernelInitializer(EdgeKernel.SCHARR.vertical());
      frozen.trainable(false);
      Dense free = Dense.of(1);
      Model model = Model.sequential(Input.of(6, 6, 1), frozen, GlobalAvgPool2D.of(), free)
          .compile(Sgd.of(0.01), Losses.meanSquaredError());
      double[] before = free.kernel().toDoubles();
      Tensor data = RandomOp.normal(Shape.of(16, 6, 6, 1), DType.FLOAT32, 0, 1, RandomStream.of(1, "x"));
      model.fit(Dataset.of(data, data.mean(1, 2)), Fit.epochs(2).batch(8));
      assertArrayEquals(new double[] {3, 0, -3, 10, 0, -10, 3, 0, -3}, frozen.ownParams().get("kernel").toDoubles());
      assertFalse(Arrays.equals(before, free.kernel().toDoubles()));
      model.close();
    }
  }

  @Test
  void C14_maxPoolingHalvesAndItsGradientGoesToTheLargestOnly() {
    assertEquals(14, outLength(28, MaxPool2D.of(2).stride(2)));
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = random("x", 1, 28, 28, 1);
      tape.watch(x);
      Tensor y = MaxPool2D.of(2).stride(2).call(x);
      double[] g = tape.gradients(y.sum(), List.of(x)).of(x).toDoubles();
      for (int i = 0; i < 28; i++) {
        for (int j = 0; j < 28; j++) {
          boolean largest = x.get(0, i, j, 0) == y.get(0, i / 2, j / 2, 0);
          assertEquals(largest ? 1 : 0, g[i * 28 + j]);
        }
      }
    }
  }

  @Test
  void C15_averagePoolingHalvesAndSpreadsItsGradientEvenly() {
    assertEquals(14, outLength(28, AvgPool2D.of(2).stride(2)));
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = random("x", 1, 28, 28, 1);
      tape.watch(x);
      Tensor y = AvgPool2D.of(2).stride(2).call(x);
      assertEquals(
          (x.get(0, 4, 6, 0) + x.get(0, 4, 7, 0) + x.get(0, 5, 6, 0) + x.get(0, 5, 7, 0)) / 4, y.get(0, 2, 3, 0), 1e-12);
      double[] g = tape.gradients(y.sum(), List.of(x)).of(x).toDoubles();
      double[] even = new double[28 * 28];
      Arrays.fill(even, 0.25);
      assertArrayEquals(even, g);
    }
  }

  @Test
  void H16_theSummaryShowsParametersAndMultiplyAddsOfEveryLayerAndInAll() {
    Block[] leNet = {
      Conv2D.of(6, 5), AvgPool2D.of(2), Conv2D.of(16, 5), AvgPool2D.of(2), Conv2D.of(120, 5), Flatten.of(),
      Dense.of(84), Dense.of(10)
    };
    try (Model model = Model.sequential(Input.of(32, 32, 1), leNet);
        Model simpler = Model.sequential(Input.of(32, 32, 1), Conv2D.of(6, 5), AvgPool2D.of(2), Flatten.of(), Dense.of(10))) {
      String summary = model.summary();
      String[][] rows = {{"conv2d ", "156", "117,600"}, {"conv2d_1 ", "2,416", "240,000"},
          {"conv2d_2 ", "48,120", "48,000"}, {"dense ", "10,164", "10,080"}, {"dense_1 ", "850", "840"}};
      for (String[] row : rows) {
        assertTrue(
            summary.lines().anyMatch(l -> l.startsWith(row[0]) && l.matches(".* +" + row[1] + " +" + row[2])), summary);
      }
      assertTrue(summary.contains("Parameters: 61,706 (trainable 61,706, non-trainable 0)"), summary);
      assertTrue(summary.contains("Multiply-adds per sample: 416,520"), summary);
      assertTrue(simpler.summary().contains("Parameters: 11,926 "), simpler.summary());
    }
  }
}
