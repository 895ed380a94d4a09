package dev.neurite.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.regularizer.L2;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecurrentTest {

  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(17);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor values(long... dims) {
    Shape shape = Shape.of(dims);
    double[] v = new double[(int) shape.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.sin(1.9 * i + 0.2);
    }
    return Tensor.of(v, shape);
  }

  /** All kinds, with the options that matter to lengths and states. */
  private static List<Supplier<Recurrent<?>>> kinds() {
    return List.of(
        () -> SimpleRnn.of(4), () -> Lstm.of(4), () -> Lstm.of(4).peephole(true), () -> Gru.of(4),
        () -> Gru.of(4).resetAfter(false), () -> Gru.of(4).relevanceGate(false), () -> Lstm.of(4).fused(false),
        () -> Gru.of(4).activation(Activation.SOFTSIGN));
  }

  private static void copy(Recurrent<?> from, Recurrent<?> to) {
    to.load(from.state(), Loading.STRICT);
  }

  // ---- states

  @Test
  void runningInPiecesGivesWhatRunningAtOnceGives() {
    Tensor x = values(2, 6, 3);
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> layer = kind.get().returnSequences(true);
      Tensor whole = layer.call(x);
      Recurrent.Result first = layer.run(x.slice(1, 0, 2), null);
      Recurrent.Result rest = layer.run(x.slice(1, 2, 6), first.state());
      assertArrayEquals(
          whole.toDoubles(), Tensor.concat(1, List.of(first.output(), rest.output())).toDoubles(), 1e-15);
      Recurrent.State state = null;
      for (int t = 0; t < 6; t++) {
        Recurrent.Result one = layer.step(x.select(1, t), state, Pass.inference());
        state = one.state();
        assertArrayEquals(whole.select(1, t).toDoubles(), one.output().toDoubles(), 1e-15);
      }
      assertArrayEquals(rest.state().hidden().toDoubles(), state.hidden().toDoubles(), 1e-15);
    }
  }

  @Test
  void aStatefulLayerGoesOnUntilItIsReset() {
    Tensor x = values(2, 6, 3);
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> plain = kind.get();
      double[] whole = plain.call(x).toDoubles();
      double[] half = plain.call(x.slice(1, 0, 3)).toDoubles();
      Recurrent<?> layer = kind.get().stateful(true);
      layer.call(x);
      copy(plain, layer);
      layer.resetStates();
      assertArrayEquals(half, layer.call(x.slice(1, 0, 3)).toDoubles(), 1e-15);
      assertArrayEquals(whole, layer.call(x.slice(1, 3, 6), Pass.training(1)).toDoubles(), 1e-15);
      Recurrent.resetStates(layer);
      assertArrayEquals(half, layer.call(x.slice(1, 0, 3)).toDoubles(), 1e-15);
      ShapeException e = assertThrows(ShapeException.class, () -> layer.call(values(3, 2, 3)));
      assertTrue(e.getMessage().contains("call resetStates() before a batch of another size"), e.getMessage());
      layer.resetStates();
      assertEquals(Shape.of(3, 4), layer.call(values(3, 2, 3)).shape());
      layer.resetStates();
    }
  }

  @Test
  void resettingAModelReachesItsStatefulLayers() {
    Lstm inner = Lstm.of(4).stateful(true);
    Model model = Model.sequential(Input.of(6, 3).dtype(DType.FLOAT64), Dense.of(3), inner, Dense.of(1));
    Tensor x = values(2, 6, 3);
    double first = model.call(x).sum().item();
    assertTrue(first != model.call(x).sum().item());
    Recurrent.resetStates(model);
    assertEquals(first, model.call(x).sum().item());
    Recurrent.resetStates(model);
    model.close();
  }

  // ---- order, padding

  @Test
  void goingBackwardsIsGoingForwardsThroughTheReversedSequence() {
    Tensor x = values(2, 5, 3);
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> forward = kind.get().returnSequences(true);
      Recurrent<?> back = kind.get().returnSequences(true).goBackwards(true);
      Recurrent<?> ordered = kind.get().returnSequences(true).goBackwards(true).inputOrder(true);
      Tensor y = forward.call(x.flip(1));
      back.call(x);
      ordered.call(x);
      copy(forward, back);
      copy(forward, ordered);
      assertArrayEquals(y.toDoubles(), back.call(x).toDoubles());
      assertArrayEquals(y.flip(1).toDoubles(), ordered.call(x).toDoubles());
    }
  }

  @Test
  void eachSequenceOfABatchIsAsIfItWereAlone() {
    Tensor x = values(3, 5, 3);
    Tensor lengths = Tensor.ofLongs(3, 5, 2);
    for (Supplier<Recurrent<?>> kind : kinds()) {
      for (boolean back : new boolean[] {false, true}) {
        Recurrent<?> layer = kind.get().returnSequences(true).returnState(true).goBackwards(back);
        List<Tensor> all = layer.call(List.of(x, lengths), Pass.inference());
        for (int b = 0; b < 3; b++) {
          long n = lengths.toLongs()[b];
          List<Tensor> alone = layer.call(List.of(x.slice(0, b, b + 1).slice(1, 0, n)), Pass.inference());
          Tensor y = all.get(0).select(0, b);
          assertArrayEquals(alone.get(0).toDoubles(), y.slice(0, 0, n).toDoubles(), 1e-15);
          for (long t = n; t < 5; t++) {
            assertArrayEquals(y.select(0, n - 1).toDoubles(), y.select(0, t).toDoubles());
          }
          for (int s = 1; s < all.size(); s++) {
            assertArrayEquals(alone.get(s).toDoubles(), all.get(s).select(0, b).toDoubles(), 1e-15);
          }
        }
      }
    }
  }

  @Test
  void sequencesWithoutStepsGiveTheirStateBackAndTheOutputZero() {
    Tensor x = values(2, 3, 3);
    Tensor none = Tensor.of(new int[] {0, 0}, Shape.of(2));
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> layer = kind.get();
      layer.call(x);
      Param h = Param.of("h", values(2, 4));
      Recurrent.State state =
          layer instanceof Lstm ? Recurrent.State.of(h, values(2, 4).mul(2)) : Recurrent.State.of(h);
      Recurrent.Result r = layer.run(x, none, state, Pass.inference());
      assertArrayEquals(new double[8], r.output().toDoubles());
      for (int s = 0; s < state.tensors().size(); s++) {
        assertArrayEquals(state.tensors().get(s).toDoubles(), r.state().tensors().get(s).toDoubles());
      }
      List<Param> targets = new java.util.ArrayList<>(layer.params());
      targets.add(h);
      try (Tape tape = Tape.open()) {
        Recurrent.Result again = layer.run(x, none, state, Pass.training(1));
        Tensor loss = again.output().sum().add(again.state().hidden().sum());
        Gradients g = tape.gradients(loss, targets);
        assertArrayEquals(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, g.of(h).toDoubles());
        for (Param p : layer.params()) {
          assertTrue(g.find(p) == null || Arrays.stream(g.of(p).toDoubles()).allMatch(v -> v == 0), p.name());
        }
      }
      assertEquals(0, Losses.sequence(Losses.meanSquaredError()).apply(x, x.add(1), none).item());
      assertEquals(0, Losses.sequence(Losses.meanSquaredError()).perStep(true).apply(x, x.add(1), none).item());
    }
  }

  @Test
  void anEmptyBatchAndAnEmptyTimeAxisAreEmpty() {
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> layer = kind.get().returnSequences(true).returnState(true);
      layer.call(values(2, 3, 3));
      assertEquals(Shape.of(0, 3, 4), layer.call(Tensor.zeros(Shape.of(0, 3, 3), DType.FLOAT64)).shape());
      List<Tensor> out = layer.call(List.of(Tensor.zeros(Shape.of(2, 0, 3), DType.FLOAT64)), Pass.inference());
      assertEquals(Shape.of(2, 0, 4), out.get(0).shape());
      assertArrayEquals(new double[8], out.get(1).toDoubles());
    }
  }

  @Test
  void wrongLengthsAreRefusedWithTheSequence() {
    Lstm lstm = Lstm.of(4).name("words");
    Tensor x = values(2, 3, 3);
    lstm.call(x);
    Pass pass = Pass.inference();
    IllegalArgumentException tooLong =
        assertThrows(IllegalArgumentException.class, () -> lstm.call(x, Tensor.ofLongs(3, 4), pass));
    assertEquals("Lstm 'words': expected lengths in [0, 3], given 4 for sequence 1", tooLong.getMessage());
    assertThrows(IllegalArgumentException.class, () -> lstm.call(x, Tensor.ofLongs(-1, 3), pass));
    assertThrows(ShapeException.class, () -> lstm.call(x, Tensor.ofLongs(1, 2, 3), pass));
    assertThrows(DTypeException.class, () -> lstm.call(x, Tensor.of(1.0, 2.0), pass));
    ShapeException wide = assertThrows(ShapeException.class, () -> lstm.call(values(2, 3, 5)));
    assertTrue(
        wide.getMessage().startsWith("Lstm 'words': expected [batch, time, 3], given [2, 3, 5]"), wide.getMessage());
    assertThrows(IllegalArgumentException.class, () -> lstm.run(x, Recurrent.State.of(values(2, 4))));
    assertThrows(ShapeException.class, () -> lstm.run(x, Recurrent.State.of(values(2, 5), values(2, 5))));
  }

  // ---- fused and step by step

  @Test
  void stepByStepGivesWhatTheFusedKernelGivesAndHasASecondDerivative() {
    Tensor lengths = Tensor.ofLongs(3, 5, 0);
    for (Supplier<Recurrent<?>> kind : kinds()) {
      Recurrent<?> fused = kind.get().biasInitializer(Initializers.uniform()).returnSequences(true).fused(true);
      Recurrent<?> slow = kind.get().returnSequences(true).fused(false);
      Tensor x = values(3, 5, 3);
      fused.call(x);
      slow.call(x);
      copy(fused, slow);
      assertArrayEquals(
          fused.call(x, lengths, Pass.inference()).toDoubles(), slow.call(x, lengths, Pass.inference()).toDoubles(),
          1e-14);
      try (Tape tape = Tape.persistent()) {
        Tensor loss = slow.call(x, lengths, Pass.training(1)).square().sum();
        Gradients g = tape.gradients(loss, slow.params(), true);
        Tensor square = g.of(slow.recurrentKernel()).square().sum();
        assertTrue(
            Arrays.stream(tape.gradients(square, slow.params()).of(slow.kernel()).toDoubles()).anyMatch(v -> v != 0));
      }
    }
  }

  @Test
  void theFusedKernelRefusesASecondDerivativeByName() {
    for (Recurrent<?> layer : List.of(SimpleRnn.of(2), Lstm.of(2), Gru.of(2))) {
      try (Tape tape = Tape.persistent()) {
        Tensor loss = layer.call(values(1, 2, 3), Pass.training(1)).sum();
        UnsupportedOperationException e =
            assertThrows(UnsupportedOperationException.class, () -> tape.gradients(loss, layer.params(), true));
        assertTrue(e.getMessage().contains("set fused(false) on the layer"), e.getMessage());
      }
    }
  }

  // ---- options

  @Test
  void dropoutIsDrawnOncePerSequenceAndOffForInference() {
    Tensor x = Tensor.ones(Shape.of(4, 6, 8), DType.FLOAT64);
    SimpleRnn sum =
        SimpleRnn.of(1).activation(Activation.LINEAR).returnSequences(true).dropout(0.5)
            .kernelInitializer(Initializers.ones()).recurrentInitializer(Initializers.zeros());
    Tensor y = sum.call(x, Pass.training(3));
    for (int t = 1; t < 6; t++) {
      assertArrayEquals(y.select(1, 0).toDoubles(), y.select(1, t).toDoubles());
    }
    assertTrue(Arrays.stream(y.toDoubles()).anyMatch(v -> v != 8));
    assertArrayEquals(y.toDoubles(), sum.call(x, Pass.training(3)).toDoubles());
    assertTrue(Arrays.stream(sum.call(x).toDoubles()).allMatch(v -> v == 8));

    SimpleRnn keeps =
        SimpleRnn.of(50).activation(Activation.LINEAR).recurrentDropout(0.5)
            .kernelInitializer(Initializers.ones()).recurrentInitializer(Initializers.identity(1));
    Tensor kept = keeps.call(Tensor.ones(Shape.of(2, 3, 1), DType.FLOAT64), Pass.training(3));
    for (double v : kept.toDoubles()) {
      assertTrue(v == 1 || v == 1 + 2 * (1 + 2 * 1), "given " + v); // dropped at every step, or doubled at every one
    }
    assertTrue(Arrays.stream(kept.toDoubles()).distinct().count() == 2);
    Tensor whole = keeps.call(Tensor.ones(Shape.of(2, 3, 1), DType.FLOAT64));
    assertTrue(Arrays.stream(whole.toDoubles()).allMatch(v -> v == 3));
  }

  @Test
  void penaltiesAndStartValuesAreThoseOfKeras() {
    Lstm lstm =
        Lstm.of(3).kernelRegularizer(L2.of(0.1)).recurrentRegularizer(L2.of(0.2)).biasRegularizer(L2.of(0.3));
    Model model = Model.sequential(Input.of(4, 2).dtype(DType.FLOAT64), lstm);
    double expected =
        0.1 * lstm.kernel().square().sum().item() + 0.2 * lstm.recurrentKernel().square().sum().item()
            + 0.3 * lstm.bias().square().sum().item();
    assertEquals(expected, model.regularization().orElseThrow().item(), 1e-12);
    Tensor u = lstm.recurrentKernel();
    assertArrayEquals(
        new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, u.matmul(u.transpose()).toDoubles(), 1e-12); // orthogonal rows
    assertEquals(3, lstm.bias().sum().item());
    model.close();
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Lstm.of(0));
    assertThrows(IllegalArgumentException.class, () -> Gru.of(2).dropout(1));
    assertThrows(IllegalArgumentException.class, () -> Gru.of(2).recurrentDropout(-0.1));
    assertThrows(IllegalArgumentException.class, () -> Bidirectional.of(Gru.of(2).goBackwards(true)));
    assertThrows(IllegalArgumentException.class, () -> Bidirectional.of(Gru.of(2), Gru.of(2)));
    Lstm built = Lstm.of(2);
    built.call(values(1, 2, 3));
    assertThrows(IllegalStateException.class, () -> built.returnSequences(true));
  }

  // ---- in models

  @Test
  void encoderAndDecoderShareTheirStatesInAFunctionalModel(@TempDir Path folder) {
    Input source = Input.of(5, 3).dtype(DType.FLOAT64);
    Input lengths = Input.of().dtype(DType.INT64);
    Input target = Input.of(4, 2).dtype(DType.FLOAT64);
    Lstm encoder = Lstm.of(6).returnState(true).name("encoder");
    List<Node> encoded = encoder.onAll(3, source, lengths);
    Node decoded =
        Lstm.of(6).returnSequences(true).name("decoder").on(target, encoded.get(1), encoded.get(2));
    Model model = Model.of(List.of(source, lengths, target), Dense.of(7).on(decoded));
    List<Tensor> in = List.of(values(2, 5, 3), Tensor.ofLongs(5, 2), values(2, 4, 2));
    Tensor y = model.call(in, Pass.inference()).get(0);
    assertEquals(Shape.of(2, 4, 7), y.shape());
    GradCheck.Report report =
        GradCheck.check(() -> model.call(in, Pass.training(1)).get(0).square().sum(), model.trainableParams());
    assertTrue(report.passes(1e-6), report.toString());
    Path file = folder.resolve("m.neurite");
    model.save(file);
    Model back = Model.load(file);
    assertArrayEquals(y.toDoubles(), back.call(in, Pass.inference()).get(0).toDoubles());
    assertFalse(back.summary().isEmpty());
    model.close();
    back.close();
  }

  @Test
  void aSharedLayerHasOneSetOfWeights() {
    Gru shared = Gru.of(4);
    Input a = Input.of(3, 2);
    Input b = Input.of(5, 2);
    Model model = Model.of(List.of(a, b), Concat.of().on(shared.on(a), shared.on(b)));
    assertEquals(2L * 12 + 4L * 12 + 24, model.parameterCount());
    assertSame(shared, model.children().get("gru"));
    model.close();
  }

  @Test
  void lengthsMayComeFromPaddedIds() {
    Input ids = Input.of(5).dtype(DType.INT64);
    Gru gru = Gru.of(4);
    Embedding words = Embedding.of(9, 3);
    Model model = Model.of(ids, gru.on(words.on(ids), Masking.of().on(ids)));
    Tensor x = Tensor.of(new long[] {3, 1, 7, 0, 0, 2, 8, 4, 4, 5, 0, 0, 0, 0, 0}, Shape.of(3, 5));
    Tensor expected = gru.call(words.call(x), Tensor.ofLongs(3, 5, 0), Pass.inference());
    assertArrayEquals(expected.toDoubles(), model.call(x).toDoubles());
    model.close();
  }
}
