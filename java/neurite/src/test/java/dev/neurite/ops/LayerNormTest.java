package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerNormTest extends OpContract {

  private static final double EPS = 1e-3;

  @Override
  String folder() {
    return "layer_norm";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (LayerNormOp.Plan p : List.of(
        new LayerNormOp.Plan(5, 1, 1, 7, EPS, 0, true), new LayerNormOp.Plan(5, 1, 1, 7, EPS, 1, true),
        new LayerNormOp.Plan(3, 1, 1, 33, EPS, 0, false), new LayerNormOp.Plan(2, 4, 3, 5, EPS, 0, true),
        new LayerNormOp.Plan(2, 9, 3, 1, EPS, 0, true), new LayerNormOp.Plan(2, 3, 1, 4, EPS, 0, false))) {
      Shape x = Shape.of(p.batch(), p.positions(), p.groups() * p.width());
      Shape c = Shape.of(x.last());
      all.add(new Case(p.toString(), t -> LayerNormOp.apply(t[0], t[1], t[2], p), v -> expected(v, p), x, c, c));
      all.add(new Case("without gamma and beta " + p, t -> LayerNormOp.apply(t[0], null, null, p),
          v -> expected(v, p), x));
    }
    return all;
  }

  private static double[] expected(double[][] v, LayerNormOp.Plan p) {
    double[] y = new double[v[0].length];
    for (int b = 0; b < p.batch(); b++) {
      for (int g = 0; g < p.groups(); g++) {
        double n = p.positions() * p.width();
        double mean = 0;
        double squares = 0;
        for (int i = 0; p.centred() && i < n; i++) {
          mean += v[0][index(p, b, g, i)] / n;
        }
        for (int i = 0; i < n; i++) {
          squares += Math.pow(v[0][index(p, b, g, i)] - mean, 2);
        }
        double deviation = Math.sqrt(squares / (n - p.correction()) + EPS);
        for (int i = 0; i < n; i++) {
          int at = index(p, b, g, i);
          int channel = at % (int) (p.groups() * p.width());
          double hat = (v[0][at] - mean) / deviation;
          y[at] = v.length == 1 ? hat : v[1][channel] * hat + v[2][channel];
        }
      }
    }
    return y;
  }

  private static int index(LayerNormOp.Plan p, int batch, int group, int i) {
    long position = i / p.width();
    return (int) (((batch * p.positions() + position) * p.groups() + group) * p.width() + i % p.width());
  }

  @Override
  List<Refusal> refusals() {
    LayerNormOp.Plan plan = new LayerNormOp.Plan(2, 1, 1, 3, EPS, 0, true);
    return List.of(
        new Refusal("gamma of another length is refused", ShapeException.class,
            "layer_norm: expected gamma and beta of 3 values, given [4]",
            () -> LayerNormOp.apply(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(4)), null, plan)),
        new Refusal("integers are refused", DTypeException.class,
            "layer_norm: expected float32 or float64, given " + Tensor.zeros(Shape.of(2, 3), DType.INT64).describe(),
            () -> LayerNormOp.apply(Tensor.zeros(Shape.of(2, 3), DType.INT64), null, null, plan)));
  }

  @Test
  void gradientsOfGradientsEqualDifferences() {
    for (LayerNormOp.Plan p : List.of(
        new LayerNormOp.Plan(2, 1, 1, 4, EPS, 1, true), new LayerNormOp.Plan(2, 3, 2, 2, EPS, 0, true),
        new LayerNormOp.Plan(2, 3, 2, 2, EPS, 0, false))) {
      int n = (int) (p.batch() * p.positions() * p.groups() * p.width());
      double[] x = new double[n];
      for (int i = 0; i < n; i++) {
        x[i] = Math.sin(3 * i + 1);
      }
      double[] found = penalty(p, x, true);
      for (int i = 0; i < n; i++) {
        double[] up = x.clone();
        double[] down = x.clone();
        up[i] += 1e-5;
        down[i] -= 1e-5;
        double numeric = (penalty(p, up, false)[0] - penalty(p, down, false)[0]) / 2e-5;
        assertEquals(numeric, found[i], 1e-6 * (1 + Math.abs(numeric)), p + " at " + i);
      }
    }
  }

  /** The sum of squares of the gradient of a sum of cubes, or its derivative by x. */
  private static double[] penalty(LayerNormOp.Plan p, double[] values, boolean derivative) {
    try (Tape tape = Tape.persistent()) {
      Tensor x = Tensor.of(values, Shape.of(p.batch(), p.positions(), p.groups() * p.width()));
      Tensor gamma = Tensor.range(0.5, 0.25, p.groups() * p.width(), DType.FLOAT64);
      tape.watch(x, gamma);
      Tensor y = LayerNormOp.apply(x, gamma, null, p);
      var first = tape.gradients(y.pow(3).sum(), List.of(x, gamma), true);
      Tensor loss = first.of(x).square().sum().add(first.of(gamma).square().sum());
      return derivative ? tape.gradients(loss, List.of(x)).of(x).toDoubles() : new double[] {loss.item()};
    }
  }
}
