package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class GruTest extends OpContract {

  @Override
  String folder() {
    return "gru";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (boolean after : new boolean[] {true, false}) {
      String kind = after ? "reset after, " : "reset before, ";
      add(all, kind + "seven steps", new RecurrentReference(2, 7, 3, null, false), after);
      add(all, kind + "lengths", new RecurrentReference(4, 5, 3, new long[] {2, 5, 0, 3}, false), after);
      add(all, kind + "lengths, reversed", new RecurrentReference(3, 5, 2, new long[] {2, 5, 4}, true), after);
      add(all, kind + "no steps", new RecurrentReference(2, 3, 2, new long[] {0, 0}, false), after);
      add(all, kind + "one unit, one step, one sequence", new RecurrentReference(1, 1, 1, null, false), after);
      add(all, kind + "chunks of sequences", new RecurrentReference(19, 7, 65, null, true), after);
      all.get(all.size() - 1).differentiable = false; // 100,000 values: too many for differences
      RecurrentReference zero = new RecurrentReference(2, 3, 4, null, false);
      all.add(
          new Case(kind + "zero state",
              t -> {
                PackedSteps steps = zero.steps(t[0]);
                GruOp.Result r = GruOp.apply(steps.pack(t[0]), t[1], null, null, steps, after);
                return zero.flat(steps, r.h(), r.last());
              },
              v -> reference(zero, v[0], v[1], null, null, after), Shape.of(2, 3, 12), Shape.of(4, 12)));
    }
    return all;
  }

  private static void add(List<Case> all, String name, RecurrentReference ref, boolean after) {
    List<Shape> shapes =
        new ArrayList<>(
            List.of(
                Shape.of(ref.batch, ref.time, 3L * ref.units), Shape.of(ref.units, 3L * ref.units),
                Shape.of(ref.batch, ref.units)));
    if (after) {
      shapes.add(Shape.of(ref.units));
    }
    all.add(
        new Case(
            name,
            t -> {
              PackedSteps steps = ref.steps(t[0]);
              GruOp.Result r =
                  GruOp.apply(steps.pack(t[0]), t[1], after ? t[3] : null, steps.sorted(t[2]), steps, after);
              return ref.flat(steps, r.h(), r.last());
            },
            v -> reference(ref, v[0], v[1], v[2], after ? v[3] : null, after), shapes.toArray(Shape[]::new))
            .range(-0.8, 0.8));
  }

  private static double[] reference(
      RecurrentReference ref, double[] x, double[] u, double[] h0, double[] bias, boolean after) {
    int n = ref.units;
    double[] b = bias == null ? new double[n] : bias;
    return ref.run(x, 3 * n, new double[][] {h0}, (p, s) -> {
      double[] old = s[0];
      double[] z = new double[n];
      double[] r = new double[n];
      double[] reset = new double[n];
      for (int j = 0; j < n; j++) {
        z[j] = RecurrentReference.sigmoid(p[j] + RecurrentReference.product(old, u, 3 * n, j));
        r[j] = RecurrentReference.sigmoid(p[n + j] + RecurrentReference.product(old, u, 3 * n, n + j));
        reset[j] = r[j] * old[j];
      }
      double[] h = new double[n];
      for (int j = 0; j < n; j++) {
        double inner =
            after
                ? r[j] * (RecurrentReference.product(old, u, 3 * n, 2 * n + j) + b[j])
                : RecurrentReference.product(reset, u, 3 * n, 2 * n + j);
        h[j] = z[j] * old[j] + (1 - z[j]) * Math.tanh(p[2 * n + j] + inner);
      }
      return new double[][] {h};
    });
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("a recurrent bias with the reset before the product is refused", ShapeException.class,
            "gru: expected a recurrent bias [2] and the reset after the product, given [2]",
            () -> GruOp.apply(
                Tensor.zeros(Shape.of(6, 6)), Tensor.zeros(Shape.of(2, 6)), Tensor.zeros(Shape.of(2)), null,
                PackedSteps.of("gru", Tensor.zeros(Shape.of(2, 3, 1)), null, false), false)));
  }
}
