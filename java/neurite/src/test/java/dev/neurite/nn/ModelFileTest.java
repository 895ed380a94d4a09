package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.error.FormatException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.io.Json;
import dev.neurite.io.ModelArchive;
import dev.neurite.ops.RandomOp;
import dev.neurite.regularizer.L1L2;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

  @TempDir Path folder;

  private static Tensor random(Shape shape) {
    return RandomOp.normal(shape, DType.FLOAT32, 0, 1, RandomStream.of(2, "x"));
  }

  private static Map<String, Map.Entry<Layer, Shape>> layers() {
    Map<String, Map.Entry<Layer, Shape>> all = new LinkedHashMap<>();
    Shape image = Shape.of(3, 8, 6, 4);
    all.put(
        "Dense",
        Map.entry(
            Dense.of(3).activation(Activation.leakyRelu(0.2)).kernelRegularizer(L2.of(0.01)).biasRegularizer(
                L1L2.of(0.1, 0.2)).kernelInitializer(Initializers.heNormal().truncated(false)),
            Shape.of(3, 5)));
    all.put("Dense without bias", Map.entry(Dense.of(3).bias(false), Shape.of(3, 5)));
    all.put(
        "Conv2D",
        Map.entry(
            Conv2D.of(6, 3, 2).stride(2, 1).dilation(1, 2).groups(2).padding(Padding.of(1, 0, 2, 1)).activation(
                Activation.GELU),
            image));
    all.put("Conv2D same", Map.entry(Conv2D.of(6, 3).padding(Padding.SAME), image));
    all.put("DepthwiseConv2D", Map.entry(DepthwiseConv2D.of(3).multiplier(2), image));
    all.put("MaxPool2D", Map.entry(MaxPool2D.of(3).stride(2).padding(Padding.SAME), image));
    all.put("AvgPool2D", Map.entry(AvgPool2D.of(2).padding(Padding.of(1)).countPadding(false), image));
    all.put("GlobalAvgPool2D", Map.entry(GlobalAvgPool2D.of(), image));
    all.put("GlobalMaxPool2D", Map.entry(GlobalMaxPool2D.of(), image));
    all.put("Flatten", Map.entry(Flatten.of(), image));
    all.put("Reshape", Map.entry(Reshape.of(-1, 4), image));
    all.put("Dropout", Map.entry(Dropout.of(0.3), image));
    all.put("BatchNorm", Map.entry(BatchNorm.of().momentum(0.9).epsilon(1e-5).unbiased(true), image));
    all.put("BatchNorm bare", Map.entry(BatchNorm.of().scale(false).center(false), image));
    all.put("Activation", Map.entry(Activation.relu(0.1, 2, 0.5), image));
    all.put("Activation without ceiling", Map.entry(Activation.relu(0.1, 0.5), image));
    all.put("Softmax", Map.entry(Activation.SOFTMAX, image));
    all.put(
        "lambda initialiser",
        Map.entry(Dense.of(3).kernelInitializer((s, t, r) -> Tensor.full(s, 0.5, t)), Shape.of(3, 5)));
    return all;
  }

  @TestFactory
  Stream<DynamicTest> everyLayerSurvivesSavingAndLoading() {
    return layers().keySet().stream().map(name -> DynamicTest.dynamicTest(name, () -> roundTrip(name)));
  }

  private void roundTrip(String name) {
    try (Scope scope = Scope.open()) {
      Layer layer = layers().get(name).getKey();
      Tensor x = random(layers().get(name).getValue());
      long[] dims = x.shape().dims();
      Model model = Model.sequential("saved", Input.of(java.util.Arrays.copyOfRange(dims, 1, dims.length)), layer);
      model.call(x, Pass.training(1));
      Path file = folder.resolve("layer.neurite");

      model.save(file);
      Model back = Model.load(file);

      assertArrayEquals(model.call(x).toFloats(), back.call(x).toFloats());
      assertEquals(model.summary(), back.summary());
      assertEquals(model.state().keySet(), back.state().keySet());
      assertEquals(ModelConfig.write(model), ModelConfig.write(back));
      model.close();
      back.close();
    }
  }

  private static Model branched() {
    Input a = Input.of(3).name("left");
    Input b = Input.of(3);
    Model encoder = Model.sequential("encoder", Input.of(3), Dense.of(4).activation(Activation.TANH), BatchNorm.of());
    Node x = encoder.on(a);
    Node y = encoder.on(b);
    Node sum = Add.of().on(x, y);
    Dense head = Dense.of(1).name("head");
    head.trainable(false);
    return Model.of("siamese", List.of(a, b), List.of(Concat.of().on(sum, x), head.on(sum)));
  }

  @Test
  void branchesSharedBlocksNestedModelsAndFrozenPartsSurvive() {
    try (Scope scope = Scope.open()) {
      Model model = branched();
      Path file = folder.resolve("branched.neurite");
      model.save(file);

      Model back = Model.load(file);

      List<Tensor> in = List.of(random(Shape.of(5, 3)), random(Shape.of(5, 3)).mul(2));
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(
            model.call(in, Pass.inference()).get(i).toFloats(), back.call(in, Pass.inference()).get(i).toFloats());
      }
      assertEquals("left", back.inputs().get(0).name());
      assertFalse(back.block("head").trainable());
      assertTrue(back.block("encoder").trainable());
      assertEquals(model.trainableParams().size(), back.trainableParams().size());
      assertEquals(model.toString(), back.toString());
    }
  }

  @Test
  void float64AndEmbeddingModelsSurvive() {
    try (Scope scope = Scope.open()) {
      Model model =
          Model.sequential(
              Input.of(4).dtype(DType.INT64), Embedding.of(7, 3).dtype(DType.FLOAT64).paddingIndex(0), Flatten.of(),
              Dense.of(2));
      Path file = folder.resolve("embedding.neurite");
      model.save(file);

      Model back = Model.load(file);

      Tensor ids = Tensor.of(new long[] {0, 6, 3, 3}, Shape.of(1, 4));
      assertArrayEquals(model.call(ids).toDoubles(), back.call(ids).toDoubles());
      back.params().forEach(p -> assertEquals(DType.FLOAT64, p.dtype()));
    }
  }

  @Test
  void theSameModelGivesTheSameFile() throws IOException {
    Model model = Model.sequential(Input.of(3), Dense.of(2));
    model.save(folder.resolve("a"));
    model.save(folder.resolve("b"));

    assertArrayEquals(Files.readAllBytes(folder.resolve("a")), Files.readAllBytes(folder.resolve("b")));
  }

  /** A layer of a user's own. */
  static final class Scale extends Layer {
    record Config(double start, List<Long> unused) {}

    private final double start;
    private Param factor;

    Scale(double start) {
      this.start = start;
    }

    @Override
    protected Shape build(Shape in) {
      factor = param("factor", Shape.of(in.last()), Initializers.constant(start));
      return in;
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      return x.mul(factor);
    }

    @Override
    public Config config() {
      return new Config(start, List.of(1L, 2L));
    }
  }

  /** One that is never registered. */
  static final class Unknown extends Layer {
    @Override
    protected Shape build(Shape in) {
      return in;
    }

    @Override
    protected Tensor forward(Tensor x, Pass pass) {
      return x;
    }
  }

  @Test
  void registeredLayersSurviveAndUnknownOnesAreNamed() {
    Layers.register("Scale", Scale.class, Scale.Config.class, c -> new Scale(c.start()));
    Path file = folder.resolve("own.neurite");
    Model.sequential(Input.of(3), new Scale(2.5)).save(file);

    assertEquals(2.5, Model.load(file).state().get("scale.factor").get(1));

    Model unknown = Model.sequential(Input.of(3), new Unknown());
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> unknown.save(file));
    assertEquals(
        "Unknown 'unknown': its type is not registered, so the model's structure cannot be saved",
        e.getMessage().lines().findFirst().orElseThrow());
    assertEquals(2.5, Model.load(file).state().get("scale.factor").get(1), "the old file stays");
    unknown.saveWeights(folder.resolve("weights.safetensors"));
    assertThrows(
        IllegalArgumentException.class, () -> Layers.register("Dense", Unknown.class, Unknown::new));
  }

  @Test
  void weightsAloneAreSavedAndLoaded() {
    Path file = folder.resolve("w.safetensors");
    Model one = Model.sequential(Input.of(3), Dense.of(2));
    Model two = Model.sequential(Input.of(3), Dense.of(2));
    Model other = Model.sequential(Input.of(4), Dense.of(2));
    Model wide = Model.sequential(Input.of(3).dtype(DType.FLOAT64), Dense.of(2));
    one.saveWeights(file);

    two.loadWeights(file);
    wide.loadWeights(file, Loading.CONVERT);

    assertArrayEquals(one.params().get(0).toFloats(), two.params().get(0).toFloats());
    assertArrayEquals(one.params().get(0).toDoubles(), wide.params().get(0).toDoubles());
    assertThrows(ShapeException.class, () -> other.loadWeights(file));
    ShapeException e = assertThrows(ShapeException.class, () -> wide.loadWeights(file));
    assertTrue(e.getMessage().contains("dense.kernel: expected FLOAT64, given FLOAT32"), e.getMessage());
    float[] bias = other.state().get("dense.bias").toFloats();
    one.state().get("dense.bias").assign(Tensor.of(4f, 5f));
    one.saveWeights(file);
    other.loadWeights(file, Loading.MATCHING);
    assertArrayEquals(new float[] {4, 5}, other.state().get("dense.bias").toFloats());
    assertEquals(0, bias[0]);
  }

  // ---- damaged files

  private FormatException refused(Path file) {
    long before = Neurite.memory().liveBlocks();
    FormatException e = assertThrows(FormatException.class, () -> Model.load(file));
    assertTrue(Neurite.memory().liveBlocks() <= before, "blocks left behind");
    return e;
  }

  /** A sound file with its configuration rewritten; the checksums are right again. */
  private Path rewritten(UnaryOperator<String> change) {
    try (Scope scope = Scope.open()) {
      Path file = folder.resolve("changed.neurite");
      Model.sequential("m", Input.of(3), Dense.of(2)).save(file);
      ModelArchive archive = ModelArchive.read(file);
      String text = new String(Json.write(archive.config(), false), StandardCharsets.UTF_8);
      String changed = change.apply(text);
      assertFalse(changed.equals(text), "nothing was changed in " + text);
      ModelArchive.write(
          file, Json.readObject("test", changed.getBytes(StandardCharsets.UTF_8)), archive.weights());
      return file;
    }
  }

  private String reason(String from, String to) {
    return refused(rewritten(text -> text.replace(from, to))).reason().lines().findFirst().orElseThrow();
  }

  @Test
  void emptyMissingAndForeignFilesAreRefused() throws IOException {
    Path file = folder.resolve("x.neurite");
    assertThrows(UncheckedIOException.class, () -> Model.load(file));
    Files.write(file, new byte[0]);
    assertEquals("expected a model file, given 0 bytes", refused(file).reason());
    Files.write(file, new byte[1000]);
    assertTrue(refused(file).reason().startsWith("expected a model file (a zip)"));
    assertTrue(refused(folder).reason().contains("given a directory"));
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path file = folder.resolve("t.neurite");
    Model.sequential(Input.of(3), Dense.of(2)).save(file);
    byte[] whole = Files.readAllBytes(file);
    for (int n = 0; n < whole.length; n += 37) {
      Files.write(file, java.util.Arrays.copyOf(whole, n));
      refused(file);
    }
  }

  @Test
  void everyFlippedBitIsRefusedOrHarmless() throws IOException {
    Path file = folder.resolve("f.neurite");
    Model model = Model.sequential(Input.of(3), Dense.of(20));
    model.save(file);
    byte[] whole = Files.readAllBytes(file);
    float[] expected = model.params().get(0).toFloats();
    int refusals = 0;
    for (int i = 0; i < whole.length; i += 3) {
      byte[] flipped = whole.clone();
      flipped[i] ^= (byte) (1 << (i % 8));
      Files.write(file, flipped);
      try (Model back = Model.load(file)) {
        assertArrayEquals(expected, back.params().get(0).toFloats(), "byte " + i);
      } catch (FormatException e) {
        refusals++;
      }
    }
    assertTrue(refusals * 3 > whole.length * 0.8, refusals + " of " + whole.length / 3);
  }

  @Test
  void wrongConfigurationsAreRefusedWithTheKey() {
    assertEquals(
        "blocks[0].config.units: expected long, given 2.5", reason("\"units\":2", "\"units\":2.5"));
    assertEquals("blocks[0].config: Dense: expected at least one unit, given -2", reason("\"units\":2", "\"units\":-2"));
    assertTrue(reason("\"units\":2", "\"unit\":2").startsWith("blocks[0].config: unknown key 'unit', expected [units"));
    assertTrue(reason("\"bias\":true,", "").startsWith("blocks[0].config: missing key 'bias'"));
    assertTrue(reason("\"linear\"", "\"evil\"").startsWith("blocks[0].config.activation: activation: expected one of"));
    assertTrue(reason("\"Dense\"", "\"java.lang.Runtime\"").startsWith("blocks[0].type: expected one of [Activation"));
    assertEquals("version: expected at most 1, given 2; a newer Neurite wrote this file",
        reason("\"version\":1", "\"version\":2"));
    assertEquals("format: expected neurite-model, given other", reason("\"neurite-model\"", "\"other\""));
    assertEquals("steps[0].block: expected a number below 1, given 7", reason("\"block\":0", "\"block\":7"));
    assertEquals("outputs: expected a number below 2, given 9", reason("\"outputs\":[1]", "\"outputs\":[9]"));
    assertEquals("frozen: expected a block's path, given 'x'", reason("\"frozen\":[]", "\"frozen\":[\"x\"]"));
    assertEquals(
        "inputs[0].dtype: expected one of [FLOAT32, FLOAT64, INT32, INT64, UINT8, BOOL, BFLOAT16], given EVIL",
        reason("\"FLOAT32\"", "\"EVIL\""));
    assertTrue(reason("\"VarianceScaling\"", "\"Runtime\"").contains("kernelInitializer: expected a type among"));
  }

  @Test
  void aConfigurationThatAsksForMoreValuesThanStoredIsRefusedBeforeAllocating() {
    long peak = Neurite.memory().live() + (64 << 20);
    Neurite.resetPeakMemory();

    assertTrue(
        reason("\"units\":2", "\"units\":4000000000000").contains("expected at most 8 further stored values"));
    assertTrue(Neurite.memory().peak() < peak);
    assertTrue(reason("\"units\":2", "\"units\":1").contains("differences"));
  }

  @Test
  void aZipBombIsRefused() throws IOException {
    Path file = folder.resolve("bomb.neurite");
    try (var zip = new java.util.zip.ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new java.util.zip.ZipEntry("config.json"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 60; i++) {
        zip.write(zeros);
      }
      zip.closeEntry();
    }
    assertTrue(refused(file).reason().startsWith("entry config.json: expected at most"), refused(file).reason());
  }
}
