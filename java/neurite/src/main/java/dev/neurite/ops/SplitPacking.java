package dev.neurite.ops;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/**
 * A matrix parameter as the right side of products by bfloat16 parts: split, of w [k, n] or of the transpose of w [n, k].
 *
 * @param transposed of the transpose
 * @param products for how many bfloat16 products: 6, 3 or 1
 */
record SplitPacking(boolean transposed, int products) implements Packing {

  /** By mode, true where products by parts exist at all; elsewhere nothing needs to be asked per call. */
  private static final boolean[] POSSIBLE = new boolean[Abi.NRT_PRECISION_MEDIUM + 1];

  static {
    long large = 1024;
    for (int mode = 0; mode < POSSIBLE.length; mode++) {
      long ctx = Backend.cpu() | (mode + 1L) << Abi.NRT_PRECISION_SHIFT;
      POSSIBLE[mode] = Abi.nrt_ctx_products(ctx, large, large, large, 1) > 0;
    }
  }

  /** How many bfloat16 products stand for one of a float32 product with a parameter in it, 0: float32 FMA. */
  static int products(Tensor y, Tensor a, Tensor b, long m, long n, long k) {
    if (!(a instanceof Param || b instanceof Param) || y.dtype() != DType.FLOAT32) {
      return 0;
    }
    long ctx = y.ctx();
    return POSSIBLE[(int) (ctx >>> Abi.NRT_PRECISION_SHIFT) - 1] ? Abi.nrt_ctx_products(ctx, m, n, k, 1) : 0;
  }

  /** The split form of w, or null: w is no parameter, or these values are used for the first time. */
  static Packed of(Tensor w, boolean transposed, int products) {
    return w instanceof Param p && w.rank() == 2
        ? Packed.of(p, new SplitPacking(transposed, products), Packed.When.REPEATED)
        : null;
  }

  @Override
  public long bytes(Param p) {
    return Abi.nrt_gemm_split_bytes(p.ctx(), products, columns(p), depth(p));
  }

  @Override
  public void pack(Param p, long address) {
    int flags = transposed ? Abi.NRT_GEMM_TRANS_B : 0;
    Status.check(
        Abi.nrt_gemm_split(p.ctx(), products, address, p.addr(), columns(p), depth(p), p.dim(1), flags), "matmul", p);
  }

  private long columns(Param p) {
    return p.dim(transposed ? 0 : 1);
  }

  private long depth(Param p) {
    return p.dim(transposed ? 1 : 0);
  }
}
