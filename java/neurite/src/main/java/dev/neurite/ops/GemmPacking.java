package dev.neurite.ops;

import dev.neurite.natives.Abi;
import dev.neurite.tensor.Param;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** A matrix parameter as the right side of products: panels as the kernel reads them, of w or of its transpose. */
enum GemmPacking implements Packing {
  /** w [k, n] as it is. */
  PLAIN(0),
  /** The transpose of w [n, k]. */
  TRANSPOSED(2);

  /** Up to here the kernel streams the weights once, as they are. */
  private static final long FEW_ROWS = 4;
  /** Beyond this, packing in every call costs less than a fiftieth of the product. */
  private static final long MANY_ROWS = 1024;
  /** Weights that stay in the first cache are read in place. */
  private static final long SMALL_BYTES = 64 * 1024;

  private final int flags;

  GemmPacking(int flags) {
    this.flags = flags;
  }

  /**
   * The packed form of w for a product with so many rows, or null: w is no parameter, the shape gains nothing, or these
   * values are used for the first time. With or without, the sums have the same bits.
   */
  static Packed of(Tensor w, boolean transposed, long rows, long n) {
    if (!(w instanceof Param p) || rows <= FEW_ROWS || rows > MANY_ROWS || n <= FEW_ROWS || w.rank() != 2
        || !transposed && w.size() * w.dtype().bytes() <= SMALL_BYTES) {
      return null;
    }
    return Packed.of(p, transposed ? TRANSPOSED : PLAIN, Packed.When.REPEATED);
  }

  @Override
  public long bytes(Param p) {
    return Abi.nrt_gemm_packed_bytes(p.ctx(), p.code(), columns(p), depth(p));
  }

  @Override
  public void pack(Param p, long address) {
    Status.check(
        Abi.nrt_gemm_pack(p.ctx(), p.code(), address, p.addr(), columns(p), depth(p), p.dim(1), flags), "matmul", p);
  }

  private long columns(Param p) {
    return p.dim(this == PLAIN ? 1 : 0);
  }

  private long depth(Param p) {
    return p.dim(this == PLAIN ? 0 : 1);
  }
}
