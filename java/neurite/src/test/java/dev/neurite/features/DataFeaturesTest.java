package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.data.Batch;
import dev.neurite.data.Classes;
import dev.neurite.data.Dataset;
import dev.neurite.data.Digits;
import dev.neurite.data.Mnist;
import dev.neurite.data.Split;
import dev.neurite.io.Pnm;
import dev.neurite.io.Safetensors;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.Fit;
import dev.neurite.vision.Augment;
import dev.neurite.vision.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** H13, I30, J1, J4, J5, J17: pictures, labels, splits, and what others have written. */
class DataFeaturesTest {

  private static final Path FASHION = Path.of("/usr/share/datasets/fashion-mnist");

  @TempDir Path folder;

  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(13);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Model digits() {
    return Model.sequential(
            Input.of(8, 8, 1), Flatten.of(), Dense.of(128).activation(Activation.RELU),
            Dense.of(64).activation(Activation.RELU), Dense.of(10))
        .compile(Adam.of(2e-3), Losses.softmaxCrossEntropy(), Metrics.accuracy());
  }

  /** Every test picture at its place and the eight places one pixel away. */
  private static Dataset shifted(Dataset test) {
    List<Tensor> pictures = new ArrayList<>();
    List<Tensor> labels = new ArrayList<>();
    Batch all = test.all();
    Tensor framed = all.x().pad(new long[] {0, 1, 1, 0}, new long[] {0, 1, 1, 0}, 0);
    for (int down = 0; down <= 2; down++) {
      for (int right = 0; right <= 2; right++) {
        pictures.add(framed.slice(1, down, down + 8).slice(2, right, right + 8));
        labels.add(all.y());
      }
    }
    return Dataset.of(Tensor.concat(0, pictures), Tensor.concat(0, labels));
  }

  @Test
  void H13_shiftAugmentationMakesShiftedDigitsReadable() {
    Digits digits = Digits.load();
    Dataset moved = shifted(digits.test());
    Model plain = digits();
    plain.fit(digits.train(), Fit.epochs(100).batch(64).seed(1));
    Model augmented = digits();
    augmented.fit(digits.train().map(Augment.of().shift(1, 1)), Fit.epochs(100).batch(64).seed(1));

    double before = plain.evaluate(moved).value("accuracy");
    double after = augmented.evaluate(moved).value("accuracy");
    System.out.printf(java.util.Locale.ROOT, "H13: shifted digits %.3f without, %.3f with augmentation%n", before,
        after);
    assertTrue(before < 0.6, "without augmentation " + before);
    assertTrue(after >= 0.94, "with augmentation " + after);
  }

  @Test
  void I30_splitsAreStratifiedSeededAndDisjoint() {
    int n = 300;
    long[] ids = new long[n];
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      ids[i] = i;
      labels[i] = i % 10 == 0 ? 2 : i % 10 < 4 ? 1 : 0; // 60, 30 and 10 percent
    }
    Dataset data = Dataset.of(Tensor.ofLongs(ids), Tensor.ofLongs(labels));
    Split rest = data.stratifiedSplit(0.8, 5);
    Split held = rest.second().stratifiedSplit(0.5, 6);
    List<Dataset> parts = List.of(rest.first(), held.first(), held.second());
    Set<Long> seen = new HashSet<>();
    int total = 0;
    for (Dataset part : parts) {
      Map<Long, Integer> counts = new TreeMap<>();
      Batch rows = part.all();
      for (int i = 0; i < rows.size(); i++) {
        assertTrue(seen.add(rows.x().toLongs()[i]), "example " + rows.x().toLongs()[i] + " leaked into two parts");
        counts.merge(rows.y().toLongs()[i], 1, Integer::sum);
        total++;
      }
      long size = part.size();
      assertEquals(Map.of(0L, (int) (size * 6 / 10), 1L, (int) (size * 3 / 10), 2L, (int) (size / 10)), counts);
    }
    assertEquals(n, total);
    assertArrayEquals(
        rest.first().all().x().toLongs(), data.stratifiedSplit(0.8, 5).first().all().x().toLongs(), "the same seed");
    assertTrue(
        !java.util.Arrays.equals(
            rest.first().all().x().toLongs(), data.stratifiedSplit(0.8, 7).first().all().x().toLongs()),
        "another seed");
  }

  @Test
  void J1_oneHotLabelsComeBackAndUnknownClassesAreRefused() {
    List<String> labels = List.of("virginica", "setosa", "setosa", "versicolor");
    Classes species = Classes.fit(labels);

    assertEquals(List.of("setosa", "versicolor", "virginica"), species.names());
    assertArrayEquals(new long[] {2, 0, 0, 1}, species.numbers(labels).toLongs());
    assertArrayEquals(new float[] {0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0}, species.oneHot(labels).toFloats());
    assertEquals(labels, species.names(species.oneHot(labels)));
    assertEquals(labels, species.names(species.numbers(labels)));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> species.numbers(List.of("setosa", "rose")));
    assertTrue(e.getMessage().contains("'rose' at index 1"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> species.number("rose"));
    assertThrows(IllegalArgumentException.class, () -> species.names(Tensor.ofLongs(3)));
    assertThrows(IllegalArgumentException.class, () -> Classes.of(List.of("a", "a")));
    assertThrows(IllegalArgumentException.class, () -> Classes.of(List.of()));
  }

  /** The sums of the package's files; Debian's package dataset-fashion-mnist lists the same. */
  @Test
  void J4_fashionMnistFromTheDistributionsPackage() throws Exception {
    if (!Files.isDirectory(FASHION)) {
      System.out.println("J4 skipped: no " + FASHION + "; install the package dataset-fashion-mnist");
    }
    Assumptions.assumeTrue(Files.isDirectory(FASHION), "dataset-fashion-mnist is not installed");
    Map<String, String> sums =
        Map.of(
            "t10k-images-idx3-ubyte.gz", "f78720b4224f21cce2f2ccf2d7a94c9a",
            "t10k-labels-idx1-ubyte.gz", "0d30e22e447f3c33dab9ed536400ac01",
            "train-images-idx3-ubyte.gz", "cf8536b0aa1a6ac5fa3f23001093305c",
            "train-labels-idx1-ubyte.gz", "10bea18fdb374794d4bb42e356e600c9");
    for (Map.Entry<String, String> e : sums.entrySet()) {
      byte[] sum = MessageDigest.getInstance("MD5").digest(Files.readAllBytes(FASHION.resolve(e.getKey())));
      assertEquals(e.getValue(), HexFormat.of().formatHex(sum), e.getKey());
    }
    Mnist fashion = Mnist.load(FASHION);
    assertEquals(60_000, fashion.train().size());
    assertEquals(10_000, fashion.test().size());
    Batch first = fashion.train().batch(1).epoch(0, 0).next();
    assertEquals(Shape.of(1, 28, 28, 1), first.x().shape());
    assertArrayEquals(new long[] {9}, first.y().toLongs(), "the first picture is an ankle boot");
  }

  @Test
  void J5_pictureAsRedGreenAndBlueMatricesAndAsOneVector() throws IOException {
    StringBuilder text = new StringBuilder("P3 128 128 255\n");
    for (int i = 0; i < 128; i++) {
      for (int j = 0; j < 128; j++) {
        text.append(i + j).append(' ').append(i).append(' ').append(200).append('\n');
      }
    }
    Path file = Files.writeString(folder.resolve("picture.ppm"), text);
    Tensor picture = Images.resize(Pnm.read(file).cast(DType.FLOAT32), 64, 64);
    Tensor vector = picture.reshape(64 * 64 * 3);

    assertEquals(Shape.of(64, 64, 3), picture.shape());
    assertEquals(Shape.of(12_288), vector.shape());
    Tensor red = picture.select(2, 0);
    assertEquals(2 * (10 + 20) + 1, red.get(10, 20), 1e-3, "the mean of four pixels");
    assertEquals(2 * 10 + 0.5, picture.select(2, 1).get(10, 20), 1e-3);
    assertEquals(200, picture.select(2, 2).min().item(), 1e-3);
    assertEquals(red.get(10, 20), vector.get((10 * 64 + 20) * 3));
    assertArrayEquals(picture.toFloats(), vector.reshape(64, 64, 3).toFloats());
  }

  /** The half of J17 that this version has; models of other libraries in ONNX come later. */
  @Test
  void J17_weightsOfOthersAreReadFromSafetensors() {
    Map<String, Tensor> foreign = new LinkedHashMap<>();
    foreign.put("fc1.weight", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, Shape.of(3, 2)));
    foreign.put("fc1.bias", Tensor.of(0.5f, -0.5f, 1f));
    Path file = folder.resolve("model.safetensors");
    Safetensors.write(file, foreign, Map.of("format", "pt"));

    Safetensors read = Safetensors.read(file);
    Model model = Model.sequential(Input.of(2), Dense.of(3));
    Map<String, Tensor> byLayer = new HashMap<>();
    byLayer.put("kernel", read.tensors().get("fc1.weight").transpose()); // PyTorch keeps (out, in)
    byLayer.put("bias", read.tensors().get("fc1.bias"));
    for (Param p : model.params()) {
      String name = p.name().substring(p.name().lastIndexOf('.') + 1);
      p.assign(byLayer.get(name.substring(name.lastIndexOf('/') + 1)));
    }
    Tensor y = model.predict(Tensor.of(new float[] {10, 1}, Shape.of(1, 2)));
    assertArrayEquals(new float[] {12.5f, 33.5f, 57}, y.toFloats(), 1e-5f);
    assertEquals(Map.of("format", "pt"), read.metadata());
  }
}
