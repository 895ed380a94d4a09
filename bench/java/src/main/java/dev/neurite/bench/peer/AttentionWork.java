package dev.neurite.bench.peer;

import dev.neurite.autograd.Tape;
import dev.neurite.ops.AttentionOp;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.List;

/** Scaled dot-product attention of [batch, heads, rows, width], forward or with the gradients of all three inputs. */
final class AttentionWork implements Work {

  private static final int SAMPLES = 4;

  private final boolean backward;
  private final boolean causal;
  private final int rows;
  private final int width;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor up;
  private final AttentionOp.Rule rule;

  AttentionWork(CaseLine c) {
    backward = c.has("dir", "fwdbwd");
    causal = c.has("causal", "1");
    rows = c.number("s");
    width = c.number("d");
    long[] dims = {c.number("b"), c.number("h"), rows, width};
    q = Values.uniform("q", dims);
    k = Values.uniform("k", dims);
    v = Values.uniform("v", dims);
    up = Values.uniform("up", dims);
    rule = new AttentionOp.Rule(null, null, causal, 1 / Math.sqrt(width));
  }

  @Override
  public void run() {
    if (backward) {
      try (Tape tape = Tape.open()) {
        gradients(tape);
      }
    } else {
      try (Scope scope = Scope.open()) {
        AttentionOp.apply(q, k, v, rule);
      }
    }
  }

  private Tensor[] gradients(Tape tape) {
    tape.watch(q, k, v);
    Tensor y = AttentionOp.apply(q, k, v, rule);
    var all = tape.gradients(List.of(y), List.of(up), List.of(q, k, v), false);
    return new Tensor[] {all.of(q), all.of(k), all.of(v)};
  }

  /** Some rows of the first head in plain loops; with gradients also some rows of those. */
  @Override
  public String check() {
    int size = rows * width;
    double[] qs = Values.doubles(q, size);
    double[] ks = Values.doubles(k, size);
    double[] vs = Values.doubles(v, size);
    double[] dy = Values.doubles(up, size);
    double error = 0;
    float[] y = Scope.run(() -> AttentionOp.apply(q, k, v, rule)).toFloats();
    for (int s = 0; s < SAMPLES; s++) {
      int i = (int) ((long) s * (rows - 1) / SAMPLES);
      double[] p = weights(qs, ks, i);
      for (int d = 0; d < width; d++) {
        double sum = 0;
        for (int j = 0; j < rows; j++) {
          sum += p[j] * vs[j * width + d];
        }
        error = Math.max(error, Math.abs(sum - y[i * width + d]));
      }
    }
    String verdict = Values.verdict(error, 1e-5 * Precision.slack());
    return backward ? verdict + ", gradient " + checkGradients(qs, ks, vs, dy) : verdict;
  }

  private String checkGradients(double[] qs, double[] ks, double[] vs, double[] dy) {
    double[] dq = new double[width];
    double[] dk = new double[width];
    double[] dv = new double[width];
    int at = rows / 3;
    for (int i = 0; i < rows; i++) {
      double[] p = weights(qs, ks, i);
      double[] slope = new double[rows];
      double mean = 0;
      for (int j = 0; j < rows; j++) {
        slope[j] = dot(dy, i, vs, j);
        mean += p[j] * slope[j];
      }
      for (int d = 0; d < width; d++) {
        dv[d] += p[at] * dy[i * width + d];
        dk[d] += p[at] * (slope[at] - mean) * qs[i * width + d] * rule.scale();
        for (int j = 0; i == at && j < rows; j++) {
          dq[d] += p[j] * (slope[j] - mean) * ks[j * width + d] * rule.scale();
        }
      }
    }
    double error = 0;
    try (Tape tape = Tape.open()) {
      Tensor[] got = gradients(tape);
      double[][] want = {dq, dk, dv};
      for (int g = 0; g < want.length; g++) {
        float[] values = got[g].toFloats();
        for (int d = 0; d < width; d++) {
          error = Math.max(error, Math.abs(want[g][d] - values[at * width + d]));
        }
      }
    }
    return Values.verdict(error, 1e-4 * Precision.slack());
  }

  private double[] weights(double[] qs, double[] ks, int i) {
    double[] p = new double[rows];
    double total = 0;
    for (int j = 0; j < (causal ? i + 1 : rows); j++) {
      p[j] = Math.exp(dot(qs, i, ks, j) * rule.scale());
      total += p[j];
    }
    for (int j = 0; j < rows; j++) {
      p[j] /= total;
    }
    return p;
  }

  private double dot(double[] a, int i, double[] b, int j) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += a[i * width + d] * b[j * width + d];
    }
    return sum;
  }

  @Override
  public String note() {
    return "allocates its output";
  }

  @Override
  public void close() {
    q.close();
    k.close();
    v.close();
    up.close();
  }
}
