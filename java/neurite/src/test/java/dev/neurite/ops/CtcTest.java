package dev.neurite.ops;

import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

class CtcTest extends OpContract {

  @Override
  String folder() {
    return "ctc";
  }

  /** Targets with their lengths, and the blank. */
  private record Labels(long[][] targets, long[] steps, long[] counts, long blank) {
    Tensor apply(Tensor logits) {
      return Ctc.apply(logits, matrix(targets), Tensor.ofLongs(steps), Tensor.ofLongs(counts), blank);
    }
  }

  @Override
  List<Case> cases() {
    Labels mixed = new Labels(
        new long[][] {{1, 2, 1}, {2, 2, -7}, {1, 99, 99}, {0, 0, 0}}, new long[] {5, 4, 3, 5},
        new long[] {3, 2, 1, 0}, 0);
    Labels last = new Labels(new long[][] {{0, 1}, {1, 1}}, new long[] {4, 4}, new long[] {2, 2}, 2);
    Labels whole = new Labels(new long[][] {{1}}, new long[] {1}, new long[] {1}, 0);
    return List.of(
        new Case(
            "lengths, repeats, empty", t -> mixed.apply(t[0]), v -> expected(v[0], 5, 3, mixed), Shape.of(4, 5, 3)),
        new Case("blank last", t -> last.apply(t[0]), v -> expected(v[0], 4, 3, last), Shape.of(2, 4, 3)),
        new Case("one step", t -> whole.apply(t[0]), v -> expected(v[0], 1, 4, whole), Shape.of(1, 1, 4)));
  }

  private static Tensor matrix(long[][] rows) {
    long[] flat = java.util.Arrays.stream(rows).flatMapToLong(java.util.Arrays::stream).toArray();
    return Tensor.of(flat, Shape.of(rows.length, rows[0].length));
  }

  /** The sum over all paths that read as the target. */
  private static double[] expected(double[] logits, int time, int classes, Labels l) {
    double[] loss = new double[l.targets.length];
    for (int b = 0; b < loss.length; b++) {
      double[][] p = new double[(int) l.steps[b]][classes];
      for (int t = 0; t < p.length; t++) {
        double sum = 0;
        for (int k = 0; k < classes; k++) {
          p[t][k] = Math.exp(logits[(b * time + t) * classes + k]);
          sum += p[t][k];
        }
        for (int k = 0; k < classes; k++) {
          p[t][k] /= sum;
        }
      }
      List<Long> target = new ArrayList<>();
      for (int i = 0; i < l.counts[b]; i++) {
        target.add(l.targets[b][i]);
      }
      loss[b] = -Math.log(paths(p, 0, 1, l.blank, l.blank, new ArrayList<>(), target));
    }
    return loss;
  }

  private static double paths(
      double[][] p, int t, double product, long before, long blank, List<Long> read, List<Long> target) {
    if (t == p.length) {
      return read.equals(target) ? product : 0;
    }
    double sum = 0;
    for (int k = 0; k < p[t].length; k++) {
      boolean fresh = k != blank && k != before;
      if (fresh) {
        read.add((long) k);
      }
      sum += paths(p, t + 1, product * p[t][k], k, blank, read, target);
      if (fresh) {
        read.remove(read.size() - 1);
      }
    }
    return sum;
  }

  @Override
  List<Refusal> refusals() {
    Tensor x = Tensor.zeros(Shape.of(1, 2, 3));
    Tensor one = Tensor.ofLongs(1);
    Tensor label = matrix(new long[][] {{1}});
    return List.of(
        new Refusal("a label that is no class", IllegalArgumentException.class,
            "ctc: expected labels in [0, 3) other than the blank 0, given 3 at [0, 0]",
            () -> Ctc.apply(x, matrix(new long[][] {{3}}), one, one, 0)),
        new Refusal("a length beyond the tensor", IllegalArgumentException.class,
            "ctc: expected input lengths in [0, 2], given 3 at index 0",
            () -> Ctc.apply(x, label, Tensor.ofLongs(3), one, 0)),
        new Refusal("a blank that is no class", IllegalArgumentException.class,
            "ctc: expected a blank in [0, 3), given 3", () -> Ctc.apply(x, label, one, one, 3)),
        new Refusal("targets of another batch", ShapeException.class, "ctc: expected targets [1, labels], given [2, 1]",
            () -> Ctc.apply(x, matrix(new long[][] {{1}, {1}}), one, one, 0)),
        new Refusal("lengths of another batch", ShapeException.class, "ctc: expected lengths [1], given [2]",
            () -> Ctc.apply(x, label, Tensor.ofLongs(1, 1), one, 0)),
        new Refusal("logits without steps", ShapeException.class,
            "ctc: expected logits [batch, time, classes], given [2, 3]",
            () -> Ctc.apply(Tensor.zeros(Shape.of(2, 3)), label, one, one, 0)),
        new Refusal("floating labels", DTypeException.class,
            "ctc: expected int64 targets and lengths, given " + Tensor.zeros(Shape.of(1, 1), DType.FLOAT32).describe(),
            () -> Ctc.apply(x, Tensor.zeros(Shape.of(1, 1)), one, one, 0)));
  }
}
