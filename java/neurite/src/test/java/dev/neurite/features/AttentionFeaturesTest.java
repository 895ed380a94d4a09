package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Add;
import dev.neurite.nn.AdditiveAttention;
import dev.neurite.nn.Attention;
import dev.neurite.nn.Concat;
import dev.neurite.nn.Conv2D;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Dot;
import dev.neurite.nn.Embedding;
import dev.neurite.nn.Input;
import dev.neurite.nn.MaxPool2D;
import dev.neurite.nn.Model;
import dev.neurite.nn.MultiHeadAttention;
import dev.neurite.nn.Node;
import dev.neurite.nn.Padding;
import dev.neurite.nn.Pass;
import dev.neurite.nn.PositionEmbedding;
import dev.neurite.nn.PositionalEncoding;
import dev.neurite.nn.TransformerDecoderLayer;
import dev.neurite.nn.TransformerEncoderLayer;
import dev.neurite.ops.RandomOp;
import dev.neurite.optim.Adam;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows C29 to C31 and N17 (attention), fault 33 of the reliability list, and small Transformers that learn. */
class AttentionFeaturesTest {

  private static final long VOCABULARY = 8;
  private static final long STEPS = 6;

  private static Tensor random(String name, long... dims) {
    return RandomOp.normal(Shape.of(dims), DType.FLOAT32, 0, 1, RandomStream.of(7, name));
  }

  private static Tensor ids(String name, long... dims) {
    return RandomOp.integers(Shape.of(dims), 0, VOCABULARY, RandomStream.of(7, name));
  }

  @Test
  void C29_skipConnectionIsTheIdentityAtAZeroInitialisedBranch() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(1);
      Input x = Input.of(6, 6, 3);
      Node hidden = Conv2D.of(8, 3).padding(Padding.SAME).activation(Activation.RELU).on(x);
      Node branch = Conv2D.of(3, 3).padding(Padding.SAME).kernelInitializer(Initializers.zeros()).on(hidden);
      Model block = Model.of(x, Add.of().on(x, branch));
      Tensor in = random("image", 2, 6, 6, 3);
      assertArrayEquals(in.toFloats(), block.call(in).toFloats());
      // The gradient passes as if the block were not there.
      try (Tape tape = Tape.open()) {
        tape.watch(in);
        Tensor y = block.call(in, Pass.training(1));
        assertArrayEquals(
            Tensor.ones(in.shape(), DType.FLOAT32).toFloats(), tape.gradients(y.sum(), List.of(in)).of(in).toFloats());
      }
      block.close();
    }
  }

  @Test
  void C30_inceptionModuleOutputChannelsAreTheSum() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(1);
      Input x = Input.of(28, 28, 192);
      Node one = Conv2D.of(64, 1).on(x);
      Node three = Conv2D.of(128, 3).padding(Padding.SAME).on(Conv2D.of(96, 1).on(x));
      Node five = Conv2D.of(32, 5).padding(Padding.SAME).on(Conv2D.of(16, 1).on(x));
      Node pool = Conv2D.of(32, 1).on(MaxPool2D.of(3).stride(1).padding(Padding.SAME).on(x));
      Model inception = Model.of(x, Concat.of().on(one, three, five, pool));
      assertEquals(Shape.of(-1, 28, 28, 64 + 128 + 32 + 32), inception.outputShapes().get(0));
      Tensor in = random("image", 1, 28, 28, 192);
      Pass pass = Pass.inference().capturingAll();
      Tensor y = inception.call(in, pass);
      assertEquals(Shape.of(1, 28, 28, 256), y.shape());
      Tensor first = pass.outputs().get(0).value();
      assertArrayEquals(first.toFloats(), y.slice(3, 0, 64).toFloats());
      inception.close();
    }
  }

  /** Sequences whose token at step t is to be copied to output step t. */
  private static Model copier() {
    Input tokens = Input.of(STEPS).dtype(DType.INT64).name("tokens");
    Input steps = Input.of(STEPS).dtype(DType.INT64).name("steps");
    Node values = Embedding.of(VOCABULARY, 16).initializer(Initializers.normal(0, 1)).on(tokens);
    Node keys = PositionEmbedding.of(STEPS).initializer(Initializers.normal(0, 1)).on(values);
    Node query = Embedding.of(STEPS, 16).initializer(Initializers.normal(0, 1)).on(steps);
    Node context = AdditiveAttention.of(24).bias(true).name("attention").on(query, values, keys);
    return Model.of(List.of(tokens, steps), Dense.of(VOCABULARY).on(context));
  }

  @Test
  void C31_attentionWeightsSumToOneAndPeakOnTheCopiedToken() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(3);
      Model model = copier();
      Tensor steps = Tensor.range(0, 1, STEPS, DType.INT64).reshape(1, STEPS).broadcastTo(Shape.of(32, STEPS))
          .contiguous();
      Adam adam = Adam.of(0.01);
      for (int i = 0; i < 300; i++) {
        Tensor tokens = ids("copy" + i, 32, STEPS);
        train(model, adam, List.of(tokens, steps), tokens);
      }
      Tensor tokens = ids("unseen", 32, STEPS);
      Pass pass = Pass.inference().capturing("attention.scores");
      Tensor guess = model.call(List.of(tokens, steps), pass).get(0).argmax(-1);
      assertArrayEquals(tokens.toLongs(), guess.toLongs());
      Tensor weights = pass.captured("attention.scores");
      assertEquals(Shape.of(32, STEPS, STEPS), weights.shape());
      for (double sum : weights.sum(-1).toDoubles()) {
        assertEquals(1, sum, 1e-6);
      }
      for (int b = 0; b < 32; b++) {
        for (int t = 0; t < STEPS; t++) {
          assertTrue(weights.get(b, t, t) > 0.8, "sample " + b + " step " + t + ": " + weights.get(b, t, t));
        }
      }
      adam.close();
      model.close();
    }
  }

  private static double train(Model model, Adam adam, List<Tensor> in, Tensor labels) {
    return Scope.run(() -> adam.minimize(
        () -> Losses.softmaxCrossEntropy().apply(labels, model.call(in, Pass.training(1)).get(0)),
        model.trainableParams().toArray(Param[]::new)));
  }

  @Test
  void N17_attentionWeightsOfTheWorkedExample() {
    try (Scope scope = Scope.open()) {
      // One query of width 1 against keys 5, 2, -1, 3: the scores themselves; values are unit vectors.
      Tensor query = Tensor.of(new double[] {1}, Shape.of(1, 1, 1));
      Tensor keys = Tensor.of(new double[] {5, 2, -1, 3}, Shape.of(1, 4, 1));
      Tensor values = Tensor.of(
          new double[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, Shape.of(1, 4, 4));
      double[] want = {.842034, .041922, .002087, .113957};
      List<Tensor> out = Attention.of().returnScores(true).call(List.of(query, values, keys));
      assertArrayEquals(want, out.get(1).toDoubles(), 5e-7);
      assertArrayEquals(want, Attention.of().call(List.of(query, values, keys)).get(0).toDoubles(), 5e-7);
      assertArrayEquals(new double[] {148.413, 7.389, .3679, 20.086}, keys.exp().toDoubles(), 5e-4);
    }
  }

  @Test
  void nothingToAttendGivesZerosAndNoGradient() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(1);
      Tensor x = random("x", 2, 3, 4);
      Tensor lengths = Tensor.ofLongs(0, 3);
      Tensor blocked = Tensor.of(new boolean[6], Shape.of(2, 3));
      try (Tape tape = Tape.open()) {
        tape.watch(x);
        Tensor some = Attention.of().lengths(true).call(List.of(x, x, lengths)).get(0);
        Tensor none = Attention.of().masked(true).call(List.of(x, x, blocked)).get(0);
        Tensor weighed = AdditiveAttention.of().masked(true).call(List.of(x, x, blocked)).get(0);
        Gradients g = tape.gradients(some.square().sum().add(none.sum()).add(weighed.sum()), List.of(x));
        assertArrayEquals(new float[12], some.select(0, 0).toFloats()); // length 0
        Tensor whole = Attention.of().call(List.of(x, x)).get(0);
        assertArrayEquals(whole.select(0, 1).toFloats(), some.select(0, 1).toFloats());
        assertArrayEquals(new float[24], none.toFloats());
        assertArrayEquals(new float[24], weighed.toFloats());
        assertArrayEquals(new float[12], g.of(x).select(0, 0).toFloats());
        for (float d : g.of(x).toFloats()) {
          assertTrue(Float.isFinite(d));
        }
      }
      for (Tensor wrong : List.of(Tensor.ofLongs(0, 4), Tensor.ofLongs(0, -1))) {
        Attention words = Attention.of().lengths(true).name("words");
        IllegalArgumentException e =
            assertThrows(IllegalArgumentException.class, () -> words.call(List.of(x, x, wrong)));
        assertEquals(
            "Attention 'words': expected lengths in [0, 3], given " + wrong.toLongs()[1] + " for sequence 1",
            e.getMessage());
      }
      MultiHeadAttention heads = MultiHeadAttention.of(2, 2).masked(true).dropout(0.5);
      for (Pass pass : List.of(Pass.inference(), Pass.training(1))) {
        assertArrayEquals(new float[24], heads.call(List.of(x, x, blocked), pass).get(0).toFloats());
      }
    }
  }

  /** A classifier of padded sequences; lengths go to attention and into the mean over steps. */
  private static Model classifier() {
    Input tokens = Input.of(-1).dtype(DType.INT64).name("tokens");
    Input lengths = Input.of().dtype(DType.INT64).name("lengths");
    Input weights = Input.of(1, -1).name("weights");
    Node x = PositionalEncoding.of().on(Embedding.of(VOCABULARY, 16).on(tokens));
    Node h = TransformerEncoderLayer.of(2, 32).dropout(0).lengths(true).on(x, lengths);
    h = TransformerEncoderLayer.of(2, 32).dropout(0).normFirst(true).lengths(true).on(h, lengths);
    Node mean = Dot.of(2, 1).on(weights, h);
    return Model.of(List.of(tokens, lengths, weights), Dense.of(3).on(mean));
  }

  private static List<Tensor> padded(long fill, int steps) {
    long[] given = {3, 4};
    long[] all = new long[2 * steps];
    float[] weights = new float[2 * steps];
    for (int b = 0; b < 2; b++) {
      for (int t = 0; t < steps; t++) {
        all[b * steps + t] = t < given[b] ? (5 * b + 3 * t) % VOCABULARY : fill;
        weights[b * steps + t] = t < given[b] ? 1f / given[b] : 0;
      }
    }
    return List.of(
        Tensor.of(all, Shape.of(2, steps)), Tensor.ofLongs(given), Tensor.of(weights, Shape.of(2, 1, steps)));
  }

  @Test
  void paddingBehindTheLengthsNeverChangesLossOrGradients() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(5);
      Model model = classifier();
      Tensor labels = Tensor.of(new long[] {2, 0}, Shape.of(2, 1));
      List<float[]> want = lossAndGradients(model, padded(0, 7), labels);
      List<float[]> other = lossAndGradients(model, padded(7, 7), labels);
      for (int i = 0; i < want.size(); i++) {
        assertArrayEquals(want.get(i), other.get(i), "bits differ in " + i);
      }
      List<float[]> shorter = lossAndGradients(model, padded(0, 4), labels);
      for (int i = 0; i < want.size(); i++) {
        assertArrayEquals(want.get(i), shorter.get(i), 2e-6f, "longer padding changes " + i);
      }
      model.close();
    }
  }

  private static List<float[]> lossAndGradients(Model model, List<Tensor> in, Tensor labels) {
    List<float[]> out = new ArrayList<>();
    try (Tape tape = Tape.open()) {
      Tensor loss = Losses.softmaxCrossEntropy().apply(labels, model.call(in, Pass.training(1)).get(0));
      Gradients g = tape.gradients(loss, model.trainableParams());
      out.add(loss.toFloats());
      model.trainableParams().forEach(p -> out.add(g.of(p).toFloats()));
    }
    return out;
  }

  @Test
  void aSmallLanguageModelLearnsToRepeatWhatItHasSeen() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(2);
      int half = 5;
      Input tokens = Input.of(2 * half - 1).dtype(DType.INT64);
      Node x = placed(tokens, VOCABULARY, 2 * half);
      for (int i = 0; i < 2; i++) {
        x = TransformerEncoderLayer.of(4, 64).normFirst(true).causal(true).dropout(0).activation(Activation.GELU).on(x);
      }
      Model model = Model.of(tokens, Dense.of(VOCABULARY).on(x));
      Adam adam = Adam.of(3e-3);
      for (int i = 0; i < 250; i++) {
        Tensor text = twice("text" + i, 64, half);
        train(model, adam, List.of(text.slice(1, 0, 2 * half - 1)), text.slice(1, 1, 2 * half));
      }
      Tensor text = twice("unseen", 64, half);
      long[] guess = model.call(text.slice(1, 0, 2 * half - 1)).argmax(-1).slice(1, half - 1, 2 * half - 1).toLongs();
      long[] want = text.slice(1, half, 2 * half).toLongs();
      int right = 0;
      for (int i = 0; i < want.length; i++) {
        right += guess[i] == want[i] ? 1 : 0;
      }
      assertTrue(right >= 0.98 * want.length, right + " of " + want.length + " tokens repeated");
      adam.close();
      model.close();
    }
  }

  /** Tokens as vectors that know their positions. */
  private static Node placed(Node tokens, long vocabulary, long positions) {
    Node x = Embedding.of(vocabulary, 32).initializer(Initializers.normal(0, 0.4)).on(tokens);
    return PositionEmbedding.of(positions).initializer(Initializers.normal(0, 0.4)).on(x);
  }

  private static Tensor twice(String name, long batch, long half) {
    Tensor first = ids(name, batch, half);
    return Tensor.concat(1, List.of(first, first)).contiguous();
  }

  @Test
  void anEncoderAndADecoderLearnToReverse() {
    try (Scope scope = Scope.open()) {
      Neurite.seed(2);
      Input source = Input.of(STEPS).dtype(DType.INT64).name("source");
      Input target = Input.of(STEPS).dtype(DType.INT64).name("target");
      Node memory = TransformerEncoderLayer.of(4, 64).normFirst(true).dropout(0).on(placed(source, VOCABULARY, STEPS));
      Node y = TransformerDecoderLayer.of(4, 64).normFirst(true).dropout(0).on(
          placed(target, VOCABULARY + 1, STEPS), memory);
      Model model = Model.of(List.of(source, target), Dense.of(VOCABULARY).on(y));
      Adam adam = Adam.of(3e-3);
      for (int i = 0; i < 250; i++) {
        Tensor text = ids("reverse" + i, 64, STEPS);
        Tensor back = text.flip(1).contiguous();
        train(model, adam, List.of(text, shifted(back)), back);
      }
      Tensor text = ids("unseen", 64, STEPS);
      Tensor back = text.flip(1).contiguous();
      long[] guess = model.call(List.of(text, shifted(back)), Pass.inference()).get(0).argmax(-1).toLongs();
      int right = 0;
      for (int i = 0; i < guess.length; i++) {
        right += guess[i] == back.toLongs()[i] ? 1 : 0;
      }
      assertTrue(right >= 0.98 * guess.length, right + " of " + guess.length + " tokens reversed");
      adam.close();
      model.close();
    }
  }

  /** A start token, then all but the last. */
  private static Tensor shifted(Tensor target) {
    Tensor start = Tensor.zeros(Shape.of(target.dim(0), 1), DType.INT64).add(VOCABULARY);
    return Tensor.concat(1, List.of(start, target.slice(1, 0, target.dim(1) - 1))).contiguous();
  }
}
