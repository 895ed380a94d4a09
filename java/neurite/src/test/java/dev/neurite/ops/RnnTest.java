package dev.neurite.ops;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

class RnnTest extends OpContract {

  @Override
  String folder() {
    return "rnn";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    add(all, "tanh through seven steps", new RecurrentReference(2, 7, 3, null, false), UnaryOp.TANH, Math::tanh);
    add(all, "sigmoid, reversed", new RecurrentReference(3, 4, 5, null, true), UnaryOp.SIGMOID,
        RecurrentReference::sigmoid);
    add(all, "linear, lengths", new RecurrentReference(4, 5, 3, new long[] {2, 5, 0, 3}, false), UnaryOp.IDENTITY,
        x -> x);
    add(all, "relu, lengths, reversed", new RecurrentReference(3, 5, 2, new long[] {2, 5, 4}, true), UnaryOp.RELU,
        x -> Math.max(x, 0));
    add(all, "no steps", new RecurrentReference(2, 3, 2, new long[] {0, 0}, false), UnaryOp.TANH, Math::tanh);
    add(all, "one unit, one step, one sequence", new RecurrentReference(1, 1, 1, null, false), UnaryOp.TANH,
        Math::tanh);
    add(all, "chunks of sequences", new RecurrentReference(37, 11, 61, null, false), UnaryOp.TANH, Math::tanh);
    Case wide = all.get(all.size() - 1).range(-0.3, 0.3);
    wide.differentiable = false; // 61 * 407 values: too many for differences
    RecurrentReference zero = new RecurrentReference(2, 3, 4, null, false);
    all.add(
        new Case("zero state",
            t -> {
              PackedSteps steps = zero.steps(t[0]);
              RnnOp.Result r = RnnOp.apply(steps.pack(t[0]), t[1], null, steps, UnaryOp.TANH);
              return zero.flat(steps, r.h(), r.last());
            },
            v -> reference(zero, Math::tanh, v[0], v[1], null), Shape.of(2, 3, 4), Shape.of(4, 4)));
    return all;
  }

  private static void add(
      List<Case> all, String name, RecurrentReference ref, UnaryOp op, DoubleUnaryOperator function) {
    Case c =
        new Case(
            name,
            t -> {
              PackedSteps steps = ref.steps(t[0]);
              RnnOp.Result r = RnnOp.apply(steps.pack(t[0]), t[1], steps.sorted(t[2]), steps, op);
              return ref.flat(steps, r.h(), r.last());
            },
            v -> reference(ref, function, v[0], v[1], v[2]), Shape.of(ref.batch, ref.time, ref.units),
            Shape.of(ref.units, ref.units), Shape.of(ref.batch, ref.units));
    all.add(c.range(-0.8, 0.8));
  }

  private static double[] reference(
      RecurrentReference ref, DoubleUnaryOperator function, double[] x, double[] u, double[] h0) {
    int n = ref.units;
    return ref.run(x, n, new double[][] {h0}, (p, s) -> {
      double[] h = new double[n];
      for (int j = 0; j < n; j++) {
        h[j] = function.applyAsDouble(p[j] + RecurrentReference.product(s[0], u, n, j));
      }
      return new double[][] {h};
    });
  }

  @Override
  List<Refusal> refusals() {
    return List.of(
        new Refusal("recurrent weights of another shape are refused", ShapeException.class,
            "rnn: expected recurrent weights [units, 1 * units], given [2, 3]",
            () -> RnnOp.apply(
                Tensor.zeros(Shape.of(6, 2)), Tensor.zeros(Shape.of(2, 3)), null, steps(3), UnaryOp.TANH)),
        new Refusal("projections of another width are refused", ShapeException.class,
            "rnn: expected projections [6, 2], given [6, 3]",
            () -> RnnOp.apply(
                Tensor.zeros(Shape.of(6, 3)), Tensor.zeros(Shape.of(2, 2)), null, steps(3), UnaryOp.TANH)),
        new Refusal("a state of another batch is refused", ShapeException.class,
            "rnn: expected a state [2, 2], given [3, 2]",
            () -> RnnOp.apply(Tensor.zeros(Shape.of(6, 2)), Tensor.zeros(Shape.of(2, 2)), Tensor.zeros(Shape.of(3, 2)),
                steps(3), UnaryOp.TANH)),
        new Refusal("a length beyond the padded one is refused", IllegalArgumentException.class,
            "rnn: expected lengths in [0, 3], given 4 for sequence 1",
            () -> lengths(3, 4)),
        new Refusal("a negative length is refused", IllegalArgumentException.class,
            "rnn: expected lengths in [0, 3], given -1 for sequence 0",
            () -> lengths(-1, 3)),
        new Refusal("lengths of another batch are refused", ShapeException.class,
            "rnn: expected lengths [2], one per sequence, given [3]",
            () -> lengths(1, 2, 3)));
  }

  private static PackedSteps lengths(long... lengths) {
    return PackedSteps.of("rnn", Tensor.zeros(Shape.of(2, 3, 1)), Tensor.ofLongs(lengths), false);
  }

  private static PackedSteps steps(long time) {
    return PackedSteps.of("rnn", Tensor.zeros(Shape.of(2, time, 1)), null, false);
  }
}
