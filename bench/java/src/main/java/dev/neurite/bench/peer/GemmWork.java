package dev.neurite.bench.peer;

import dev.neurite.natives.Abi;
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
  private final Tensor a;
  private final Tensor b;
  private final Tensor c;

  GemmWork(CaseLine line) {
    if (!line.has("dtype", "f32")) {
      throw new Skip("only float32 products are there yet");
    }
    m = line.number("m");
    n = line.number("n");
    k = line.number("k");
    transA = line.has("ta", "1");
    transB = line.has("tb", "1");
    a = transA ? Values.uniform("a", k, m) : Values.uniform("a", m, k);
    b = transB ? Values.uniform("b", n, k) : Values.uniform("b", k, n);
    c = Values.empty(m, n);
  }

  @Override
  public void run() {
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
    return Values.verdict(worst, 1e-5 * Math.sqrt(k));
  }

  @Override
  public String note() {
    return "into a given output";
  }

  @Override
  public void close() {
    a.close();
    b.close();
    c.close();
  }
}
