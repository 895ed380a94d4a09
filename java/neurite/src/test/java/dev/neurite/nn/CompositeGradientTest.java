package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.loss.DetectionLosses;
import dev.neurite.loss.GanLosses;
import dev.neurite.loss.Losses;
import dev.neurite.loss.RankingLosses;
import dev.neurite.loss.StyleLosses;
import dev.neurite.ops.RandomOp;
import dev.neurite.regularizer.L1L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole networks with their losses: every gradient against differences in float64. */
class CompositeGradientTest {

  private static final double BOUND = 1e-6;

  @BeforeEach
  void fixTheStartValues() {
    Neurite.seed(21);
  }

  private static Tensor random(String name, long... shape) {
    return RandomOp.normal(Shape.of(shape), DType.FLOAT64, 0, 1, RandomStream.of(5, name));
  }

  private static Input input(long... shape) {
    return Input.of(shape).dtype(DType.FLOAT64);
  }

  private static Pass training() {
    return Pass.training(3);
  }

  /** Checks the loss for all parameters and for the given inputs. */
  private static void check(Supplier<Tensor> loss, List<Param> params, Param... inputs) {
    try (Scope scope = Scope.open()) {
      List<Param> all = new ArrayList<>(params);
      all.addAll(List.of(inputs));
      GradCheck.Report report = GradCheck.check(loss, all);
      assertTrue(report.passes(BOUND), report.toString());
      assertTrue(report.compared() > 10 * report.skipped(), report.toString());
    }
  }

  /** Start values other than zeros and ones, so that no term hides. */
  private static void disturb(Block model) {
    try (Scope scope = Scope.open()) {
      for (Param p : model.params()) {
        p.assign(p.add(RandomOp.normal(p.shape(), p.dtype(), 0, 0.1, RandomStream.of(6, p.name()))));
      }
    }
  }

  @Test
  void residualBlockWithBatchNormAndSmoothedLabels() {
    Input in = input(5, 5, 3);
    Node x = Conv2D.of(4, 3).padding(Padding.SAME).bias(false).on(in);
    x = Activation.RELU.on(BatchNorm.of().on(x));
    Node skip = Conv2D.of(4, 1).bias(false).on(in);
    x = BatchNorm.of().on(Conv2D.of(4, 3).padding(Padding.SAME).bias(false).on(x));
    x = Activation.GELU.on(Add.of().on(x, skip));
    Model model = Model.of(List.of(in), List.of(Dense.of(3).on(GlobalAvgPool2D.of().on(x))));
    disturb(model);
    Param image = Param.of("x", random("image", 4, 5, 5, 3));
    Tensor labels = Tensor.ofLongs(0, 2, 1, 2);
    var loss = Losses.softmaxCrossEntropy().labelSmoothing(0.1);
    check(() -> loss.apply(labels, model.call(image, training())), model.params(), image);
    check(() -> loss.apply(labels, model.call(image, Pass.inference())), model.params(), image);
  }

  @Test
  void transformerEncodersWithLengthsAndCtc() {
    Input in = input(6, 3);
    Input lengths = Input.of().dtype(DType.INT64);
    Node x = PositionalEncoding.of().on(Dense.of(4).on(in));
    x = TransformerEncoderLayer.of(2, 5).dropout(0).lengths(true).on(x, lengths);
    x = TransformerEncoderLayer.of(2, 5).dropout(0).normFirst(true).activation(Activation.GELU).lengths(true)
        .on(x, lengths);
    Model model = Model.of(List.of(in, lengths), List.of(Dense.of(4).on(x)));
    disturb(model);
    Param sound = Param.of("x", random("sound", 3, 6, 3));
    Tensor steps = Tensor.ofLongs(6, 4, 5);
    Tensor targets = Tensor.ofLongs(1, 1, 2, 3, 0, 0, 2, 3, 2).reshape(3, 3);
    Tensor counts = Tensor.ofLongs(3, 1, 3);
    check(
        () -> Losses.ctc().apply(targets, model.call(List.of(sound, steps), training()).get(0), steps, counts),
        model.params(), sound);
  }

  @Test
  void bidirectionalLstmWithAttentionAndSoftmax() {
    Input words = Input.of(5).dtype(DType.INT64);
    Input lengths = Input.of().dtype(DType.INT64);
    Node x = Embedding.of(7, 3).dtype(DType.FLOAT64).on(words);
    x = Bidirectional.of(Lstm.of(2).returnSequences(true)).on(x, lengths);
    Node query = Lstm.of(4).peephole(true).returnSequences(true).on(x, lengths);
    Node context = Attention.of().useScale(true).lengths(true).on(query, x, lengths);
    Node joined = Concat.of().on(query, context);
    Model model = Model.of(List.of(words, lengths), List.of(Dense.of(3).on(joined)));
    disturb(model);
    Tensor ids = Tensor.ofLongs(1, 2, 2, 6, 3, 4, 5, 1, 0, 0).reshape(2, 5);
    Tensor counts = Tensor.ofLongs(5, 3);
    Tensor labels = Tensor.ofLongs(0, 1, 2, 0, 1, 2, 2, 1, -1, -1).reshape(2, 5);
    var loss = Losses.softmaxCrossEntropy().ignoreClass(-1);
    check(() -> loss.apply(labels, model.call(List.of(ids, counts), training()).get(0)), model.params());
  }

  @Test
  void translationWithGruAdditiveAttentionAndSequenceLoss() {
    Input source = input(4, 3);
    Input target = input(3, 2);
    Input lengths = Input.of().dtype(DType.INT64);
    List<Node> encoded = Gru.of(4).returnSequences(true).returnState(true).onAll(2, source, lengths);
    Node decoded = Gru.of(4).resetAfter(false).returnSequences(true).on(target, lengths, encoded.get(1));
    Node context = AdditiveAttention.of(5).bias(true).lengths(true).on(decoded, encoded.get(0), lengths);
    Node out = TimeDistributed.of(Dense.of(3)).on(Concat.of().on(decoded, context), lengths);
    Model model = Model.of(List.of(source, target, lengths), List.of(out));
    disturb(model);
    Param x = Param.of("x", random("source", 2, 4, 3));
    Param y = Param.of("y", random("target", 2, 3, 2));
    Tensor counts = Tensor.ofLongs(3, 2);
    Tensor labels = Tensor.ofLongs(0, 1, 2, 2, 0, 1).reshape(2, 3);
    var loss = Losses.sequence(Losses.softmaxCrossEntropy());
    check(
        () -> loss.apply(labels, model.call(List.of(x, y, counts), training()).get(0), counts), model.params(), x, y);
  }

  @Test
  void transformerDecoderOverMemoryWithPositionsAndRotaryQueries() {
    Input words = Input.of(4).dtype(DType.INT64);
    Input memory = input(3, 5);
    Node x = PositionEmbedding.of(6).on(Embedding.of(5, 4).dtype(DType.FLOAT64).on(words));
    x = TransformerDecoderLayer.of(2, 6).dropout(0).rotary(10000).on(x, memory);
    Model model = Model.of(List.of(words, memory), List.of(Dense.of(5).on(RmsNorm.of().on(x))));
    disturb(model);
    Param seen = Param.of("memory", random("memory", 2, 3, 5));
    Tensor ids = Tensor.ofLongs(0, 1, 2, 4, 3, 3, 1, 0).reshape(2, 4);
    Tensor next = Tensor.ofLongs(1, 2, 4, 0, 3, 1, 0, 2).reshape(2, 4);
    check(
        () -> Losses.softmaxCrossEntropy().apply(next, model.call(List.of(ids, seen), training()).get(0)),
        model.params(), seen);
  }

  @Test
  void siameseTripletsAndPairs() {
    Model model =
        Model.sequential(
            input(4, 4, 1), Conv2D.of(3, 3).activation(Activation.SOFTPLUS), Flatten.of(), Dense.of(3),
            UnitNormalization.of());
    disturb(model);
    Tensor a = random("anchor", 3, 4, 4, 1);
    Tensor b = random("positive", 3, 4, 4, 1);
    Tensor c = random("negative", 3, 4, 4, 1);
    check(() -> RankingLosses.triplet(0.7).apply(model.call(a), model.call(b), model.call(c)), model.params());
    Tensor same = Tensor.of(1.0, 0.0, 1.0);
    check(() -> RankingLosses.contrastive(1.5).apply(same, model.call(a), model.call(b)), model.params());
    Tensor faces = Tensor.concat(0, List.of(a, b));
    Tensor people = Tensor.ofLongs(0, 1, 2, 0, 1, 2);
    check(() -> RankingLosses.tripletBatchHard(0.5).apply(people, model.call(faces)), model.params());
    check(() -> RankingLosses.tripletSemiHard(1).apply(people, model.call(faces)), model.params());
  }

  @Test
  void bothStepsOfAGan() {
    Model generator =
        Model.sequential(
            input(3), Dense.of(8), Reshape.of(2, 2, 2), BatchNorm.of(), Activation.LEAKY_RELU,
            Conv2DTranspose.of(2, 3).stride(2).padding(Padding.SAME), Activation.TANH);
    Model critic =
        Model.sequential(
            input(4, 4, 2), SpectralNorm.of(Conv2D.of(3, 3).stride(2)), Activation.LEAKY_RELU, Flatten.of(),
            Dense.of(1));
    disturb(generator);
    Param noise = Param.of("noise", random("noise", 3, 3));
    Tensor real = random("real", 3, 4, 4, 2);
    for (var loss :
        List.of(
            GanLosses.minimax(), GanLosses.nonSaturating(0.1), GanLosses.leastSquares(), GanLosses.wasserstein())) {
      List<Param> all = new ArrayList<>(generator.params());
      all.addAll(critic.params());
      check(() -> loss.generator(critic.call(generator.call(noise, training()))), all, noise);
      check(
          () -> loss.discriminator(critic.call(real), critic.call(generator.call(noise, training()))), all, noise);
    }
  }

  @Test
  void autoencoderWithTransposedConvolutionAndPenalties() {
    Model model =
        Model.sequential(
            input(6, 6, 1),
            Conv2D.of(3, 3).stride(2).padding(Padding.SAME).activation(Activation.ELU)
                .kernelRegularizer(L1L2.of(0.01, 0.02)),
            LayerNorm.of(),
            Conv2DTranspose.of(2, 3).stride(2).padding(Padding.SAME).activation(Activation.SILU),
            Conv2D.of(1, 1));
    disturb(model);
    Param image = Param.of("x", random("picture", 2, 6, 6, 1));
    Tensor wanted = random("wanted", 2, 6, 6, 1).sigmoid();
    check(
        () -> Losses.sigmoidCrossEntropy().apply(wanted, model.call(image, training())).add(model.regularization().orElseThrow()),
        model.params(), image);
  }

  @Test
  void variationalAutoencoderWithFixedNoise() {
    Model encoder = Model.sequential(input(5), Dense.of(4).activation(Activation.TANH), Dense.of(4));
    Model decoder = Model.sequential(input(2), Dense.of(4).activation(Activation.MISH), Dense.of(5));
    Param x = Param.of("x", random("x", 3, 5));
    Tensor noise = random("eps", 3, 2);
    List<Param> all = new ArrayList<>(encoder.params());
    all.addAll(decoder.params());
    check(
        () -> {
          Tensor code = encoder.call(x);
          Tensor mean = code.slice(1, 0, 2);
          Tensor logVariance = code.slice(1, 2, 4);
          Tensor z = mean.add(logVariance.mul(0.5).exp().mul(noise));
          Tensor divergence = Losses.vaeDivergence().apply(mean, logVariance);
          return Losses.meanSquaredError().apply(x, decoder.call(z)).add(divergence);
        },
        all, x);
  }

  @Test
  void encoderAndDecoderWithSkipsAndDice() {
    Input in = input(4, 4, 2);
    Node down = Conv2D.of(3, 3).padding(Padding.SAME).activation(Activation.SOFTPLUS).on(in);
    Node deep = SeparableConv2D.of(4, 3).padding(Padding.SAME).on(MaxPool2D.of(2).on(down));
    deep = GroupNorm.of(2).on(deep);
    Node up = UpSampling2D.of(2).interpolation(Interpolation.BILINEAR).on(deep);
    Node out = Conv2D.of(1, 1).activation(Activation.SIGMOID).on(Concat.of().on(up, down));
    Model model = Model.of(List.of(in), List.of(out));
    disturb(model);
    Param image = Param.of("x", random("scan", 2, 4, 4, 2));
    Tensor mask = random("mask", 2, 4, 4, 1).gt(0).cast(DType.FLOAT64);
    check(
        () -> Losses.dice().apply(mask, model.call(image, training()))
            .add(Losses.binaryFocalCrossEntropy().apply(mask, model.call(image, training()))),
        model.params(), image);
  }

  @Test
  void gatedDilatedCausalConvolutions() {
    Input in = input(7, 2);
    Node x = Conv1D.of(3, 1).on(in);
    for (int dilation = 1; dilation <= 4; dilation *= 2) {
      Node gate = Conv1D.of(3, 2).dilation(dilation).padding(Padding.CAUSAL).activation(Activation.SIGMOID).on(x);
      Node value = Conv1D.of(3, 2).dilation(dilation).padding(Padding.CAUSAL).activation(Activation.TANH).on(x);
      x = Add.of().on(x, Conv1D.of(3, 1).on(Multiply.of().on(value, gate)));
    }
    Model model = Model.of(List.of(in), List.of(Conv1D.of(4, 1).on(x)));
    disturb(model);
    Param wave = Param.of("x", random("wave", 2, 7, 2));
    Tensor next = Tensor.ofLongs(0, 1, 2, 3, 2, 1, 0, 3, 3, 1, 0, 2, 1, 1).reshape(2, 7);
    check(() -> Losses.softmaxCrossEntropy().apply(next, model.call(wave, training())), model.params(), wave);
  }

  @Test
  void styleOfAnImageThroughTwoConvolutions() {
    Conv2D first = Conv2D.of(3, 3).activation(Activation.SOFTPLUS);
    Conv2D second = Conv2D.of(2, 2).stride(2);
    Param image = Param.of("x", random("picture", 1, 6, 6, 2));
    Tensor style = random("style", 1, 6, 6, 2);
    first.call(style);
    second.call(first.call(style));
    List<Param> all = new ArrayList<>(first.params());
    all.addAll(second.params());
    check(
        () -> {
          Tensor mine = first.call(image);
          Tensor theirs = first.call(style);
          return StyleLosses.layer().apply(theirs, mine)
              .add(StyleLosses.content().apply(second.call(theirs), second.call(mine)));
        },
        all, image);
  }

  @Test
  void detectorWithGatedBoxes() {
    Model model =
        Model.sequential(
            input(4, 4, 2), Conv2D.of(4, 3).activation(Activation.SILU), Flatten.of(), Dense.of(8));
    Param image = Param.of("x", random("street", 3, 4, 4, 2));
    Tensor cells = Tensor.of(new double[][] {
        {1, 0.5, 0.4, 0.2, 0.3, 0, 1, 0}, {0, 0, 0, 0, 0, 0, 0, 0}, {1, 0.1, 0.9, 0.5, 0.2, 1, 0, 0}});
    check(() -> DetectionLosses.localisation().apply(cells, model.call(image)), model.params(), image);
    check(() -> DetectionLosses.mixed().apply(cells, model.call(image)), model.params(), image);
  }

  @Test
  void wideAndDeepWithSharedEmbeddingsAndMaxout() {
    Input left = Input.of(2).dtype(DType.INT64);
    Input right = Input.of(2).dtype(DType.INT64);
    Embedding words = Embedding.of(6, 3).dtype(DType.FLOAT64);
    Node a = Flatten.of().on(words.on(left));
    Node b = Flatten.of().on(words.on(right));
    Node similar = Dot.of(1).normalize(true).on(a, b);
    Node deep = PRelu.of().on(Maxout.of(4).on(Concat.of().on(a, b)));
    Model model = Model.of(List.of(left, right), List.of(Dense.of(1).on(Concat.of().on(similar, deep))));
    disturb(model);
    Tensor x = Tensor.ofLongs(0, 1, 2, 2, 5, 1).reshape(3, 2);
    Tensor y = Tensor.ofLongs(3, 2, 2, 4, 5, 0).reshape(3, 2);
    Tensor wanted = Tensor.of(new double[][] {{0.5}, {-1}, {2}});
    for (var loss : List.of(Losses.huber(), Losses.logCosh(), Losses.meanSquaredError())) {
      check(() -> loss.apply(wanted, model.call(List.of(x, y), training()).get(0)), model.params());
    }
  }
}
