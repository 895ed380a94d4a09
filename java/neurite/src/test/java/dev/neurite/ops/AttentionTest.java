package dev.neurite.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.ops.AttentionOp.Rule;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class AttentionTest extends OpContract {

  private static final double SCALE = 0.6;
  private static final double NEVER = Double.NEGATIVE_INFINITY;

  /** Sizes of a case; value rows are one longer than keys. */
  private record Sizes(int batch, int heads, int kvHeads, int queries, int keys, int width) {
    Shape q() {
      return Shape.of(batch, heads, queries, width);
    }

    Shape k() {
      return Shape.of(batch, kvHeads, keys, width);
    }

    Shape v() {
      return Shape.of(batch, kvHeads, keys, width + 1);
    }
  }

  /** A restriction, as tensors and as numbers added to score [b][h][i][j]. */
  private interface Added {
    double at(int b, int h, int i, int j);
  }

  @Override
  String folder() {
    return "attention";
  }

  @Override
  List<Case> cases() {
    List<Case> all = new ArrayList<>();
    for (Sizes s : List.of(
        new Sizes(2, 1, 1, 3, 4, 2), new Sizes(1, 4, 2, 5, 5, 3), new Sizes(1, 1, 1, 70, 67, 5),
        new Sizes(2, 3, 1, 1, 9, 8))) {
      add(all, "plain", s, d -> new Rule(null, null, false, SCALE), (b, h, i, j) -> 0);
      add(all, "causal", s, d -> new Rule(null, null, true, SCALE), (b, h, i, j) -> j > i ? NEVER : 0);
      add(all, "lengths", s, d -> new Rule(null, lengths(s), false, SCALE), (b, h, i, j) -> j >= b ? NEVER : 0);
      add(all, "bool mask", s, d -> new Rule(bool(s), null, false, SCALE),
          (b, h, i, j) -> (i + j) % 3 == 1 ? NEVER : 0);
      add(all, "everything", s, d -> new Rule(added(s, d), lengths(s), true, SCALE),
          (b, h, i, j) -> j > i || j >= b ? NEVER : h + 0.25 * j);
    }
    Sizes s = new Sizes(2, 2, 1, 3, 4, 2);
    all.add(new Case("trained mask", t -> AttentionOp.apply(t[0], t[1], t[2], new Rule(t[3], null, false, SCALE)),
        v -> expected(v, s, (b, h, i, j) -> v[3][h * 4 + j]), s.q(), s.k(), s.v(), Shape.of(2, 1, 4)));
    return all;
  }

  private static void add(List<Case> all, String name, Sizes s, Function<DType, Rule> rule, Added added) {
    all.add(new Case(name + " " + s, t -> AttentionOp.apply(t[0], t[1], t[2], rule.apply(t[0].dtype())),
        v -> expected(v, s, added), s.q(), s.k(), s.v()));
    all.add(new Case("composed, " + name + " " + s,
        t -> AttentionOp.composed(t[0], t[1], t[2], rule.apply(t[0].dtype()), UnaryOperator.identity()).y(),
        v -> expected(v, s, added), s.q(), s.k(), s.v()));
  }

  /** Length b for batch element b: the first has nothing to attend. */
  private static Tensor lengths(Sizes s) {
    return Tensor.range(0, 1, s.batch, DType.INT64);
  }

  private static Tensor bool(Sizes s) {
    boolean[] m = new boolean[s.queries * s.keys];
    for (int i = 0; i < m.length; i++) {
      m[i] = (i / s.keys + i % s.keys) % 3 != 1;
    }
    return Tensor.of(m, Shape.of(s.queries, s.keys));
  }

  private static Tensor added(Sizes s, DType dtype) {
    double[] m = new double[s.heads * s.keys];
    for (int i = 0; i < m.length; i++) {
      m[i] = i / s.keys + 0.25 * (i % s.keys);
    }
    return Tensor.of(m, Shape.of(1, s.heads, 1, s.keys), dtype);
  }

  private static double[] expected(double[][] v, Sizes s, Added added) {
    double[] y = new double[s.batch * s.heads * s.queries * (s.width + 1)];
    for (int b = 0; b < s.batch; b++) {
      for (int h = 0; h < s.heads; h++) {
        int kv = (b * s.kvHeads + h / (s.heads / s.kvHeads)) * s.keys;
        for (int i = 0; i < s.queries; i++) {
          int query = (b * s.heads + h) * s.queries + i;
          double[] w = new double[s.keys];
          for (int j = 0; j < s.keys; j++) {
            w[j] = added.at(b, h, i, j);
            for (int c = 0; c < s.width; c++) {
              w[j] += SCALE * v[0][query * s.width + c] * v[1][(kv + j) * s.width + c];
            }
            w[j] = Math.exp(w[j]);
          }
          double total = Arrays.stream(w).sum();
          for (int j = 0; total > 0 && j < s.keys; j++) {
            for (int c = 0; c <= s.width; c++) {
              y[query * (s.width + 1) + c] += w[j] / total * v[2][(kv + j) * (s.width + 1) + c];
            }
          }
        }
      }
    }
    return y;
  }

  @Override
  List<Refusal> refusals() {
    Rule plain = new Rule(null, null, false, 1);
    Tensor q = Tensor.zeros(Shape.of(2, 4, 3, 5));
    return List.of(
        new Refusal("keys of another width are refused", ShapeException.class,
            "attention: expected equal batches, as many values as keys, and keys as wide as queries, given "
                + "[2, 4, 3, 5], [2, 4, 3, 6] and [2, 4, 3, 5]",
            () -> AttentionOp.apply(q, Tensor.zeros(Shape.of(2, 4, 3, 6)), q, plain)),
        new Refusal("heads that do not divide are refused", ShapeException.class,
            "attention: expected the key/value heads to divide the query heads, given [2, 4, 3, 5], [2, 3, 3, 5] and "
                + "[2, 3, 3, 5]",
            () -> AttentionOp.apply(q, Tensor.zeros(Shape.of(2, 3, 3, 5)), Tensor.zeros(Shape.of(2, 3, 3, 5)), plain)),
        new Refusal("a mask of other keys is refused", ShapeException.class,
            "attention: expected shapes that broadcast (equal or 1, from the last axis), given [2, 4, 3, 3] and [3, 4]",
            () -> AttentionOp.apply(q, q, q, new Rule(Tensor.zeros(Shape.of(3, 4)), null, false, 1))),
        new Refusal("lengths of another batch are refused", ShapeException.class,
            "attention: expected int64 lengths [2], given " + Tensor.ofLongs(1, 2, 3).describe(),
            () -> AttentionOp.apply(q, q, q, new Rule(null, Tensor.ofLongs(1, 2, 3), false, 1))),
        new Refusal("integers are refused", DTypeException.class,
            "attention: expected float32 or float64, given " + Tensor.zeros(q.shape(), DType.INT64).describe(),
            () -> {
              Tensor n = Tensor.zeros(q.shape(), DType.INT64);
              return AttentionOp.apply(n, n, n, plain);
            }));
  }

  @Test
  void gradientsOfGradientsEqualDifferences() {
    double[] x = new double[24];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.sin(3 * i + 1);
    }
    double[] found = penalty(x, true);
    for (int i = 0; i < x.length; i++) {
      double[] up = x.clone();
      double[] down = x.clone();
      up[i] += 1e-5;
      down[i] -= 1e-5;
      double numeric = (penalty(up, false)[0] - penalty(down, false)[0]) / 2e-5;
      assertEquals(numeric, found[i], 1e-6 * (1 + Math.abs(numeric)), "at " + i);
    }
  }

  /** The sum of squares of the gradient of a sum of cubes, or its derivative by x; x is query, key and value at once. */
  private static double[] penalty(double[] values, boolean derivative) {
    try (Tape tape = Tape.persistent()) {
      Tensor x = Tensor.of(values, Shape.of(1, 2, 4, 3));
      tape.watch(x);
      Tensor k = x.slice(1, 0, 1);
      Tensor y = AttentionOp.apply(x, k, k.square(), new Rule(null, Tensor.ofLongs(3), true, SCALE));
      Tensor loss = tape.gradients(y.pow(3).sum(), List.of(x), true).of(x).square().sum();
      return derivative ? tape.gradients(loss, List.of(x)).of(x).toDoubles() : new double[] {loss.item()};
    }
  }

  @Test
  void resultsAreLaidOutAsTheQueries() {
    try (Scope scope = Scope.open()) {
      Tensor q = Tensor.range(0, 0.01, 2 * 5 * 3 * 4, DType.FLOAT32).reshape(2, 5, 3, 4).permute(0, 2, 1, 3);
      Tensor y = AttentionOp.apply(q, q, q, new Rule(null, null, false, 1));
      assertEquals(Shape.of(2, 3, 5, 4), y.shape());
      assertEquals(true, y.permute(0, 2, 1, 3).isContiguous());
      Tensor plain = q.contiguous();
      assertArrayEquals(
          AttentionOp.apply(plain, plain, plain, new Rule(null, null, false, 1)).toFloats(), y.toFloats());
    }
  }
}
