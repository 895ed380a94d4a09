package dev.neurite.bench.peer;

import dev.neurite.nn.Activation;
import dev.neurite.nn.Add;
import dev.neurite.nn.BatchNorm;
import dev.neurite.nn.Block;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Embedding;
import dev.neurite.nn.Flatten;
import dev.neurite.nn.GlobalAvgPool1D;
import dev.neurite.nn.GlobalAvgPool2D;
import dev.neurite.nn.Input;
import dev.neurite.nn.Lstm;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.Node;
import dev.neurite.nn.Padding;
import dev.neurite.nn.PositionEmbedding;
import dev.neurite.nn.TransformerEncoderLayer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Tensor;

/** The networks of the catalogue's train and infer cases, as a user of this library writes them. */
final class Models {

  private static final double TORCH_MOMENTUM = 0.9;
  private static final int CLASSES = 10;
  private static final int CHARACTERS = 96;
  private static final int WORDS = 1000;

  private Models() {}

  static Model of(CaseLine c) {
    return switch (c.text("model")) {
      case "mlp" -> Model.sequential(
          Input.of(784),
          Dense.of(512).activation(Activation.RELU),
          Dense.of(256).activation(Activation.RELU),
          Dense.of(CLASSES));
      case "tinymlp" -> Model.sequential(Input.of(4), Dense.of(8).activation(Activation.RELU), Dense.of(3));
      case "lenet5" -> lenet();
      case "resnet18" -> resnet();
      case "charlm" -> languageModel(c.number("seq"));
      case "transformer" -> encoder(c.number("seq"));
      default -> throw new Work.Skip("no model " + c.text("model"));
    };
  }

  /** Random input, one batch. */
  static Tensor input(CaseLine c) {
    long batch = c.number("batch");
    return switch (c.text("model")) {
      case "mlp" -> Values.uniform("x", batch, 784);
      case "tinymlp" -> Values.uniform("x", batch, 4);
      case "lenet5" -> Values.uniform("x", batch, 28, 28, 1);
      case "resnet18" -> Values.uniform("x", batch, 32, 32, 3);
      case "charlm" -> Values.integers("x", CHARACTERS, batch, c.number("seq"));
      default -> Values.integers("x", WORDS, batch, c.number("seq"));
    };
  }

  /** Random labels for that input. */
  static Tensor labels(CaseLine c) {
    long batch = c.number("batch");
    return switch (c.text("model")) {
      case "charlm" -> Values.integers("labels", CHARACTERS, batch, c.number("seq"));
      case "tinymlp" -> Values.integers("labels", 3, batch);
      default -> Values.integers("labels", CLASSES, batch);
    };
  }

  private static Model languageModel(long steps) {
    return Model.sequential(
        Input.of(steps).dtype(DType.INT64),
        Embedding.of(CHARACTERS, 128),
        Lstm.of(512).returnSequences(true),
        Lstm.of(512).returnSequences(true),
        Dense.of(CHARACTERS));
  }

  /** Norm after the sum, mean over the positions, ten classes. */
  private static Model encoder(long steps) {
    Block[] blocks = new Block[8];
    blocks[0] = Embedding.of(WORDS, 256);
    blocks[1] = PositionEmbedding.of(steps);
    for (int i = 2; i < 6; i++) {
      blocks[i] = TransformerEncoderLayer.of(4, 1024).activation(Activation.GELU).dropout(0);
    }
    blocks[6] = GlobalAvgPool1D.of();
    blocks[7] = Dense.of(CLASSES);
    return Model.sequential(Input.of(steps).dtype(DType.INT64), blocks);
  }

  private static Model lenet() {
    return Model.sequential(
        Input.of(28, 28, 1),
        Conv2D.of(6, 5).padding(Padding.SAME).activation(Activation.RELU),
        MaxPool2D.of(2),
        Conv2D.of(16, 5).activation(Activation.RELU),
        MaxPool2D.of(2),
        Flatten.of(),
        Dense.of(120).activation(Activation.RELU),
        Dense.of(84).activation(Activation.RELU),
        Dense.of(CLASSES));
  }

  private static Model resnet() {
    Input in = Input.of(32, 32, 3);
    Node x = convolution(in, 64, 3, 1, true);
    int[] widths = {64, 128, 256, 512};
    int before = widths[0];
    for (int stage = 0; stage < widths.length; stage++) {
      for (int block = 0; block < 2; block++) {
        int stride = block == 0 && stage > 0 ? 2 : 1;
        x = residual(x, before, widths[stage], stride);
        before = widths[stage];
      }
    }
    return Model.of(in, Dense.of(CLASSES).on(GlobalAvgPool2D.of().on(x)));
  }

  private static Node residual(Node x, int before, int width, int stride) {
    Node y = convolution(convolution(x, width, 3, stride, true), width, 3, 1, false);
    boolean same = stride == 1 && before == width;
    Node shortcut = same ? x : convolution(x, width, 1, stride, false);
    return Activation.RELU.on(Add.of().on(y, shortcut));
  }

  private static Node convolution(Node x, int width, int kernel, int stride, boolean relu) {
    Node y = Conv2D.of(width, kernel).stride(stride).padding(Padding.SAME).bias(false).on(x);
    y = BatchNorm.of().momentum(TORCH_MOMENTUM).epsilon(1e-5).on(y);
    return relu ? Activation.RELU.on(y) : y;
  }
}
