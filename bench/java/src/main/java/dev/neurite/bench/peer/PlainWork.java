package dev.neurite.bench.peer;

import dev.neurite.autograd.Tape;
import dev.neurite.natives.Abi;
import dev.neurite.ops.BatchNormOp;
import dev.neurite.ops.Binary;
import dev.neurite.ops.BinaryOp;
import dev.neurite.ops.DropoutOp;
import dev.neurite.ops.LayerNormOp;
import dev.neurite.ops.Pool2d;
import dev.neurite.ops.ReduceOp;
import dev.neurite.ops.SoftmaxCrossEntropy;
import dev.neurite.ops.UnaryOp;
import dev.neurite.ops.Window;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Pooling, norms, losses, element-wise ops, reductions, optimiser steps: through the ops, or into a given output. */
final class PlainWork implements Work {

  private final String note;
  private final Runnable body;
  private final Supplier<String> check;

  private PlainWork(String note, Runnable body, Supplier<String> check) {
    this.note = note;
    this.body = body;
    this.check = check;
  }

  @Override
  public void run() {
    body.run();
  }

  @Override
  public String check() {
    return Scope.run(check);
  }

  @Override
  public String note() {
    return note;
  }

  /** Forward, then the gradients of the inputs for an upstream gradient of ones. */
  private static Runnable forwardBackward(Supplier<Tensor> forward, Tensor up, Tensor... inputs) {
    return () -> {
      try (Tape tape = Tape.open()) {
        tape.watch(inputs);
        Tensor y = forward.get();
        tape.gradients(List.of(y), List.of(up), List.of(inputs), false);
      }
    };
  }

  private static Runnable inScope(Supplier<Tensor> forward) {
    return () -> {
      try (Scope scope = Scope.open()) {
        forward.get();
      }
    };
  }

  private static Supplier<String> sum(Supplier<Tensor> y, double want, double tolerance) {
    return () -> Values.verdict(Math.abs(y.get().mean().item() - want), tolerance);
  }

  static Work pool(CaseLine c) {
    long r = c.number("r");
    long s = c.number("s");
    long p = c.number("p");
    Window window = new Window(r, r, s, s, 1, 1, p, p, p, p);
    Tensor x = Values.uniform("x", c.number("n"), c.number("h"), c.number("w"), c.number("c"));
    boolean max = c.has("mode", "max");
    Supplier<Tensor> f = () -> max ? Pool2d.max(x, window) : Pool2d.average(x, window, true);
    Supplier<String> check = () -> {
      float[] xv = x.toFloats();
      float[] yv = f.get().toFloats();
      double best = Double.NEGATIVE_INFINITY;
      double total = 0;
      for (long i = 0; i < r - p; i++) {
        for (long j = 0; j < r - p; j++) {
          float v = xv[(int) ((i * x.dim(2) + j) * x.dim(3))];
          best = Math.max(best, v);
          total += v;
        }
      }
      return Values.verdict(Math.abs((max ? best : total / (r * r)) - yv[0]), 1e-6);
    };
    if (!c.has("dir", "fwdbwd")) {
      return new PlainWork("allocates its output", inScope(f), check);
    }
    Shape out = Shape.of(x.dim(0), window.outH(x.dim(1)), window.outW(x.dim(2)), x.dim(3));
    Tensor up = Tensor.ones(out, x.dtype());
    return new PlainWork("allocates its output", forwardBackward(f, up, x), check);
  }

  static Work batchNorm(CaseLine c) {
    long ch = c.number("c");
    Tensor x = Values.uniform("x", c.number("n"), c.number("h"), c.number("w"), ch);
    Tensor gamma = Values.uniform("gamma", ch);
    Tensor beta = Values.uniform("beta", ch);
    Tensor up = Values.uniform("up", x.shape().dims());
    Supplier<Tensor> f = () -> BatchNormOp.train(x, gamma, beta, 1e-5).y();
    return new PlainWork(
        "without moving averages", forwardBackward(f, up, x, gamma, beta), sum(f, beta.mean().item(), 1e-4));
  }

  static Work layerNorm(CaseLine c) {
    int width = c.number("c");
    Tensor x = Values.uniform("x", c.number("n"), width);
    Tensor gamma = Values.uniform("gamma", width);
    Tensor beta = Values.uniform("beta", width);
    Tensor up = Values.uniform("up", c.number("n"), width);
    LayerNormOp.Plan plan = LayerNormOp.Plan.rows(x.shape(), width, 1e-5, 0, true);
    Supplier<Tensor> f = () -> LayerNormOp.apply(x, gamma, beta, plan);
    Supplier<String> check = () -> {
      double[] row = Values.doubles(x, width);
      double mean = 0;
      double square = 0;
      for (double v : row) {
        mean += v / width;
        square += v * v / width;
      }
      double rate = 1 / Math.sqrt(square - mean * mean + 1e-5);
      float[] y = f.get().toFloats();
      double error = 0;
      for (int i = 0; i < width; i++) {
        error = Math.max(error, Math.abs((row[i] - mean) * rate * gamma.get(i) + beta.get(i) - y[i]));
      }
      return Values.verdict(error, 1e-5);
    };
    return new PlainWork("allocates its output", forwardBackward(f, up, x, gamma, beta), check);
  }

  static Work softmax(CaseLine c) {
    Tensor x = Values.uniform("x", c.number("n"), c.number("c"));
    Tensor y = Values.empty(c.number("n"), c.number("c"));
    return new PlainWork(
        "into a given output",
        () -> Status.check(
            Abi.nrt_softmax_fwd(x.ctx(), x.code(), y.addr(), x.addr(), x.dim(0), x.dim(1), 0), "softmax", x),
        sum(() -> y, 1.0 / x.dim(1), 1e-6));
  }

  static Work crossEntropy(CaseLine c) {
    Tensor x = Values.uniform("x", c.number("n"), c.number("c"));
    Tensor labels = Values.labels(c.number("n"), c.number("c"));
    Tensor one = Tensor.scalar(1f);
    Supplier<Tensor> f = () -> SoftmaxCrossEntropy.sparse(x, labels, 0, SoftmaxCrossEntropy.NONE).mean();
    Supplier<String> check = () -> {
      double want = x.logSoftmax(-1).neg().mul(labels.oneHot(x.dim(1), x.dtype())).sum().item() / x.dim(0);
      return Values.verdict(Math.abs(want - f.get().item()), 1e-4);
    };
    return new PlainWork("fused", forwardBackward(f, one, x), check);
  }

  static Work elementwise(CaseLine c) {
    int n = c.number("n");
    Tensor x = Values.uniform("x", n);
    Tensor b = Values.uniform("b", n);
    Tensor y = Values.empty(n);
    String name = c.text("op").toUpperCase(Locale.ROOT);
    BinaryOp two = named(BinaryOp.values(), name);
    UnaryOp one = named(UnaryOp.values(), name);
    if (two == null && one == null) {
      throw new Skip("no element-wise op " + c.text("op"));
    }
    Runnable into = () -> Status.check(
        two != null
            ? Abi.nrt_binary_fwd(x.ctx(), x.code(), two.code(), y.addr(), x.addr(), b.addr(), n, 1, 1)
            : Abi.nrt_unary_fwd(x.ctx(), x.code(), one.code(), y.addr(), x.addr(), n, 0, 0, 0, 0),
        "elementwise", x, b);
    Supplier<Tensor> f = () -> two != null ? Binary.apply(two, x, b) : x.unary(one);
    boolean allocates = c.has("alloc", "1");
    Supplier<String> check = () -> {
      Tensor got = allocates ? f.get() : y;
      double want = naive(name, x.get(3), b.get(3), f);
      return Values.verdict(Math.abs(want - got.get(3)), 1e-6);
    };
    return allocates
        ? new PlainWork("allocates its output", inScope(f), check)
        : new PlainWork("into a given output", into, check);
  }

  private static <E extends Enum<E>> E named(E[] all, String name) {
    return Arrays.stream(all).filter(e -> e.name().equals(name)).findFirst().orElse(null);
  }

  /** What the catalogue's functions are; for others, what the tensor op says. */
  private static double naive(String op, double v, double b, Supplier<Tensor> other) {
    return switch (op) {
      case "ADD" -> v + b;
      case "MUL" -> v * b;
      case "RELU" -> Math.max(v, 0);
      case "SIGMOID" -> 1 / (1 + Math.exp(-v));
      case "TANH" -> Math.tanh(v);
      case "GELU" -> 0.5 * v * (1 + erf(v / Math.sqrt(2)));
      default -> other.get().get(3);
    };
  }

  /** The error function's power series; for arguments in [-1, 1]. */
  private static double erf(double v) {
    double term = v;
    double sum = v;
    for (int n = 1; n < 30; n++) {
      term *= -v * v / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  static Work dropout(CaseLine c) {
    Tensor x = Tensor.ones(Shape.of(c.number("n")), dev.neurite.tensor.DType.FLOAT32);
    Supplier<Tensor> f = () -> DropoutOp.apply(x, 0.5, 1, 2, 3);
    return new PlainWork("allocates its output, no mask", inScope(f), sum(f, 1, 1e-2));
  }

  static Work reduce(CaseLine c) {
    int n = c.number("n");
    int axis = c.number("axis");
    int rows = rows(n);
    int columns = n / rows;
    Tensor x = axis < 0 ? Values.uniform("x", n) : Values.uniform("x", rows, columns);
    ReduceOp op = c.has("op", "sum") ? ReduceOp.SUM : ReduceOp.MEAN;
    Supplier<Tensor> f = () -> axis < 0 ? x.reduce(op, false) : x.reduce(op, false, axis);
    Supplier<String> check = () -> {
      float[] v = x.toFloats();
      double sum = 0;
      int terms = axis < 0 ? n : axis == 0 ? rows : columns;
      for (int i = 0; i < terms; i++) {
        sum += v[axis == 0 ? i * columns : i];
      }
      double want = op == ReduceOp.SUM ? sum : sum / terms;
      double got = axis < 0 ? f.get().item() : f.get().get(0);
      return Values.verdict(Math.abs(want - got), op == ReduceOp.SUM ? 1e-2 : 1e-6);
    };
    return new PlainWork("allocates its (small) output", inScope(f), check);
  }

  /** The divisor of n next to its square root. */
  private static int rows(int n) {
    int rows = (int) Math.round(Math.sqrt(n));
    while (n % rows != 0) {
      rows--;
    }
    return rows;
  }

  static Work adam(CaseLine c) {
    int tensors = c.number("n");
    long each = c.number("each");
    long[] table = new long[tensors * Abi.NRT_OPTIM_ADAM_ROW];
    Tensor[] kept = new Tensor[4 * tensors];
    for (int i = 0; i < tensors; i++) {
      for (int j = 0; j < 4; j++) {
        Tensor t = j < 2 ? Values.uniform("t" + i + "." + j, each) : Values.empty(each);
        kept[4 * i + j] = t;
        table[i * Abi.NRT_OPTIM_ADAM_ROW + j] = t.addr();
      }
      table[i * Abi.NRT_OPTIM_ADAM_ROW + 5] = each;
    }
    Tensor w = kept[0];
    double before = w.get(0);
    double g = kept[1].get(0);
    Runnable step = () -> Status.check(
        Abi.nrt_optim_adam_step(
            w.ctx(), w.code(), table, tensors, 1, 1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 1, 0, 0, 0),
        "adam", kept);
    return new PlainWork(
        tensors + " tensors of " + each, step,
        () -> Values.verdict(Math.abs(before - 1e-3 * Math.signum(g) - w.get(0)), 1e-5));
  }

  static Work embedding(CaseLine c) {
    long count = c.number("ids");
    Tensor table = Values.uniform("table", c.number("vocab"), c.number("dim"));
    Tensor ids = Values.labels(count, c.number("vocab"));
    Supplier<Tensor> f = () -> table.gather(ids);
    Supplier<String> check = () -> Values.verdict(
        Math.abs(f.get().get(5, 1) - table.get((long) ids.get(5), 1)), 0);
    if (!c.has("dir", "fwdbwd")) {
      return new PlainWork("allocates its output", inScope(f), check);
    }
    Tensor up = Values.uniform("up", count, c.number("dim"));
    Runnable both = () -> {
      try (Tape tape = Tape.open()) {
        tape.watch(table);
        tape.gradients(List.of(f.get()), List.of(up), List.of(table), false).of(table);
      }
    };
    return new PlainWork("dense gradient", both, check);
  }

  static Work tiny(CaseLine c) {
    if (!c.has("op", "add10")) {
      throw new Skip("no tiny case " + c.text("op"));
    }
    Tensor a = Values.uniform("a", 10);
    Tensor b = Values.uniform("b", 10);
    return new PlainWork(
        "scope, add, free", inScope(() -> a.add(b)),
        () -> Values.verdict(Math.abs(a.get(1) + b.get(1) - a.add(b).get(1)), 1e-6));
  }
}
