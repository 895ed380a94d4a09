package dev.neurite.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.data.Dataset;
import dev.neurite.loss.Losses;
import dev.neurite.metric.Metric;
import dev.neurite.metric.Metrics;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.ops.ReduceOp;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The worked examples a learner checks by hand, in float64, to the digits they are printed with. */
class WorkedExamplesTest {

  private static final double NINE = 1e-9; // one unit of the last of nine printed decimals, some of which are cut off
  private static final double SIX = 5e-7;

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor vector(double... values) {
    return Tensor.of(values);
  }

  private static Tensor row(double... values) {
    return Tensor.of(values, Shape.of(1, values.length));
  }

  private static Tensor column(double... values) {
    return Tensor.of(values, Shape.of(values.length, 1));
  }

  private static Param param(String name, double[]... rows) {
    return Param.of(name, Tensor.of(rows));
  }

  private static void assertValues(Tensor given, double tolerance, double... expected) {
    assertArrayEquals(expected, given.toDoubles(), tolerance);
  }

  // ---- N1: a 2-2-2 net of sigmoids

  /** Weights as [in, out], so the columns are the rows of the notes. */
  private static final class TwoTwoTwo {
    final Param w1 = param("w1", new double[] {.15, .25}, new double[] {.20, .30});
    final Param w2 = param("w2", new double[] {.40, .50}, new double[] {.45, .55});
    final Param b1 = Param.of("b1", vector(.35, .35));
    final Param b2 = Param.of("b2", vector(.60, .60));
    final Tensor x = row(.05, .10);
    final Tensor y = row(.01, .99);
    Tensor hidden;
    Tensor net;
    Tensor out;

    Tensor loss() {
      Tensor inHidden = x.matmul(w1).add(b1);
      hidden = inHidden.sigmoid();
      net = hidden.matmul(w2).add(b2);
      out = net.sigmoid();
      return out.sub(y).square().mean();
    }

    double train(int steps, Param... which) {
      Optimizer sgd = Sgd.of(.5);
      for (int i = 0; i < steps; i++) {
        sgd.minimize(this::loss, which);
      }
      return loss().item();
    }
  }

  @Test
  void n1ForwardAndGradientsOfTheTwoTwoTwoNet() {
    TwoTwoTwo net = new TwoTwoTwo();
    try (Tape tape = Tape.open()) {
      Tensor loss = net.loss();
      assertValues(net.x.matmul(net.w1).add(net.b1), NINE, .3775, .3925);
      assertValues(net.hidden, NINE, .593269992, .596884378);
      assertValues(net.net, NINE, 1.105905967, 1.224921404);
      assertValues(net.out, NINE, .751365070, .772928465);
      assertEquals(.298371109, loss.item(), NINE);

      Gradients g = tape.gradients(loss, List.of(net.w1, net.w2, net.b1, net.b2));

      assertValues(g.of(net.w2).transpose(), NINE, .082167041, .082667628, -.022602540, -.022740242);
      assertValues(g.of(net.w1).transpose(), NINE, .000438568, .000877135, .000497713, .000995425);
      assertValues(g.of(net.b1), NINE, .008771355, .009954255);
      assertValues(g.of(net.b1).sum(), NINE, .018725609);
      assertValues(g.of(net.b2), NINE, .138498562, -.038098237);
      assertValues(g.of(net.b2).sum(), NINE, .100400325);
    }
  }

  @Test
  void n1TrainingWithFixedBiases() {
    TwoTwoTwo net = new TwoTwoTwo();

    assertEquals(.291027774, net.train(1, net.w1, net.w2), NINE);
    assertValues(net.w2.transpose(), NINE, .358916480, .408666186, .511301270, .561370121);
    assertValues(net.w1.transpose(), NINE, .149780716, .199561432, .249751144, .299502287);
    assertEquals(.0000351019, net.train(9_999, net.w1, net.w2), 5e-11);
    assertValues(net.out, NINE, .015913620, .984064274);
  }

  @Test
  void n1TrainingWithABiasPerUnit() {
    TwoTwoTwo net = new TwoTwoTwo();

    assertEquals(.280471447, net.train(1, net.w1, net.w2, net.b1, net.b2), NINE);
    assertEquals(.00000244756, net.train(9_999, net.w1, net.w2, net.b1, net.b2), 5e-12);
  }

  // ---- N2: a 3-2-1 net of sigmoids

  private static final class ThreeTwoOne {
    final Param hidden = param("hidden", new double[] {.2, -.3}, new double[] {.4, .1}, new double[] {-.5, .2});
    final Param top = param("top", new double[] {-.3}, new double[] {-.2});
    final Param theta = Param.of("theta", vector(-.4, .2));
    final Param thetaTop = Param.of("theta6", vector(.1));
    Tensor in;
    Tensor out;
    Tensor inTop;
    Tensor result;

    Tensor loss(double scale) {
      in = row(1, 0, 1).matmul(hidden).add(theta);
      out = in.sigmoid();
      inTop = out.matmul(top).add(thetaTop);
      result = inTop.sigmoid();
      return result.rsub(1).square().sum().mul(scale);
    }

    Param[] all() {
      return new Param[] {hidden, top, theta, thetaTop};
    }
  }

  @Test
  void n2WithHalfTheSquare() {
    ThreeTwoOne net = new ThreeTwoOne();
    try (Tape tape = Tape.persistent()) {
      Tensor loss = net.loss(.5);
      assertValues(net.in, NINE, -.7, .1);
      assertValues(net.out, NINE, .331812228, .524979187);
      assertValues(net.inTop, NINE, -.104539506);
      assertValues(net.result, NINE, .473888899);
      assertEquals(.138396445, loss.item(), NINE);

      Gradients errors = tape.gradients(loss, List.of(net.inTop, net.in)); // Err = -dE/dI

      assertValues(errors.of(net.inTop).neg(), NINE, .131169078);
      assertValues(errors.of(net.in).neg(), NINE, -.008724562, -.006542085);
      Sgd.of(.9).apply(tape.gradients(loss, List.of(net.all())));
    }

    assertValues(net.top, NINE, -.260828846, -.138025068);
    assertValues(net.hidden, NINE, .192147894, -.305887877, .4, .1, -.507852106, .194112123);
    assertValues(net.thetaTop, NINE, .218052170);
    assertValues(net.theta, NINE, -.407852106, .194112123);
  }

  @Test
  void n2WithTheFullSquare() {
    ThreeTwoOne net = new ThreeTwoOne();
    try (Tape tape = Tape.open()) {
      Tensor loss = net.loss(1);
      assertEquals(.276792891, loss.item(), NINE);
      Gradients g = tape.gradients(loss, List.of(net.all()));
      assertEquals(-.087047008, g.of(net.top).toDoubles()[0], NINE);
      Sgd.of(.9).apply(g);
    }

    assertValues(net.top, NINE, -.221657693, -.076050135);
    assertValues(net.hidden, NINE, .184295788, -.311775753, .4, .1, -.515704212, .188224246);
    assertValues(net.thetaTop, NINE, .336104341);
    assertValues(net.theta, NINE, -.415704212, .188224246);
  }

  // ---- N3: a 4-2-1 net of sigmoids

  private double[] n3TopAfterStep(double scale, double expectedLoss) {
    Param hidden =
        param("hidden", new double[] {.3, .1}, new double[] {-.2, .4}, new double[] {.2, -.3}, new double[] {.1, .4});
    Param bias = Param.of("bias", vector(.2, .1));
    Param top = param("top", new double[] {-.3}, new double[] {.2});
    Param topBias = Param.of("topBias", vector(-.3));
    try (Tape tape = Tape.open()) {
      Tensor in = row(1, 1, 0, 1).matmul(hidden).add(bias);
      Tensor out = in.sigmoid();
      Tensor inTop = out.matmul(top).add(topBias);
      Tensor result = inTop.sigmoid();
      Tensor loss = result.rsub(1).square().sum().mul(scale);
      assertValues(in, NINE, .4, 1.0);
      assertValues(out, NINE, .598687660, .731058579);
      assertValues(inTop, NINE, -.333394582);
      assertValues(result, NINE, .417414899);
      assertEquals(expectedLoss, loss.item(), NINE);

      Gradients g = tape.gradients(loss, List.of(top, topBias));

      assertValues(g.of(top), NINE, -.169635599 * scale, -.207142335 * scale);
      assertValues(g.of(topBias), NINE, -.283345742 * scale);
      Sgd.of(.8).apply(g);
    }
    return new double[] {top.toDoubles()[0], top.toDoubles()[1], topBias.item()};
  }

  @Test
  void n3StepOfTheFourTwoOneNet() {
    assertArrayEquals(new double[] {-.164291521, .365713868, -.073323407}, n3TopAfterStep(1, .339405400), NINE);
    assertArrayEquals(new double[] {-.232145760, .282856934, -.186661703}, n3TopAfterStep(.5, .169702700), NINE);
  }

  // ---- N4: one sigmoid neuron and two points

  private static final class Neuron {
    final Param w;
    final Param b;

    Neuron(double w, double b) {
      this.w = Param.of("w", w, DType.FLOAT64);
      this.b = Param.of("b", b, DType.FLOAT64);
    }

    Tensor loss() {
      return vector(.5, 2.5).mul(w).add(b).sigmoid().sub(vector(.2, .9)).square().sum().mul(.5);
    }
  }

  private static double n4Loss(double w, double b) {
    return new Neuron(w, b).loss().item();
  }

  @Test
  void n4LossSurface() {
    assertEquals(.073114, n4Loss(.5, 0), SIX);
    assertEquals(.148132, n4Loss(-.1, 0), SIX);
    assertEquals(.021672, n4Loss(.94, -.94), SIX);
    assertEquals(.002892, n4Loss(1.42, -1.73), SIX);
    assertEquals(.000344, n4Loss(1.65, -2.08), SIX);
    assertEquals(.0000017, n4Loss(1.78, -2.27), 5e-8); // printed as .0000021, at coordinates before rounding
    assertEquals(0, n4Loss(1.791759469, -2.282174096), 1e-18);
  }

  @Test
  void n4GradientDescent() {
    Neuron neuron = new Neuron(-2, -2);
    try (Tape tape = Tape.open()) {
      Tensor loss = neuron.loss();
      assertEquals(.415819901, loss.item(), NINE);
      Gradients g = tape.gradients(loss, List.of(neuron.w, neuron.b));
      assertValues(g.of(neuron.w), NINE, -.005492319);
      assertValues(g.of(neuron.b), NINE, -.007711159);
    }
    Optimizer sgd = Sgd.of(1.0);

    n4Epochs(neuron, sgd, 1);
    assertEquals(-1.994507681, neuron.w.item(), NINE);
    assertEquals(-1.992288841, neuron.b.item(), NINE);
    assertEquals(.415729855, neuron.loss().item(), NINE);
    n4Epochs(neuron, sgd, 10);
    assertEquals(.414836778, neuron.loss().item(), NINE);
    n4Epochs(neuron, sgd, 100);
    assertEquals(1.002990, neuron.w.item(), SIX);
    assertEquals(-1.050786, neuron.b.item(), SIX);
    assertEquals(.017741010, neuron.loss().item(), NINE);
    n4Epochs(neuron, sgd, 200);
    assertEquals(1.607160, neuron.w.item(), SIX);
    assertEquals(-2.012558, neuron.b.item(), SIX);
    assertEquals(.000620251, neuron.loss().item(), NINE);
    n4Epochs(neuron, sgd, 500);
    assertEquals(7.88e-7, neuron.loss().item(), 5e-10);
    n4Epochs(neuron, sgd, 1000);
    assertEquals(1.791719830, neuron.w.item(), NINE);
    assertEquals(-2.282118073, neuron.b.item(), NINE);
    assertEquals(2.43e-11, neuron.loss().item(), 5e-14);
  }

  private static void n4Epochs(Neuron neuron, Optimizer sgd, long until) {
    while (sgd.step() < until) {
      sgd.minimize(neuron::loss, neuron.w, neuron.b);
    }
  }

  // ---- N12: counts

  @Test
  void n12Counts() {
    try (Model small = Model.sequential(Input.of(2), Dense.of(2), Dense.of(1));
        Model larger = Model.sequential(Input.of(4), Dense.of(3), Dense.of(2), Dense.of(1))) {
      assertEquals(9, small.parameterCount());
      assertEquals(26, larger.parameterCount());
    }
    assertEquals(500, updates(50, 1, 10));
    assertEquals(10, updates(50, 50, 10));
    List<Long> sizes = new ArrayList<>();
    Dataset.of(Tensor.zeros(Shape.of(400, 1))).batch(150).forEach(b -> sizes.add(b.size()));
    assertEquals(List.of(150L, 150L, 100L), sizes);
    Metric accuracy = Metrics.accuracy();
    accuracy.update(Tensor.ofLongs(0, 1, 2, 1, 0), Tensor.ofLongs(0, 1, 2, 1, 2).oneHot(3, DType.FLOAT32));
    assertEquals(.8, accuracy.result(), 1e-12);
  }

  private static long updates(int rows, int batch, int epochs) {
    try (Model model = Model.sequential(Input.of(1), Dense.of(1))) {
      Optimizer sgd = Sgd.of();
      model.compile(sgd, Losses.meanSquaredError());
      model.fit(
          Dataset.of(Tensor.zeros(Shape.of(rows, 1)), Tensor.zeros(Shape.of(rows, 1))).batch(batch),
          Fit.epochs(epochs));
      return sgd.step();
    }
  }

  // ---- N13: matrices

  @Test
  void n13Matrices() {
    Tensor a = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Tensor b = Tensor.of(new double[][] {{1, 2, 3}, {4, 5, 6}});
    Tensor c = Tensor.of(new double[][] {{1, 4, 7}, {2, 5, 8}, {3, 6, 9}});
    Tensor sums = c.reduce(ReduceOp.SUM, true, 0);

    assertValues(a.matmul(b), 0, 9, 12, 15, 19, 26, 33);
    assertValues(sums, 0, 6, 15, 24);
    assertValues(
        c.mul(100).div(sums), 5e-5, 16.6667, 26.6667, 29.1667, 33.3333, 33.3333, 33.3333, 50, 40, 37.5);
    assertValues(b.add(vector(100, 200, 300)), 0, 101, 202, 303, 104, 205, 306);
    assertValues(b.add(column(100, 200)), 0, 101, 102, 103, 204, 205, 206);
  }

  // ---- N14: activations

  private static void assertActivation(Activation activation, double... expected) {
    assertValues(activation.apply(vector(-2, -1, -.5, 0, .5, 1, 2)), SIX, expected);
  }

  @Test
  void n14Activations() {
    assertActivation(Activation.SIGMOID, .119203, .268941, .377541, .5, .622459, .731059, .880797);
    assertActivation(Activation.TANH, -.964028, -.761594, -.462117, 0, .462117, .761594, .964028);
    assertActivation(Activation.leakyRelu(.01), -.02, -.01, -.005, 0, .5, 1, 2);
    assertActivation(Activation.ELU, -.864665, -.632121, -.393469, 0, .5, 1, 2);
    assertActivation(Activation.SELU, -1.520166, -1.111331, -.691758, 0, .525350, 1.050701, 2.101402);
    assertActivation(Activation.SOFTPLUS, .126928, .313262, .474077, .693147, .974077, 1.313262, 2.126928);
    assertActivation(Activation.GELU, -.045500, -.158655, -.154269, 0, .345731, .841345, 1.954500);
    assertActivation(Activation.SILU, -.238406, -.268941, -.188770, 0, .311230, .731059, 1.761594);
    assertActivation(Activation.GAUSSIAN, .018316, .367879, .778801, 1, .778801, .367879, .018316);
  }

  @Test
  void n14Slopes() {
    assertSlopes(Activation.GELU, -.085232, -.083315, .132505, .5, .867495, 1.083315, 1.085232);
    assertSlopes(Activation.SILU, -.090784, .072329, .260039, .5, .739961, .927671, 1.090784);
  }

  private static void assertSlopes(Activation activation, double... expected) {
    Tensor x = vector(-2, -1, -.5, 0, .5, 1, 2);
    try (Tape tape = Tape.open()) {
      tape.watch(x);
      assertValues(tape.gradients(activation.apply(x).sum(), List.of(x)).of(x), SIX, expected);
    }
  }

  // ---- N16: gradient steps

  @Test
  void n16GradientSteps() {
    assertEquals(45, stepped(-5, -50, 1), 1e-12);
    assertEquals(-4.5, stepped(-5, -50, .01), 1e-12);
    assertEquals(225, Losses.meanSquaredError().apply(vector(18), vector(3)).item(), 1e-12);
    assertEquals(.0001, vector(.1).pow(4).item(), 1e-15);
    assertEquals(.999999, stepped(1, .0001, .01), 1e-12);
    Param w = Param.of("w", 0, DType.FLOAT64);
    Optimizer sgd = Sgd.of(.01);
    sgd.minimize(() -> parabola(w), w);
    assertEquals(.2, w.item(), 1e-12);
    while (sgd.step() < 1000) {
      sgd.minimize(() -> parabola(w), w);
    }
    assertEquals(9.99999998, w.item(), 5e-9);
    assertEquals(-75, parabola(w).item(), 1e-12);
    assertEquals(11, slopeAtFive(1), 1e-12);
    assertEquals(12, slopeAtFive(2), 1e-12);
  }

  private static Tensor parabola(Param w) {
    return w.square().sub(w.mul(20)).add(25);
  }

  /** One step from {@code start} against a loss with the given slope. */
  private static double stepped(double start, double slope, double rate) {
    Param b = Param.of("b", start, DType.FLOAT64);
    Sgd.of(rate).minimize(() -> b.mul(slope), b);
    return b.item();
  }

  private static double slopeAtFive(double linear) {
    Param x = Param.of("x", 5, DType.FLOAT64);
    try (Tape tape = Tape.open()) {
      return tape.gradients(x.square().add(x.mul(linear)), List.of(x)).of(x).item();
    }
  }

  // ---- N19 and N20

  @Test
  void n19ChainRule() {
    Param a = Param.of("a", 5, DType.FLOAT64);
    Param b = Param.of("b", 3, DType.FLOAT64);
    Param c = Param.of("c", 2, DType.FLOAT64);
    try (Tape tape = Tape.open()) {
      Tensor u = b.mul(c);
      Tensor v = a.add(u);
      Tensor j = v.mul(3);
      assertEquals(33, j.item());

      Gradients g = tape.gradients(j, List.of(v, a, u, b, c));

      assertEquals(3, g.of(v).item());
      assertEquals(3, g.of(a).item());
      assertEquals(3, g.of(u).item());
      assertEquals(3 * 2, g.of(b).item());
      assertEquals(3 * 3, g.of(c).item());
    }
  }

  @Test
  void n20Sigmoids() {
    assertValues(vector(3, 1.75, -2, .5).sigmoid(), SIX, .952574, .851953, .119203, .622459);
  }
}
