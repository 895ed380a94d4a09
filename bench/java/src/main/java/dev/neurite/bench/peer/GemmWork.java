package dev.neurite.bench.peer;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Float32MatmulPrecision;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** C = op(A) op(B) into a given output; packs in every call, as the other peers do. */
final class GemmWork implements Work {

  private static final int SAMPLES = 64;

  private final int m;
  private final int n;
  private final int k;
  private final boolean transA;
  private final boolean transB;
  private final boolean brief;
  private final Tensor a;
  private final Tensor b;
  private final Tensor c;

  GemmWork(CaseLine line) {
    String dtype = line.text("dtype");
    if (!dtype.equals("f32") && !dtype.equals("bf16")) {
      throw new Skip("no products of " + dtype);
    }
    brief = dtype.equals("bf16");
    m = line.number("m");
    n = line.number("n");
    k = line.number("k");
    transA = line.has("ta", "1");
    transB = line.has("tb", "1");
    a = matrix("a", transA ? k : m, transA ? m : k);
    b = matrix("b", transB ? n : k, transB ? k : n);
    c = Values.empty(m, n);
  }

  /** For bf16 the values are rounded to that type. */
  private Tensor matrix(String name, long rows, long columns) {
    Tensor t = Values.uniform(name, rows, columns);
    return brief ? t.cast(DType.BFLOAT16).cast(DType.FLOAT32) : t;
  }

  @Override
  public void run() {
    if (brief) {
      try (var medium = Float32MatmulPrecision.MEDIUM.open()) {
        multiply();
      }
    } else {
      multiply();
    }
  }

  private void multiply() {
    Status.check(
        Abi.nrt_gemm_fwd(
            a.ctx(), a.code(), c.addr(), a.addr(), b.addr(), 0, 1, m, n, k, transA ? m : k, 0, transB ? k : n, 0, n, 0,
            (transA ? 1 : 0) | (transB ? 2 : 0), 1, 0, 0),
        "gemm", a, b);
  }

  @Override
  public String check() {
    float[] av = a.toFloats();
    float[] bv = b.toFloats();
    float[] cv = c.toFloats();
    double worst = 0;
    for (int q = 0; q < SAMPLES; q++) {
      int i = (int) (q * 48271L % m);
      int j = (int) (q * 69621L % n);
      double sum = 0;
      for (int p = 0; p < k; p++) {
        sum += (double) av[transA ? p * m + i : i * k + p] * bv[transB ? j * k + p : p * n + j];
      }
      worst = Math.max(worst, Math.abs(sum - cv[i * n + j]));
    }
    return Values.verdict(worst, 1e-5 * Math.sqrt(k) * Precision.slack());
  }

  @Override
  public String note() {
    return brief ? "bfloat16 values in float32 at MEDIUM precision, float32 output" : "into a given output";
  }

  @Override
  public void close() {
    a.close();
    b.close();
    c.close();
  }
}
