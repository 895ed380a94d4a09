package dev.neurite.bench.peer;

import dev.neurite.autograd.Tape;
import dev.neurite.loss.CtcLoss;
import dev.neurite.loss.Losses;
import dev.neurite.ops.RandomOp;
import dev.neurite.tensor.RandomStream;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Connectionist temporal classification with its softmax, as PyTorch's "mean", and the gradient of the logits. */
final class CtcWork implements Work {

  private static final double STEP = 1e-4;
  private static final double LEAST = -1e300;

  private final CtcLoss loss = Losses.ctc().perLabel(true);
  private final Tensor x;
  private final Tensor targets;
  private final Tensor inputLengths;
  private final Tensor targetLengths;

  CtcWork(CaseLine c) {
    long batch = c.number("b");
    x = Values.uniform("x", batch, c.number("t"), c.number("c"));
    targets = RandomOp.integers(Shape.of(batch, c.number("l")), 1, c.number("c"), RandomStream.of(1, "targets"));
    inputLengths = RandomOp.integers(Shape.of(batch), x.dim(1), x.dim(1) + 1, RandomStream.of(1, "steps"));
    targetLengths = RandomOp.integers(Shape.of(batch), targets.dim(1), targets.dim(1) + 1, RandomStream.of(1, "n"));
  }

  @Override
  public void run() {
    try (Tape tape = Tape.open()) {
      gradient(tape);
    }
  }

  private Tensor gradient(Tape tape) {
    tape.watch(x);
    return tape.gradients(loss.apply(targets, x, inputLengths, targetLengths), List.of(x)).of(x);
  }

  /** The first sample's loss by the recursion over its alignments, and one gradient by a difference quotient. */
  @Override
  public String check() {
    int classes = (int) x.dim(2);
    double[] logits = Values.doubles(x, (int) x.dim(1) * classes);
    double got = loss.perSample(targets, x, inputLengths, targetLengths).get(0);
    double want = naive(logits) / targets.dim(1);
    String verdict = Values.verdict(Math.abs(want - got), 1e-4 * Math.abs(want));
    int at = (int) (x.dim(1) / 2) * classes + (int) targets.get(0, 0);
    double[] more = logits.clone();
    double[] less = logits.clone();
    more[at] += STEP;
    less[at] -= STEP;
    double slope = (naive(more) - naive(less)) / (2 * STEP) / targets.dim(1) / x.dim(0);
    try (Tape tape = Tape.open()) {
      return verdict + ", gradient " + Values.verdict(Math.abs(slope - gradient(tape).toFloats()[at]), 1e-6);
    }
  }

  private double naive(double[] logits) {
    int time = (int) x.dim(1);
    int classes = (int) x.dim(2);
    int states = (int) (2 * targets.dim(1) + 1);
    double[] before = new double[states];
    java.util.Arrays.fill(before, LEAST);
    for (int t = 0; t < time; t++) {
      double total = LEAST;
      for (int k = 0; k < classes; k++) {
        total = sum(total, logits[t * classes + k]);
      }
      double[] now = new double[states];
      for (int s = 0; s < states; s++) {
        double reach = t == 0 ? (s < 2 ? 0 : LEAST) : before[s];
        if (t > 0 && s > 0) {
          reach = sum(reach, before[s - 1]);
        }
        if (t > 0 && s > 2 && s % 2 == 1 && label(s) != label(s - 2)) {
          reach = sum(reach, before[s - 2]);
        }
        now[s] = reach + logits[t * classes + label(s)] - total;
      }
      before = now;
    }
    return -sum(before[states - 1], before[states - 2]);
  }

  private int label(int state) {
    return state % 2 == 0 ? 0 : (int) targets.get(0, state / 2);
  }

  private static double sum(double a, double b) {
    double high = Math.max(a, b);
    return high <= LEAST ? LEAST : high + Math.log1p(Math.exp(Math.min(a, b) - high));
  }

  @Override
  public String note() {
    return "from logits";
  }

  @Override
  public void close() {
    x.close();
    targets.close();
    inputLengths.close();
    targetLengths.close();
  }
}
