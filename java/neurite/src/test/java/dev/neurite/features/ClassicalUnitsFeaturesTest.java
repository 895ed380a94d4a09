package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.Neurite;
import dev.neurite.autograd.Gradients;
import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.init.Initializers;
import dev.neurite.loss.ElementLoss;
import dev.neurite.loss.Losses;
import dev.neurite.loss.Reduction;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.McCullochPitts;
import dev.neurite.nn.Model;
import dev.neurite.nn.Models;
import dev.neurite.nn.Perceptron;
import dev.neurite.optim.Adam;
import dev.neurite.optim.Optimizer;
import dev.neurite.optim.Sgd;
import dev.neurite.regularizer.L1;
import dev.neurite.regularizer.L2;
import dev.neurite.regularizer.Regularizer;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** B1 to B8, A14: single units, XOR, small networks of them. */
class ClassicalUnitsFeaturesTest {

  private static final double[][] CORNERS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

  private static Tensor corners() {
    return Tensor.of(CORNERS).cast(DType.FLOAT32);
  }

  private static Tensor xor() {
    return Tensor.of(new float[] {0, 1, 1, 0}, Shape.of(4, 1));
  }

  // ---- McCulloch-Pitts

  @Test
  void B1_mcCullochPittsGatesHaveTheirTruthTables() {
    assertEquals("0001", McCullochPitts.of(2, false, false).truthTable());
    assertEquals("0111", McCullochPitts.of(1, false, false).truthTable());
    assertEquals("1000", McCullochPitts.of(0, true, true).truthTable());
    assertEquals("10", McCullochPitts.of(0, true).truthTable());
    assertEquals("0001", McCullochPitts.and(2).truthTable());
    assertEquals("01111111", McCullochPitts.or(3).truthTable());
    assertEquals("1000", McCullochPitts.nor(2).truthTable());
    assertEquals("10", McCullochPitts.not().truthTable());
    assertEquals("0010", McCullochPitts.of(1, false, true).truthTable()); // x1 and not x2
    try (Scope scope = Scope.open()) {
      double[] fired = McCullochPitts.and(2).fires(corners()).cast(DType.FLOAT64).toDoubles();
      assertArrayEquals(new double[] {0, 0, 0, 1}, fired);
      assertThrows(ShapeException.class, () -> McCullochPitts.and(3).fires(corners()));
    }
    assertThrows(ShapeException.class, () -> McCullochPitts.and(3).fires(true, false));
    assertThrows(IllegalArgumentException.class, () -> McCullochPitts.of(1));
  }

  @Test
  void K2_xorIsBuiltFromGates() {
    for (int i = 0; i < 4; i++) {
      boolean a = i >= 2;
      boolean b = i % 2 == 1;
      boolean either = McCullochPitts.or(2).fires(a, b);
      boolean both = McCullochPitts.and(2).fires(a, b);
      assertEquals(a ^ b, McCullochPitts.of(1, false, true).fires(either, both));
    }
  }

  // ---- perceptron

  @Test
  void B2_weightedThresholdUnitIsOr() {
    Perceptron or = Perceptron.withWeights(-1, 1.1, 1.1);
    double[] sums = {-1, .1, .1, 1.2};
    for (int i = 0; i < 4; i++) {
      assertEquals(sums[i], or.sum(CORNERS[i]), 1e-15);
      assertEquals(i > 0, or.fires(CORNERS[i]));
    }
    try (Scope scope = Scope.open()) {
      assertArrayEquals(new long[] {0, 1, 1, 1}, or.predict(corners()).toLongs());
    }
  }

  /** Points in a square, at least a margin from the line x + 2y = 0.3; labels 0 and 1. */
  private static double[][] cloud(int n, double margin, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[][] points = new double[n][];
    for (int i = 0; i < n; ) {
      double x = random.nextDouble(-1, 1);
      double y = random.nextDouble(-1, 1);
      double side = (x + 2 * y - .3) / Math.sqrt(5);
      if (Math.abs(side) >= margin) {
        points[i++] = new double[] {x, y, side > 0 ? 1 : 0};
      }
    }
    return points;
  }

  private static Tensor features(double[][] points) {
    return Tensor.of(points).slice(1, 0, points[0].length - 1);
  }

  private static Tensor labels(double[][] points) {
    return Tensor.of(points).select(1, points[0].length - 1);
  }

  @Test
  void B3_learningRuleSeparatesWhatCanBeSeparated() {
    try (Scope scope = Scope.open()) {
      for (long seed = 1; seed <= 5; seed++) {
        double[][] points = cloud(200, .1, seed);
        Perceptron p = Perceptron.of(2);
        Perceptron.Training t = p.fit(features(points), labels(points));
        assertTrue(t.separated(), t.toString());
        assertEquals(0, t.errors());
        assertTrue(t.updates().size() <= 1000, t.toString());
        long[] guesses = p.predict(features(points)).toLongs();
        for (int i = 0; i < points.length; i++) {
          assertEquals(points[i][2], guesses[i]);
        }
      }
      double[][] points = cloud(200, .1, 6);
      Perceptron p = Perceptron.of(2).shuffle(3).margin(.05).learningRate(.1);
      assertTrue(p.fit(features(points), labels(points)).separated());
      for (double[] point : points) {
        assertTrue((point[2] > 0 ? 1 : -1) * p.sum(point[0], point[1]) > .05);
      }
    }
  }

  @Test
  void B3_theLogHasEveryStepOfTheLine() {
    try (Scope scope = Scope.open()) {
      double[][] points = cloud(50, .1, 9);
      Perceptron.Training t = Perceptron.of(2).learningRate(.5).fit(features(points), labels(points));
      double[] w = new double[3];
      for (Perceptron.Update u : t.updates()) {
        double[] point = points[u.row()];
        double sign = point[2] > 0 ? 1 : -1;
        assertTrue(sign * (w[0] * point[0] + w[1] * point[1] + w[2]) <= 0);
        w[0] += .5 * sign * point[0];
        w[1] += .5 * sign * point[1];
        w[2] += .5 * sign;
        assertEquals(List.of(w[0], w[1]), u.weights());
        assertEquals(w[2], u.bias());
      }
    }
  }

  @Test
  void B3_whatCannotBeSeparatedStopsWithTheBestWeights() {
    try (Scope scope = Scope.open()) {
      double[][] points = cloud(200, .02, 4);
      for (int i = 0; i < points.length; i += 20) {
        points[i][2] = 1 - points[i][2]; // ten wrong labels
      }
      Perceptron p = Perceptron.of(2).maxEpochs(60);
      Perceptron.Training t = p.fit(features(points), labels(points));
      assertFalse(t.separated());
      assertEquals(60, t.epochs());
      long errors = 0;
      long[] guesses = p.predict(features(points)).toLongs();
      for (int i = 0; i < points.length; i++) {
        errors += guesses[i] == points[i][2] ? 0 : 1;
      }
      assertEquals(t.errors(), errors);
      for (Perceptron.Update u : t.updates()) {
        Perceptron then = Perceptron.withWeights(u.bias(), u.weights().get(0), u.weights().get(1));
        long wrong = 0;
        for (double[] point : points) {
          wrong += then.fires(point[0], point[1]) == point[2] > 0 ? 0 : 1;
        }
        assertTrue(wrong >= errors, wrong + " < " + errors);
      }
      assertThrows(
          IllegalArgumentException.class, () -> p.fit(features(points), labels(points).mul(3)));
      assertThrows(ShapeException.class, () -> p.fit(features(points).slice(0, 0, 0), labels(points).slice(0, 0, 0)));
    }
  }

  // ---- the loop itself

  @Test
  void B4_theTenLineLoopGivesTheExampleToNineDigits() {
    double[][] expected = {
      {1, -1.994507681, -1.992288841}, {100, 1.002990, -1.050786}, {200, 1.607160, -2.012558},
      {1000, 1.791719830, -2.282118073}
    };
    double[] tolerance = {1e-9, 1e-6, 1e-6, 1e-9};
    Tensor points = Tensor.of(.5, 2.5);
    Tensor targets = Tensor.of(.2, .9);
    int row = 0;
    double w = -2;
    double b = -2;
    for (int epoch = 1; epoch <= 1000; epoch++) {
      try (Scope scope = Scope.open()) {
        Tensor fx = points.mul(w).add(b).sigmoid();
        Tensor slope = fx.sub(targets).mul(fx).mul(fx.rsub(1));
        w -= slope.mul(points).sum().item();
        b -= slope.sum().item();
      }
      if (expected[row][0] == epoch) {
        assertEquals(expected[row][1], w, tolerance[row]);
        assertEquals(expected[row][2], b, tolerance[row]);
        row = Math.min(row + 1, expected.length - 1);
      }
    }
    try (Scope scope = Scope.open()) {
      double loss = points.mul(w).add(b).sigmoid().sub(targets).square().sum().mul(.5).item();
      assertEquals(2.43e-11, loss, 5e-14);
    }
  }

  @Test
  void B5_perceptronLossWithGradientDescentReachesZero() {
    try (Scope scope = Scope.open()) {
      // cgpa and iq of students, centred; placed when both together are good enough
      double[][] rows = cloud(100, .1, 12);
      Tensor x = features(rows).cast(DType.FLOAT32);
      Tensor y = labels(rows).mul(2).sub(1).cast(DType.FLOAT32).reshape(100, 1);
      assertEquals(0, descend(x, y, null)[0]);
      double[] plain = descend(x, y, null);
      for (Regularizer penalty : new Regularizer[] {L1.of(.01), L2.of(.01)}) {
        double[] held = descend(x, y, penalty);
        assertTrue(held[1] < plain[1], penalty + " " + held[1] + " against " + plain[1]);
      }
      // one step by hand: the gradient is -y*x for what is on the wrong side, so the weights gain rate*y*x
      try (Model unit = Models.perceptron(2, null)) {
        Param kernel = unit.trainableParams().get(0);
        kernel.assign(Tensor.of(new float[] {1, -1}, Shape.of(2, 1)));
        Optimizer sgd = Sgd.of(.5);
        Tensor wrong = Tensor.of(new float[][] {{-3, 1}});
        Tensor one = Tensor.of(new float[][] {{1}});
        sgd.minimize(() -> Losses.perceptron().apply(one, unit.call(wrong)), kernel);
        assertArrayEquals(new double[] {1 - 1.5, -1 + .5}, kernel.toDoubles(), 1e-6);
      }
    }
  }

  /** The perceptron's loss after 500 steps, and the squared length of the weights. */
  private static double[] descend(Tensor x, Tensor y, Regularizer penalty) {
    try (Model unit = Models.perceptron(2, penalty);
        Optimizer sgd = Sgd.of(.5)) {
      List<Param> params = unit.trainableParams();
      params.get(0).assign(Tensor.of(new float[] {-.7f, .4f}, Shape.of(2, 1)));
      Param[] all = params.toArray(new Param[0]);
      for (int i = 0; i < 500; i++) {
        sgd.minimize(
            () -> {
              Tensor loss = Losses.perceptron().apply(y, unit.call(x));
              return unit.regularization().map(loss::add).orElse(loss);
            },
            all);
      }
      double length = params.get(0).square().sum().item();
      return new double[] {Losses.perceptron().apply(y, unit.call(x)).item(), length};
    }
  }

  // ---- XOR

  private static long right(Model model, Tensor x, Tensor y) {
    double[] p = model.call(x).toDoubles();
    double[] t = y.toDoubles();
    long right = 0;
    for (int i = 0; i < p.length; i++) {
      right += p[i] > .5 == t[i] > .5 ? 1 : 0;
    }
    return right;
  }

  private static void descend(Model model, Tensor x, Tensor y, double rate, int epochs) {
    Param[] params = model.trainableParams().toArray(new Param[0]);
    try (Optimizer adam = Adam.of(rate)) {
      for (int i = 0; i < epochs; i++) {
        adam.minimize(() -> Losses.binaryCrossEntropy().apply(y, model.call(x)), params);
      }
    }
  }

  private static Model seeded(long seed, Supplier<Model> model) {
    Neurite.seed(seed);
    return model.get();
  }

  @Test
  void B6_oneUnitCannotSolveXorAndSaysSo() {
    try (Scope scope = Scope.open()) {
      for (long seed = 0; seed < 20; seed++) {
        try (Model unit = seeded(seed, () -> Models.logisticRegression(2))) {
          descend(unit, corners(), xor(), .05, 100);
          assertTrue(right(unit, corners(), xor()) <= 3, "seed " + seed);
        }
        Perceptron p = Perceptron.of(2).shuffle(seed).maxEpochs(50);
        Perceptron.Training t = p.fit(corners(), xor().reshape(4));
        assertTrue(t.errors() >= 1);
        assertTrue(t.toString().startsWith("not separated after 50 epochs"), t.toString());
      }
    }
  }

  /**
   * Many 2-4-1 networks (tanh, sigmoid) trained side by side with Adam 0.05, which treats every weight by itself: the
   * same as training each alone, but one op for all of them.
   *
   * @param targets [networks, 4, 1]
   * @return how many of the four corners each has right
   */
  private static long[] trainSideBySide(Tensor targets, long firstSeed, int seedStep, int epochs) {
    int n = (int) targets.dim(0);
    Tensor x = corners().expandDims(0).broadcastTo(Shape.of(n, 4, 2));
    try (Param w1 = Param.of("w1", drawn(n, Shape.of(2, 4), firstSeed, seedStep));
        Param b1 = Param.of("b1", Tensor.zeros(Shape.of(n, 1, 4)));
        Param w2 = Param.of("w2", drawn(n, Shape.of(4, 1), firstSeed, seedStep));
        Param b2 = Param.of("b2", Tensor.zeros(Shape.of(n, 1, 1)));
        Optimizer adam = Adam.of(.05)) {
      Supplier<Tensor> logits = () -> x.matmul(w1).add(b1).tanh().matmul(w2).add(b2);
      ElementLoss loss = Losses.sigmoidCrossEntropy().reduction(Reduction.SUM);
      for (int i = 0; i < epochs; i++) {
        adam.minimize(() -> loss.apply(targets, logits.get()).mul(.25), w1, b1, w2, b2);
      }
      Tensor right = logits.get().gt(0).eq(targets.gt(.5)).cast(DType.FLOAT32).sum(1, 2);
      return right.cast(DType.INT64).toLongs();
    }
  }

  private static Tensor drawn(int n, Shape shape, long firstSeed, int seedStep) {
    List<Tensor> each = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      RandomStream random = RandomStream.of(firstSeed + (long) i * seedStep, "kernel" + shape);
      each.add(Initializers.glorotUniform().create(shape, DType.FLOAT32, random));
    }
    return Tensor.stack(0, each);
  }

  @Test
  void B7_aHiddenLayerSolvesXor() {
    try (Scope scope = Scope.open()) {
      Tensor targets = xor().expandDims(0).broadcastTo(Shape.of(20, 4, 1)).contiguous();
      long solved = Arrays.stream(trainSideBySide(targets, 0, 1, 2000)).filter(right -> right == 4).count();
      assertTrue(solved >= 18, solved + " of 20");
    }
  }

  @Test
  void A14_everyBooleanFunctionOfTwoInputsIsFitted() {
    try (Scope scope = Scope.open()) {
      float[] y = new float[16 * 4];
      for (int f = 0; f < 16; f++) {
        for (int i = 0; i < 4; i++) {
          y[f * 4 + i] = f >> i & 1;
        }
      }
      long[] right = trainSideBySide(Tensor.of(y, Shape.of(16, 4, 1)), 3, 0, 500);
      assertTrue(Arrays.stream(right).allMatch(r -> r == 4), Arrays.toString(right));
    }
  }

  @Test
  void B8_aSigmoidNeuronFitsTwoPoints() {
    try (Scope scope = Scope.open();
        Model neuron =
            Model.sequential(Input.of(1).dtype(DType.FLOAT64), Dense.of(1).activation(Activation.SIGMOID))) {
      Tensor x = Tensor.of(new double[][] {{.5}, {2.5}});
      Tensor y = Tensor.of(new double[][] {{.2}, {.9}});
      List<Param> params = neuron.trainableParams();
      params.forEach(p -> p.assign(Tensor.full(p.shape(), -2, DType.FLOAT64)));
      try (Optimizer sgd = Sgd.of(1)) {
        for (int epoch = 0; epoch < 1000; epoch++) {
          try (Tape tape = Tape.open()) {
            Tensor loss = neuron.call(x).sub(y).square().sum().mul(.5);
            Gradients g = tape.gradients(loss, params);
            if (epoch == 0) {
              assertEquals(.415819901, loss.item(), 1e-9);
              assertEquals(-.005492319, g.of(params.get(0)).item(), 1e-9);
              assertEquals(-.007711159, g.of(params.get(1)).item(), 1e-9);
            }
            sgd.apply(g);
          }
        }
      }
      assertEquals(1.791719830, params.get(0).item(), 1e-9);
      assertEquals(-2.282118073, params.get(1).item(), 1e-9);
    }
  }
}
