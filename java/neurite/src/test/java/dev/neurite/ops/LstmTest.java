package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class LstmTest extends OpContract {

  @Override
  String folder() {
    return "lstm";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (boolean peephole : new boolean[] {false, true}) {
      String kind = peephole ? "peephole, " : "";
      add(all, kind + "seven steps", new RecurrentReference(2, 7, 3, null, false), peephole);
      add(all, kind + "lengths", new RecurrentReference(4, 5, 3, new long[] {2, 5, 0, 3}, false), peephole);
      add(all, kind + "lengths, reversed", new RecurrentReference(3, 5, 2, new long[] {2, 5, 4}, true), peephole);
    }
    add(all, "no steps", new RecurrentReference(2, 3, 2, new long[] {0, 0}, false), true);
    add(all, "one unit, one step, one sequence", new RecurrentReference(1, 1, 1, null, false), false);
    add(all, "chunks of sequences", new RecurrentReference(19, 7, 65, null, true), true);
    all.get(all.size() - 1).differentiable = false; // 130,000 values: too many for differences
    RecurrentReference zero = new RecurrentReference(2, 3, 4, null, false);
    all.add(
        new Case("zero state",
            t -> {
              PackedSteps steps = zero.steps(t[0]);
              LstmOp.Result r = LstmOp.apply(steps.pack(t[0]), t[1], null, null, null, steps);
              return zero.flat(steps, r.h(), r.last(), r.lastCell());
            },
            v -> reference(zero, v[0], v[1], null, null, null), Shape.of(2, 3, 16), Shape.of(4, 16)));
    return all;
  }

  private static void add(List<Case> all, String name, RecurrentReference ref, boolean peephole) {
    Shape state = Shape.of(ref.batch, ref.units);
    List<Shape> shapes =
        new ArrayList<>(
            List.of(Shape.of(ref.batch, ref.time, 4L * ref.units), Shape.of(ref.units, 4L * ref.units), state, state));
    if (peephole) {
      shapes.add(Shape.of(3, ref.units));
    }
    all.add(
        new Case(
            name,
            t -> {
              PackedSteps steps = ref.steps(t[0]);
              LstmOp.Result r =
                  LstmOp.apply(
                      steps.pack(t[0]), t[1], peephole ? t[4] : null, steps.sorted(t[2]), steps.sorted(t[3]), steps);
              return ref.flat(steps, r.h(), r.last(), r.lastCell());
            },
            v -> reference(ref, v[0], v[1], v[2], v[3], peephole ? v[4] : null), shapes.toArray(Shape[]::new))
            .range(-0.8, 0.8));
  }

  private static double[] reference(
      RecurrentReference ref, double[] x, double[] u, double[] h0, double[] c0, double[] peephole) {
    int n = ref.units;
    double[] w = peephole == null ? new double[3 * n] : peephole;
    return ref.run(x, 4 * n, new double[][] {h0, c0}, (p, s) -> {
      double[] h = new double[n];
      double[] c = new double[n];
      for (int j = 0; j < n; j++) {
        double[] z = new double[4];
        for (int k = 0; k < 4; k++) {
          z[k] = p[k * n + j] + RecurrentReference.product(s[0], u, 4 * n, k * n + j);
        }
        double i = RecurrentReference.sigmoid(z[0] + w[j] * s[1][j]);
        double f = RecurrentReference.sigmoid(z[1] + w[n + j] * s[1][j]);
        c[j] = f * s[1][j] + i * Math.tanh(z[2]);
        h[j] = RecurrentReference.sigmoid(z[3] + w[2 * n + j] * c[j]) * Math.tanh(c[j]);
      }
      return new double[][] {h, c};
    });
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("peepholes of another shape are refused", ShapeException.class,
            "lstm: expected peepholes [3, 2], given [2, 2]",
            () -> LstmOp.apply(
                Tensor.zeros(Shape.of(6, 8)), Tensor.zeros(Shape.of(2, 8)), Tensor.zeros(Shape.of(2, 2)), null, null,
                PackedSteps.of("lstm", Tensor.zeros(Shape.of(2, 3, 1)), null, false))));
  }
}
