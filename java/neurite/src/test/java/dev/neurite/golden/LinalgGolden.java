package dev.neurite.golden;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/** tensor_linalg: products, norms, second derivatives. */
final class LinalgGolden implements GoldenTopic {

  private static final Map<String, Function<Tensor, Tensor>> FUNCTIONS =
      Map.of(
          "sum(tanh(x)^2 * x)", x -> x.tanh().square().mul(x).sum(),
          "exp(x0*x1) + x2^3*x0",
              x -> at(x, 0).mul(at(x, 1)).exp().add(at(x, 2).pow(3).mul(at(x, 0))));

  @Override
  public void register(Map<String, GoldenHandler> h) {
    h.put("matmul", GoldenRun.y(r -> r.in("a").matmul(r.in("b"))));
    h.put("gemm", GoldenRun.y(r -> {
      Tensor a = r.c().flag("transA", false) ? r.in("a").transpose() : r.in("a");
      Tensor b = r.c().flag("transB", false) ? r.in("b").transpose() : r.in("b");
      return a.matmul(b).mul(r.c().number("alpha", 1)).add(r.in("c").mul(r.c().number("beta", 1)));
    }));
    h.put("outer", GoldenRun.y(r -> r.in("a").expandDims(1).mul(r.in("b"))));
    h.put("tensordot", GoldenRun.y(LinalgGolden::tensordot));
    h.put("norm", GoldenRun.y(r -> norm(r.in("x"), r)));
    h.put("second_order", LinalgGolden::secondOrder);
    h.put("ng_graph", LinalgGolden::graph);
  }

  /** Free axes of a, free axes of b; the listed ones are multiplied and summed. */
  @SuppressWarnings("unchecked")
  private static Tensor tensordot(GoldenRun r) {
    List<Object> axes = (List<Object>) r.c().attrs().get("axes");
    Tensor a = r.in("a");
    Tensor b = r.in("b");
    int[] summedA = axes(axes.get(0), a);
    int[] summedB = axes(axes.get(1), b);
    int[] freeA = others(summedA, a.rank());
    int[] freeB = others(summedB, b.rank());
    long inner = 1;
    for (int axis : summedA) {
      inner *= a.dim(axis);
    }
    Tensor left = a.permute(join(freeA, summedA)).reshape(a.size() / inner, inner);
    Tensor right = b.permute(join(summedB, freeB)).reshape(inner, b.size() / inner);
    long[] out = new long[freeA.length + freeB.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = i < freeA.length ? a.dim(freeA[i]) : b.dim(freeB[i - freeA.length]);
    }
    return left.matmul(right).reshape(out);
  }

  private static int[] axes(Object list, Tensor t) {
    return Arrays.stream(GoldenCase.longs(list)).mapToInt(axis -> t.shape().axis((int) axis)).toArray();
  }

  private static int[] others(int[] axes, int rank) {
    return IntStream.range(0, rank).filter(i -> Arrays.stream(axes).noneMatch(a -> a == i)).toArray();
  }

  private static int[] join(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private static Tensor at(Tensor x, long i) {
    return x.select(0, i);
  }

  private static Tensor norm(Tensor x, GoldenRun r) {
    int[] axes = r.c().attrs().get("axis") == null ? new int[0] : new int[] {(int) r.c().number("axis", 0)};
    Object p = r.c().attrs().get("p");
    if ("inf".equals(p)) {
      return x.abs().max(axes);
    }
    double power = r.c().number("p", 2);
    return power == 1
        ? x.abs().sum(axes)
        : power == 2
            ? x.reduce(dev.neurite.ops.ReduceOp.L2, false, axes)
            : x.abs().pow(power).sum(axes).pow(1 / power);
  }

  private static void secondOrder(GoldenRun r) {
    Function<Tensor, Tensor> f = FUNCTIONS.get(r.c().text("function", ""));
    if (f == null) {
      throw new AssertionError("unknown function " + r.c().text("function", ""));
    }
    Tensor x = r.in("x");
    Map<String, GoldenTensor> want = r.c().tensors("outputs");
    int n = (int) x.size();
    double[] hessian = new double[n * n];
    try (Tape tape = Tape.persistent()) {
      tape.watch(x);
      Tensor g = tape.gradients(f.apply(x), List.of(x), true).of(x);
      r.expect("gradient", g, want.get("gradient"));
      for (int i = 0; i < n; i++) {
        double[] row = tape.gradients(g.select(0, i), List.of(x)).of(x).toDoubles();
        System.arraycopy(row, 0, hessian, i * n, n);
      }
    }
    r.expect("hessian", hessian, want.get("hessian").values());
  }

  private static void graph(GoldenRun r) {
    Map<String, GoldenTensor> want = r.c().tensors("outputs");
    Scope.run(() -> {
      try (Tape tape = Tape.open()) {
        Tensor a = r.in("a");
        Tensor b = r.in("b");
        Tensor c = r.in("c");
        tape.watch(a, b, c);
        Tensor j = a.add(b.mul(c)).mul(3);
        r.expect("J", j, want.get("J"));
        var g = tape.gradients(j, List.of(a, b, c));
        r.expect("dJ_da", g.of(a), want.get("dJ_da"));
        r.expect("dJ_db", g.of(b), want.get("dJ_db"));
        r.expect("dJ_dc", g.of(c), want.get("dJ_dc"));
      }
      return null;
    });
  }
}
