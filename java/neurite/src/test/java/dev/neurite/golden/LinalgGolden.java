package dev.neurite.golden;

import dev.neurite.autograd.Tape;
import dev.neurite.tensor.Linalg;
import dev.neurite.tensor.Scope;
import dev.neurite.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** tensor_linalg: products, norms, equations, decompositions, second derivatives. */
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
      Tensor product = a.matmul(b).mul(r.c().number("alpha", 1));
      return r.in("c") == null ? product : product.add(r.in("c").mul(r.c().number("beta", 1)));
    }));
    h.put("outer", GoldenRun.y(r -> Linalg.outer(r.in("a"), r.in("b"))));
    h.put("einsum", GoldenRun.y(r -> Linalg.einsum(r.c().text("equation", null), all(r))));
    h.put("tensordot", GoldenRun.y(LinalgGolden::tensordot));
    h.put("cross", GoldenRun.y(r -> Linalg.cross(r.in("a"), r.in("b"), (int) r.c().number("axis", -1))));
    h.put("norm", GoldenRun.y(LinalgGolden::norm));
    h.put("trace", GoldenRun.y(r -> Linalg.trace(r.in("x"))));
    h.put("inverse", GoldenRun.y(r -> Linalg.inverse(r.in("x"))));
    h.put("det", GoldenRun.y(r -> Linalg.det(r.in("x"))));
    h.put("solve", GoldenRun.y(r -> Linalg.solve(r.in("a"), r.in("b"))));
    h.put("cholesky", GoldenRun.y(r -> Linalg.cholesky(r.in("x"))));
    h.put("eigvalsh", GoldenRun.op(r -> Map.of("values", Linalg.eigvalsh(r.in("x")))));
    h.put("singular_values", GoldenRun.op(r -> Map.of("values", Linalg.singularValues(r.in("x")))));
    h.put("second_order", LinalgGolden::secondOrder);
    h.put("ng_graph", LinalgGolden::graph);
  }

  private static Tensor[] all(GoldenRun r) {
    return r.c().tensors("inputs").keySet().stream().map(r::in).toArray(Tensor[]::new);
  }

  /** Axes: how many, or a list for each operand. */
  private static Tensor tensordot(GoldenRun r) {
    Object axes = r.c().attrs().get("axes");
    if (axes instanceof Number n) {
      return Linalg.tensordot(r.in("a"), r.in("b"), n.intValue());
    }
    List<?> pair = (List<?>) axes;
    return Linalg.tensordot(r.in("a"), r.in("b"), ints(pair.get(0)), ints(pair.get(1)));
  }

  private static int[] ints(Object oneOrMore) {
    return oneOrMore instanceof Number n
        ? new int[] {n.intValue()}
        : Arrays.stream(GoldenCase.longs(oneOrMore)).mapToInt(a -> (int) a).toArray();
  }

  private static Tensor at(Tensor x, long i) {
    return x.select(0, i);
  }

  private static Tensor norm(GoldenRun r) {
    Object axis = r.c().attrs().get("axis");
    int[] axes = axis == null ? new int[0] : ints(axis);
    return Linalg.norm(r.in("x"), power(r.c().attrs().get("p")), r.c().flag("keepdims", false), axes);
  }

  private static double power(Object p) {
    if (p instanceof Number n) {
      return n.doubleValue();
    }
    if (p == null || p.equals("fro")) {
      return 2;
    }
    return p.equals("inf") || p.equals("-inf")
        ? p.equals("inf") ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY
        : Double.parseDouble((String) p);
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
