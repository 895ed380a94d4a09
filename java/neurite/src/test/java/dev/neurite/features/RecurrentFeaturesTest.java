package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.GradCheck;
import dev.neurite.autograd.Gradient;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Bidirectional;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Gru;
import dev.neurite.nn.Input;
import dev.neurite.nn.Lstm;
import dev.neurite.nn.Model;
import dev.neurite.nn.Pass;
import dev.neurite.nn.Recurrent;
import dev.neurite.nn.SimpleRnn;
import dev.neurite.nn.TimeDistributed;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows C21 to C28, E15 and H3: recurrent networks. */
class RecurrentFeaturesTest {

  private static final double BOUND = 1e-6;

  private Scope scope;

  @BeforeEach
  void open() {
    Neurite.seed(21);
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Values between -1 and 1 without a pattern. */
  private static Tensor values(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    double[] v = new double[(int) shape.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) Math.sin(2.7 * i + 0.3 * dims.length);
    }
    return Tensor.of(v, shape, dtype);
  }

  /** Gradient check of a layer's weights and input through seven steps. */
  private static void checkSevenSteps(Recurrent<?> layer) {
    Param x = Param.of("x", values(DType.FLOAT64, 2, 7, 3));
    layer.call(x);
    List<Param> params = new ArrayList<>(layer.params());
    params.add(x);
    GradCheck.Report report = GradCheck.check(() -> layer.call(x).square().sum(), params);
    assertTrue(report.passes(BOUND), report.toString());
  }

  // ---- C21

  @Test
  void C21_bothFormsOfTheSimpleRnnAgreeAndItsGradientHoldsThroughSevenSteps() {
    SimpleRnn rnn =
        SimpleRnn.of(4).returnSequences(true).returnState(true).biasInitializer(Initializers.uniform());
    Tensor x = values(DType.FLOAT64, 2, 7, 3);
    Tensor wya = values(DType.FLOAT64, 4, 5);
    Tensor states = rnn.call(List.of(x), Pass.inference()).get(0);
    Tensor y = states.matmul(wya).softmax(-1);
    Tensor wa = Tensor.concat(0, List.of(rnn.recurrentKernel(), rnn.kernel())); // [Waa; Wax]
    Tensor a = Tensor.zeros(Shape.of(2, 4), DType.FLOAT64);
    for (int t = 0; t < 7; t++) {
      a = Tensor.concat(1, List.of(a, x.select(1, t))).matmul(wa).add(rnn.bias()).tanh(); // Wa [a, x] + ba
      assertArrayEquals(a.toDoubles(), states.select(1, t).toDoubles(), 1e-14);
      assertArrayEquals(a.matmul(wya).softmax(-1).toDoubles(), y.select(1, t).toDoubles(), 1e-14);
    }
    checkSevenSteps(rnn);
  }

  // ---- C22

  /** Sets a block of a bias (and its kernels to 0), so that the gate is saturated. */
  private static void force(Recurrent<?> layer, int block, double value) {
    long n = layer.units();
    for (Param p : List.of(layer.kernel(), layer.recurrentKernel())) {
      p.assign(withBlock(p, block * n, n, 0));
    }
    Param bias = layer.bias();
    bias.assign(withBlock(bias.reshape(bias.size() / bias.shape().last(), bias.shape().last()), block * n, n, value)
        .reshape(bias.shape()));
  }

  private static Tensor withBlock(Tensor t, long from, long width, double value) {
    Tensor block = Tensor.full(t.shape().with(-1, width), value, t.dtype());
    return Tensor.concat(
        -1, List.of(t.slice(-1, 0, from), block, t.slice(-1, from + width, t.shape().last())));
  }

  @Test
  void C22_aGruWhoseUpdateGateIsForcedToZeroKeepsItsMemoryExactly() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (Gru gru : List.of(Gru.of(6), Gru.of(6).resetAfter(false), Gru.of(6).relevanceGate(false))) {
        Tensor x = values(dtype, 3, 9, 4);
        gru.call(x);
        force(gru, 0, 1000); // z = 1 - the course's update gate: 1000 makes it 1
        Tensor memory = values(dtype, 3, 6);
        Recurrent.Result r = gru.run(x, Recurrent.State.of(memory));
        assertArrayEquals(memory.toDoubles(), r.state().hidden().toDoubles());
      }
    }
  }

  @Test
  void C22_theSimplifiedGruIsTheFullOneWithItsRelevanceGateOpen() {
    Tensor x = values(DType.FLOAT64, 3, 7, 4);
    Gru simple = Gru.of(5).relevanceGate(false).biasInitializer(Initializers.uniform());
    Gru full = Gru.of(5).resetAfter(false);
    simple.call(x);
    full.call(x);
    full.kernel().assign(opened(simple.kernel(), 0));
    full.recurrentKernel().assign(opened(simple.recurrentKernel(), 0));
    full.bias().assign(opened(simple.bias().expandDims(0), 1000).squeeze(0));
    assertArrayEquals(full.call(x).toDoubles(), simple.call(x).toDoubles(), 1e-15);
    assertEquals(3L * 5 * (4 + 5 + 1), count(full));
    assertEquals(2L * 5 * (4 + 5 + 1), count(simple));
    checkSevenSteps(Gru.of(4).relevanceGate(false));
  }

  private static Tensor opened(Tensor t, double value) {
    long n = t.dim(1) / 2;
    Tensor block = Tensor.full(Shape.of(t.dim(0), n), value, t.dtype());
    return Tensor.concat(1, List.of(t.slice(1, 0, n), block, t.slice(1, n, 2 * n)));
  }

  private static long count(Recurrent<?> layer) {
    return layer.params().stream().mapToLong(Tensor::size).sum();
  }

  @Test
  void C22_bothResetConventionsAreThereAndDiffer() {
    Tensor x = values(DType.FLOAT64, 2, 5, 3);
    Gru after = Gru.of(4).biasInitializer(Initializers.uniform());
    Gru before = Gru.of(4).resetAfter(false);
    after.call(x);
    before.call(x);
    assertEquals(Shape.of(2, 12), after.bias().shape());
    assertEquals(Shape.of(12), before.bias().shape());
    before.kernel().assign(after.kernel());
    before.recurrentKernel().assign(after.recurrentKernel());
    before.bias().assign(after.bias().sum(0));
    double[] a = after.call(x).toDoubles();
    double[] b = before.call(x).toDoubles();
    assertTrue(GradCheck.difference(a, b) > 1e-3, Arrays.toString(a));
    checkSevenSteps(Gru.of(4));
    checkSevenSteps(Gru.of(4).resetAfter(false));
  }

  // ---- C23, C24

  @Test
  void C23_anLstmThatForgetsNothingAndUpdatesNothingKeepsItsCellExactly() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Lstm lstm = Lstm.of(6);
      Tensor x = values(dtype, 3, 9, 4);
      lstm.call(x);
      force(lstm, 0, -1000); // update 0
      force(lstm, 1, 1000); // forget 1: keeps
      Tensor cell = values(dtype, 3, 6);
      Recurrent.Result r = lstm.run(x, Recurrent.State.of(Tensor.zeros(cell.shape(), dtype), cell));
      assertArrayEquals(cell.toDoubles(), r.state().cell().toDoubles());
    }
  }

  @Test
  void C23_anLstmOfTenInputsAndTwentyUnitsHas2480Parameters() {
    Model model = Model.sequential(Input.of(5, 10), Lstm.of(20));
    assertEquals(2480, model.parameterCount());
    double[] bias = model.state().get("lstm.bias").toDoubles();
    assertArrayEquals(new double[] {0, 1, 0, 0}, new double[] {bias[0], bias[20], bias[40], bias[60]});
    model.close();
    checkSevenSteps(Lstm.of(4));
  }

  @Test
  void C24_peepholeGatesSeeTheCellOfTheStepBefore() {
    Lstm lstm = Lstm.of(3).peephole(true);
    Tensor x = values(DType.FLOAT64, 2, 1, 4);
    lstm.call(x);
    Tensor h = values(DType.FLOAT64, 2, 3);
    Tensor c = values(DType.FLOAT64, 2, 3).mul(2);
    Tensor cell = lstm.run(x, Recurrent.State.of(h, c)).state().cell();
    // by the formulas: i and f see c(t-1), o sees c(t)
    Tensor z = x.select(1, 0).matmul(lstm.kernel()).add(h.matmul(lstm.recurrentKernel())).add(lstm.bias());
    Tensor i = z.slice(1, 0, 3).add(c.mul(lstm.peepholeKernel().select(0, 0))).sigmoid();
    Tensor f = z.slice(1, 3, 6).add(c.mul(lstm.peepholeKernel().select(0, 1))).sigmoid();
    Tensor expected = f.mul(c).add(i.mul(z.slice(1, 6, 9).tanh()));
    assertArrayEquals(expected.toDoubles(), cell.toDoubles(), 1e-15);
    Tensor o = z.slice(1, 9, 12).add(expected.mul(lstm.peepholeKernel().select(0, 2))).sigmoid();
    assertArrayEquals(
        o.mul(expected.tanh()).toDoubles(), lstm.run(x, Recurrent.State.of(h, c)).output().toDoubles(), 1e-15);
    lstm.peepholeKernel().assign(Tensor.zeros(Shape.of(3, 3), DType.FLOAT64));
    Tensor blind = lstm.run(x, Recurrent.State.of(h, c)).state().cell();
    assertTrue(GradCheck.difference(cell.toDoubles(), blind.toDoubles()) > 1e-3);
    checkSevenSteps(Lstm.of(4).peephole(true));
  }

  // ---- C25 to C27

  @Test
  void C25_aBidirectionalOutputDependsOnTheFutureInBothMerges() {
    Tensor x = values(DType.FLOAT64, 2, 6, 3);
    Tensor last = Tensor.concat(1, List.of(x.slice(1, 0, 5), x.slice(1, 5, 6).add(1)));
    for (Bidirectional.Merge merge : List.of(Bidirectional.Merge.CONCAT, Bidirectional.Merge.SUM)) {
      Bidirectional both = Bidirectional.of(Lstm.of(4).returnSequences(true)).merge(merge);
      Tensor y = both.call(x);
      assertEquals(Shape.of(2, 6, merge == Bidirectional.Merge.CONCAT ? 8 : 4), y.shape());
      double[] first = y.select(1, 0).toDoubles();
      assertTrue(GradCheck.difference(first, both.call(last).select(1, 0).toDoubles()) > 1e-4);
      Tensor forward = both.forwardLayer().call(x);
      Tensor backward = both.backwardLayer().call(x);
      Tensor joined =
          merge == Bidirectional.Merge.SUM ? forward.add(backward) : Tensor.concat(2, List.of(forward, backward));
      assertArrayEquals(joined.toDoubles(), y.toDoubles());
      assertArrayEquals(
          forward.select(1, 0).toDoubles(), both.forwardLayer().call(last).select(1, 0).toDoubles());
    }
  }

  @Test
  void C26_threeStackedLayersPassSequencesOn() {
    Model model =
        Model.sequential(
            Input.of(6, 3), Lstm.of(5).returnSequences(true), Gru.of(4).returnSequences(true), SimpleRnn.of(3),
            Dense.of(2));
    assertEquals(
        List.of(Shape.of(-1, 6, 5), Shape.of(-1, 6, 4), Shape.of(-1, 3), Shape.of(-1, 2)),
        model.children().values().stream().map(b -> b.outputShapes().get(0)).toList());
    Tensor x = values(DType.FLOAT32, 2, 6, 3);
    Tensor h = x;
    for (String layer : List.of("lstm", "gru", "simple_rnn")) {
      h = ((Recurrent<?>) model.children().get(layer)).call(h);
    }
    assertArrayEquals(((Dense) model.children().get("dense")).call(h).toDoubles(), model.call(x).toDoubles());
    try (Tape tape = Tape.open()) {
      Gradients g = tape.gradients(model.call(x, Pass.training(1)).square().sum(), model.trainableParams());
      for (Param p : model.trainableParams()) {
        assertTrue(Arrays.stream(g.of(p).toDoubles()).anyMatch(v -> v != 0), p.name());
      }
    }
    model.close();
  }

  @Test
  void C27_theSameWeightsServeEveryStep() {
    Tensor x = values(DType.FLOAT64, 2, 5, 3);
    Dense dense = Dense.of(4);
    TimeDistributed wrapped = TimeDistributed.of(dense);
    Tensor y = wrapped.call(x);
    assertEquals(Shape.of(2, 5, 4), y.shape());
    assertEquals(2, wrapped.params().size());
    for (int t = 0; t < 5; t++) {
      assertArrayEquals(dense.call(x.select(1, t)).toDoubles(), y.select(1, t).toDoubles(), 1e-15);
    }
    assertArrayEquals(dense.call(x).toDoubles(), y.toDoubles()); // Dense needs no wrapper
  }

  // ---- C28, E15

  /** Loss, then all gradients, of padded sequences run through a network. */
  private static double[][] lossAndGradients(List<Tensor> real, int time, double padding, Model model) {
    List<Tensor> rows = new ArrayList<>();
    long[] lengths = new long[real.size()];
    long[] labels = new long[real.size() * time];
    for (int b = 0; b < lengths.length; b++) {
      Tensor s = real.get(b);
      lengths[b] = s.dim(0);
      rows.add(
          Tensor.concat(
              0, List.of(s, Tensor.full(Shape.of(time - lengths[b], s.dim(1)), padding, s.dtype()))));
      for (int t = 0; t < lengths[b]; t++) {
        labels[b * time + t] = (b + t) % 3;
      }
    }
    Tensor lengthsTensor = Tensor.ofLongs(lengths);
    Tensor x = Tensor.stack(0, rows);
    Tensor y = Tensor.of(labels, Shape.of(lengths.length, time));
    double[][] found = new double[model.trainableParams().size() + 1][];
    try (Tape tape = Tape.open()) {
      Tensor logits = model.call(List.of(x, lengthsTensor), Pass.training(1)).get(0);
      Tensor loss = Losses.sequence(Losses.softmaxCrossEntropy()).apply(y, logits, lengthsTensor);
      Gradients g = tape.gradients(loss, model.trainableParams());
      found[0] = loss.toDoubles();
      for (int i = 1; i < found.length; i++) {
        found[i] = g.of(model.trainableParams().get(i - 1)).toDoubles();
      }
    }
    return found;
  }

  @Test
  void C28_paddingChangesNoBitOfTheLossOrAnyGradient() {
    for (int kind = 0; kind < 4; kind++) {
      Input x = Input.of(-1, 5);
      Input lengths = Input.of().dtype(DType.INT64);
      var h =
          switch (kind) {
            case 0 -> Lstm.of(12).returnSequences(true).on(x, lengths);
            case 1 -> Gru.of(12).returnSequences(true).on(x, lengths);
            case 2 -> SimpleRnn.of(12).returnSequences(true).zeroOutput(true).on(x, lengths);
            default ->
                Bidirectional.of(Lstm.of(7).peephole(true).returnSequences(true))
                    .on(Bidirectional.of(Gru.of(6).returnSequences(true)).on(x, lengths), lengths);
          };
      Model model = Model.of(List.of(x, lengths), TimeDistributed.of(Dense.of(3)).on(h, lengths));
      List<Tensor> real =
          List.of(values(DType.FLOAT32, 4, 5), values(DType.FLOAT32, 9, 5), values(DType.FLOAT32, 1, 5));
      double[][] plain = lossAndGradients(real, 9, 0, model);
      for (int time : new int[] {9, 10, 17, 200}) {
        double[][] padded = lossAndGradients(real, time, 1e3, model);
        for (int i = 0; i < plain.length; i++) {
          assertArrayEquals(plain[i], padded[i], "kind " + kind + ", padded to " + time + ", result " + i);
        }
      }
      model.close();
    }
  }

  @Test
  void C28_whatPaddingHoldsIsNeverReadAndGetsNoGradient() {
    Lstm lstm = Lstm.of(4).returnSequences(true);
    Tensor lengths = Tensor.ofLongs(2, 4);
    Tensor zeros = Tensor.zeros(Shape.of(1, 2, 3), DType.FLOAT64);
    Tensor x = Tensor.concat(1, List.of(values(DType.FLOAT64, 1, 2, 3), zeros));
    Tensor bad = Tensor.concat(1, List.of(values(DType.FLOAT64, 1, 2, 3), zeros.add(Double.NaN)));
    Tensor whole = values(DType.FLOAT64, 1, 4, 3);
    Param clean = Param.of("clean", Tensor.concat(0, List.of(x, whole)));
    Param dirty = Param.of("dirty", Tensor.concat(0, List.of(bad, whole)));
    assertArrayEquals(
        lstm.call(clean, lengths, Pass.inference()).toDoubles(),
        lstm.call(dirty, lengths, Pass.inference()).toDoubles());
    try (Tape tape = Tape.open()) {
      Tensor loss = lstm.call(dirty, lengths, Pass.inference()).square().sum();
      double[] g = tape.gradients(loss, List.of(dirty)).of(dirty).toDoubles();
      assertTrue(Arrays.stream(g).allMatch(Double::isFinite));
      assertArrayEquals(new double[6], Arrays.copyOfRange(g, 6, 12));
      assertTrue(g[0] != 0 && g[12] != 0);
    }
  }

  @Test
  void E15_theSequenceLossIsTheSumOfTheStepLosses() {
    Tensor p = values(DType.FLOAT64, 3, 5, 4);
    Tensor y = Tensor.of(new long[] {0, 1, 2, 3, 0, 3, 2, 1, 0, 1, 2, 2, 2, 1, 0}, Shape.of(3, 5));
    long[] lengths = {5, 2, 0};
    double sum = 0;
    long steps = 0;
    for (int b = 0; b < 3; b++) {
      for (int t = 0; t < lengths[b]; t++) {
        sum += Losses.softmaxCrossEntropy().apply(y.select(0, b).slice(0, t, t + 1), p.select(0, b).slice(0, t, t + 1))
            .item();
        steps++;
      }
    }
    Tensor counts = Tensor.ofLongs(lengths);
    assertEquals(sum / 3, Losses.sequence(Losses.softmaxCrossEntropy()).apply(y, p, counts).item(), 1e-14);
    assertEquals(
        sum / steps, Losses.sequence(Losses.softmaxCrossEntropy()).perStep(true).apply(y, p, counts).item(), 1e-14);
    Tensor mask = Tensor.of(new double[] {1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, Shape.of(3, 5));
    assertEquals(sum / 3, Losses.sequence(Losses.softmaxCrossEntropy()).apply(y, p, mask).item(), 1e-14);
    assertEquals(
        sum, Losses.softmaxCrossEntropy().reduction(Reduction.SUM).apply(y, p, mask).item(), 1e-13);
  }

  // ---- H3

  /** |d h_T / d h_0| of a linear network whose recurrent matrix is 1.5 times a rotation. */
  private static double growth(int steps) {
    SimpleRnn rnn =
        SimpleRnn.of(2).activation(Activation.LINEAR).recurrentInitializer(Initializers.orthogonal(1.5));
    Param h0 = Param.of("h0", Tensor.of(new double[][] {{0.6, 0.8}}));
    Tensor x = Tensor.zeros(Shape.of(1, steps, 1), DType.FLOAT64);
    try (Tape tape = Tape.open()) {
      Tensor last = rnn.run(x, null, Recurrent.State.of(h0), Pass.training(1)).output();
      Tensor direction = Tensor.of(new double[][] {{0.8, -0.6}});
      return norm(tape.gradients(last.mul(direction).sum(), List.of(h0)).of(h0));
    }
  }

  private static double norm(Tensor t) {
    return Math.sqrt(t.square().sum().item());
  }

  @Test
  void H3_theGradientOfALinearRnnExplodesAsItsSpectralRadiusSays() {
    for (int steps : new int[] {1, 10, 25, 50}) {
      double expected = Math.pow(1.5, steps);
      assertEquals(expected, growth(steps), 1e-9 * expected);
    }
    assertEquals(6.4e8, growth(50), 0.05e8);
  }

  @Test
  void H3_clippingTheGlobalNormKeepsTheDirectionAndTrainingGoesOn() {
    SimpleRnn rnn =
        SimpleRnn.of(4).activation(Activation.LINEAR).recurrentInitializer(Initializers.orthogonal(1.5));
    Dense readOut = Dense.of(1);
    Tensor x = values(DType.FLOAT64, 8, 50, 1).mul(0.1);
    Tensor y = Tensor.zeros(Shape.of(8, 1), DType.FLOAT64);
    readOut.call(rnn.call(x));
    List<Param> params = new ArrayList<>(rnn.params());
    params.addAll(readOut.params());
    Sgd sgd = Sgd.of(0.02).globalClipNorm(5);
    double first = step(rnn, readOut, x, y, params, sgd, true);
    double last = first;
    for (int i = 0; i < 400; i++) {
      last = step(rnn, readOut, x, y, params, sgd, false);
      assertTrue(Double.isFinite(last), "step " + i);
    }
    assertTrue(first > 1e6 && last < 1e-3 * first, first + " to " + last);
    sgd.close();
  }

  private static double step(
      SimpleRnn rnn, Dense readOut, Tensor x, Tensor y, List<Param> params, Sgd sgd, boolean checkStep) {
    try (Tape tape = Tape.open()) {
      Tensor loss = readOut.call(rnn.call(x, Pass.training(1))).sub(y).square().mean();
      Gradients g = tape.gradients(loss, params);
      List<double[]> before = params.stream().map(Tensor::toDoubles).toList();
      sgd.apply(g);
      if (checkStep) {
        assertClippedStep(g, params, before);
      }
      return loss.item();
    }
  }

  /** The step is -0.02 times the gradient scaled to the norm 5: the same direction. */
  private static void assertClippedStep(Gradients g, List<Param> params, List<double[]> before) {
    double square = 0;
    for (Param p : params) {
      Gradient gradient = g.find(p);
      square += Math.pow(norm(gradient.dense()), 2);
    }
    assertTrue(Math.sqrt(square) > 1e6, "norm " + Math.sqrt(square));
    for (int i = 0; i < params.size(); i++) {
      double[] gradient = g.of(params.get(i)).toDoubles();
      double[] now = params.get(i).toDoubles();
      assertNotEquals(0, gradient.length);
      for (int j = 0; j < now.length; j++) {
        double expected = -0.02 * 5 / Math.sqrt(square) * gradient[j];
        assertEquals(expected, now[j] - before.get(i)[j], 1e-12);
      }
    }
  }
}
