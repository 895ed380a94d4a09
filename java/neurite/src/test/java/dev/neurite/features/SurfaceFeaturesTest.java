package dev.neurite.features;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.autograd.Tape;
import dev.neurite.init.Initializers;
import dev.neurite.loss.Losses;
import dev.neurite.nn.Activation;
import dev.neurite.nn.Dense;
import dev.neurite.nn.Input;
import dev.neurite.nn.Model;
import dev.neurite.optim.Sgd;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import dev.neurite.train.ErrorSurface;
import dev.neurite.train.Exercise;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Error surfaces of two weights: what they look like and how one gets down. */
class SurfaceFeaturesTest {

  private static final double SIX = 5e-7;

  // ---- convexity

  @Test
  void A17_squaredLossOverASigmoidHasTwoMinimaCrossEntropyIsConvex() {
    double[] scan = new double[601];
    for (int i = 0; i < scan.length; i++) {
      scan[i] = squared(-6 + i * 0.02);
    }
    int minima = 0;
    for (int i = 1; i + 1 < scan.length; i++) {
      minima += scan[i] < scan[i - 1] && scan[i] < scan[i + 1] ? 1 : 0;
    }
    assertEquals(2, minima, "stationary regions of the squared loss");

    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 1000; i++) {
      double[] h = hessian(-5 + 10 * random.nextDouble(), -5 + 10 * random.nextDouble());
      double smallest = (h[0] + h[2]) / 2 - Math.hypot((h[0] - h[2]) / 2, h[1]);
      assertTrue(smallest >= -1e-12 * (h[0] + h[2]), "smallest eigenvalue " + smallest);
    }
  }

  /** {@code (sigmoid(w) - 0.99)^2 + (sigmoid(10 w) - 0.1)^2}. */
  private static double squared(double w) {
    try (Scope scope = Scope.open()) {
      return Tensor.of(1.0, 10.0).mul(w).sigmoid().sub(Tensor.of(0.99, 0.1)).square().sum().item();
    }
  }

  /** Second derivatives (ww, wb, bb) of the cross-entropy of five points. */
  private static double[] hessian(double w, double b) {
    try (Scope scope = Scope.open();
        Tape tape = Tape.persistent();
        Param p = Param.of("w", w, DType.FLOAT64);
        Param q = Param.of("b", b, DType.FLOAT64)) {
      Tensor x = Tensor.of(1.0, 10.0, -2.0, 0.5, 3.0);
      Tensor y = Tensor.of(1.0, 0.0, 1.0, 0.0, 1.0);
      Tensor z = x.mul(p).add(q);
      Tensor loss = z.abs().neg().exp().log1p().add(z.relu()).sub(z.mul(y)).sum();
      var first = tape.gradients(loss, List.of(p, q), true);
      Tensor dw = first.of(p).reshape(Shape.scalar());
      Tensor db = first.of(q).reshape(Shape.scalar());
      var ofW = tape.gradients(dw, List.of(p, q));
      var ofB = tape.gradients(db, List.of(q));
      return new double[] {ofW.of(p).item(), ofW.of(q).item(), ofB.of(q).item()};
    }
  }

  // ---- scans

  @Test
  void F10_errorSurfaceOfTheNeuronIsScannedAndSearchedAtRandom() {
    Exercise n4 = Exercise.preset("n4");
    ErrorSurface surface = ErrorSurface.scan(n4, -6, 6, 121);

    assertEquals(121, surface.first().size());
    assertEquals(-6, surface.first().get(0));
    assertEquals(6, surface.second().get(120));
    assertEquals(.073114, surface.losses().get(65).get(60), SIX, "w 0.5, b 0");
    assertEquals(.148132, surface.losses().get(59).get(60), SIX, "w -0.1, b 0");
    assertEquals(1.8, surface.lowest().first(), 0.11);
    assertEquals(-2.3, surface.lowest().second(), 0.11);

    ErrorSurface.Path search =
        ErrorSurface.randomSearch((w, b) -> ErrorSurface.lossAt(n4, w, b), -6, 6, 3000, 1);
    for (int i = 1; i < search.points().size(); i++) {
      assertTrue(search.points().get(i).loss() < search.points().get(i - 1).loss());
    }
    assertTrue(search.end().loss() < 0.005, "best " + search.end());
    assertEquals(search, ErrorSurface.randomSearch((w, b) -> ErrorSurface.lossAt(n4, w, b), -6, 6, 3000, 1));
  }

  @Test
  void F19_descentLeavesThePlateauOfTheNeuron() {
    ErrorSurface.Path way = ErrorSurface.descend(Exercise.preset("n4"), 1000);

    assertEquals(.41582, way.points().get(0).loss(), 5e-6);
    assertTrue(way.points().get(10).loss() > .41, "flat at first");
    assertTrue(way.end().loss() < 1e-10, "loss " + way.end().loss());
  }

  @Test
  void modelsOfTwoWeightsAreScannedAndDescended() {
    try (Scope scope = Scope.open();
        Model model = Model.sequential(
            Input.of(1).dtype(DType.FLOAT64),
            Dense.of(1).activation(Activation.SIGMOID).kernelInitializer(Initializers.constant(-2))
                .biasInitializer(Initializers.constant(-2)));
        Model large = Model.sequential(Input.of(1), Dense.of(2))) {
      Tensor x = Tensor.of(new double[] {.5, 2.5}, Shape.of(2, 1));
      Tensor y = Tensor.of(new double[] {.2, .9}, Shape.of(2, 1));
      model.compile(Sgd.of(1), (t, p) -> p.sub(t).square().sum().mul(0.5));
      large.compile(Sgd.of(1), Losses.meanSquaredError());
      ErrorSurface.Path expected = ErrorSurface.descend(Exercise.preset("n4"), 50);

      ErrorSurface.Path way = ErrorSurface.descend(model, x, y, 50);
      ErrorSurface surface = ErrorSurface.scan(model, x, y, -2, 2, 5);

      assertEquals(expected.end().first(), way.end().first(), 1e-12);
      assertEquals(expected.end().loss(), way.end().loss(), 1e-12);
      assertEquals(.415819901, surface.losses().get(0).get(0), 1e-9);
      assertEquals(-2, model.params().get(0).item(), "weights are put back");
      assertEquals(0, model.trainer().optimizer().step(), "the optimiser is put back");
      assertThrows(IllegalArgumentException.class, () -> ErrorSurface.scan(large, x, y, -1, 1, 3));
    }
  }

  // ---- scales

  @Test
  void H20_unscaledInputsNeedMoreThanTenTimesTheSteps() {
    int scaled = steps(true, 200);
    int unscaled = steps(false, 20 * scaled);

    assertTrue(unscaled > 10 * scaled, "scaled " + scaled + ", unscaled " + unscaled);
  }

  /** Steps of gradient descent until 95 % of the variance is explained, with the best of many learning rates. */
  private static int steps(boolean scaled, int limit) {
    SplittableRandom random = new SplittableRandom(2);
    double[][] rows = new double[200][2];
    double[][] targets = new double[200][1];
    for (int i = 0; i < rows.length; i++) {
      double age = 18 + random.nextInt(60);
      double salary = 15 + random.nextInt(100); // thousands
      targets[i][0] = (age - 48) / 17 + (salary - 65) / 29;
      rows[i] = scaled ? new double[] {(age - 48) / 17, (salary - 65) / 29} : new double[] {age, 1000 * salary};
    }
    int best = limit;
    for (double rate = 1e-12; rate < 2; rate *= 2) {
      best = Math.min(best, steps(rows, targets, rate, best));
    }
    return best;
  }

  private static int steps(double[][] rows, double[][] targets, double rate, int limit) {
    try (Scope scope = Scope.open();
        Param w = Param.of("w", Tensor.of(new double[][] {{0}, {0}}));
        Param b = Param.of("b", 0, DType.FLOAT64);
        Sgd sgd = Sgd.of(rate)) {
      Tensor x = Tensor.of(rows);
      Tensor y = Tensor.of(targets);
      double variance = y.variance().item();
      for (int step = 0; step < limit; step++) {
        double loss = sgd.minimize(() -> x.matmul(w).add(b).sub(y).square().mean(), w, b);
        if (loss < 0.05 * variance) {
          return step;
        }
        if (!(loss < 1e6 * variance)) {
          return limit;
        }
      }
      return limit;
    }
  }
}
