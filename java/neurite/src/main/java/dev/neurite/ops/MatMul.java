package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Matrix products: batched, broadcast, either side transposed; and the fused dense layer. */
public final class MatMul {

  private static final Access TENSORS = Access.tensors();
  private static final int TRANS_A = 1;
  private static final int TRANS_B = 2;

  private MatMul() {}

  /** {@code a x b} with the rules of {@code Tensor.matmul}. */
  public static Tensor apply(Tensor a, Tensor b) {
    if (a.rank() == 0 || b.rank() == 0) {
      throw new ShapeException("matmul: expected at least one axis, given " + a.shape() + " and " + b.shape());
    }
    Tensor left = a.rank() == 1 ? a.expandDims(0) : a;
    Tensor right = b.rank() == 1 ? b.expandDims(1) : b;
    Tensor y = product(left, right, false, false);
    if (a.rank() == 1) {
      y = y.squeeze(-2);
    }
    return b.rank() == 1 ? y.squeeze(-1) : y;
  }

  /** {@code op(a) op(b)} where op transposes the last two axes on request; leading axes broadcast. */
  public static Tensor product(Tensor a, Tensor b, boolean transA, boolean transB) {
    Binary.requireAlike("matmul", a, b);
    requireFloating(a);
    long m = a.dim(transA ? -1 : -2);
    long k = a.dim(transA ? -2 : -1);
    long n = b.dim(transB ? -2 : -1);
    if (k != b.dim(transB ? -1 : -2)) {
      throw new ShapeException(
          "matmul: expected equal inner lengths, given " + a.shape() + (transA ? "^T" : "") + " and " + b.shape()
              + (transB ? "^T" : ""));
    }
    Shape batchA = a.shape().slice(0, a.rank() - 2);
    Shape batchB = b.shape().slice(0, b.rank() - 2);
    Shape batch = Shape.broadcast("matmul", batchA, batchB);
    Tensor y = TENSORS.create(batched(batch, m, n), a.dtype(), "matmul");
    run(y, whole(a, batchA, batch), whole(b, batchB, batch), m, n, k, transA, transB, batch.size());
    return Tape.record(
        "matmul", y,
        a, dy -> gradA(dy, b, transA, transB).sumTo(a.shape()),
        b, dy -> gradB(dy, a, transA, transB).sumTo(b.shape()),
        a, b);
  }

  private static Tensor gradA(Tensor dy, Tensor b, boolean transA, boolean transB) {
    return transA ? product(b, dy, transB, true) : product(dy, b, false, !transB);
  }

  private static Tensor gradB(Tensor dy, Tensor a, boolean transA, boolean transB) {
    return transB ? product(dy, a, true, transA) : product(a, dy, !transA, false);
  }

  private static Shape batched(Shape batch, long m, long n) {
    return batch.append(m).append(n);
  }

  /** One matrix for all, or as many as the batch has: copies only where leading axes are partly stretched. */
  private static Tensor whole(Tensor t, Shape own, Shape batch) {
    if (own.size() == 1 || own.equals(batch)) {
      return t.contiguous();
    }
    return t.broadcastTo(batched(batch, t.dim(-2), t.dim(-1))).contiguous();
  }

  private static void run(
      Tensor y, Tensor a, Tensor b, long m, long n, long k, boolean transA, boolean transB, long batch) {
    long strideA = a.size() == m * k ? 0 : m * k;
    long strideB = b.size() == k * n ? 0 : k * n;
    if (batch > 1 && strideB == 0 && strideA != 0 && !transA) {
      run(y, a, b, batch * m, n, k, false, transB, 1); // one right side for all: the rows of one product
      return;
    }
    int flags = (transA ? TRANS_A : 0) | (transB ? TRANS_B : 0);
    int products = batch == 1 ? SplitPacking.products(y, a, b, m, n, k) : 0;
    if (products > 0) {
      byParts(products, y, a, b, null, m, n, k, flags, UnaryOp.IDENTITY, "matmul");
      return;
    }
    try (Packed packed = batch == 1 ? GemmPacking.of(b, transB, m, n) : null) {
      if (packed != null) {
        multiply(y, a, packed, null, m, n, k, flags, UnaryOp.IDENTITY, "matmul");
        return;
      }
    }
    Status.check(
        Abi.nrt_gemm_fwd(
            y.ctx(), y.code(), y.addr(), a.addr(), b.addr(), 0, batch, m, n, k, a.dim(-1), strideA, b.dim(-1), strideB,
            n, m * n, flags, 1, 0, UnaryOp.IDENTITY.code()),
        "matmul", a, b);
  }

  /** y = act(op(a) op(b) + bias) by bfloat16 products, one operand a parameter; kept split where it is the right one. */
  private static void byParts(
      int products, Tensor y, Tensor a, Tensor b, Tensor bias, long m, long n, long k, int flags, UnaryOp activation,
      String op) {
    long ctx = y.ctx();
    long biasAddress = bias == null ? 0 : bias.addr();
    try (Packed split = SplitPacking.of(b, (flags & TRANS_B) != 0, products)) {
      Status.check(
          split == null
              ? Abi.nrt_gemm_fwd(
                  ctx, y.code(), y.addr(), a.addr(), b.addr(), biasAddress, 1, m, n, k, a.dim(-1), 0, b.dim(-1), 0, n, 0,
                  flags | Abi.NRT_GEMM_PARAM, 1, 0, activation.code())
              : Abi.nrt_gemm_split_fwd(
                  ctx, y.addr(), a.addr(), b.addr(), split.addr(), biasAddress, m, n, k, a.dim(-1), b.dim(-1), n, flags, 1,
                  0, activation.code()),
          op, a, b, bias);
    }
  }

  /** y = act(op(a) w + bias) with packed weights. */
  private static void multiply(
      Tensor y, Tensor a, Packed w, Tensor bias, long m, long n, long k, int flags, UnaryOp activation, String op) {
    Status.check(
        Abi.nrt_gemm_packed_fwd(
            y.ctx(), y.code(), y.addr(), a.addr(), w.addr(), bias == null ? 0 : bias.addr(), m, n, k, a.dim(-1), n, flags,
            1, 0, activation.code()),
        op, y, a, bias);
  }

  private static void requireFloating(Tensor t) {
    if (!t.dtype().isDifferentiable()) {
      throw new dev.neurite.error.DTypeException("matmul: expected float32 or float64, given " + t.describe());
    }
  }

  /** True for the activations the product's epilogue can apply. */
  public static boolean fuses(UnaryOp activation) {
    return activation == UnaryOp.IDENTITY
        || activation == UnaryOp.RELU
        || activation == UnaryOp.SIGMOID
        || activation == UnaryOp.TANH;
  }

  /**
   * The dense layer {@code y = act(x w + b)} in one kernel.
   *
   * @param x [*, in]
   * @param w [in, out]
   * @param b [out] or null
   * @param activation one of those {@link #fuses} accepts
   * @return [*, out]
   */
  public static Tensor dense(Tensor x, Tensor w, Tensor b, UnaryOp activation) {
    Binary.requireAlike("dense", x, w);
    long in = w.dim(0);
    long out = w.dim(1);
    if (x.rank() == 0 || x.shape().last() != in) {
      throw new ShapeException("dense: expected last axis " + in + ", given " + x.shape());
    }
    Tensor xs = x.contiguous();
    long rows = in == 0 ? x.shape().slice(0, x.rank() - 1).size() : x.size() / in;
    Tensor y = TENSORS.create(x.shape().with(-1, out), x.dtype(), "dense");
    Tensor ws = w.contiguous();
    Tensor bs = b == null ? null : bias(b, out);
    denseForward(y, xs, ws, bs, rows, activation);
    Tape.recordMany(
        "dense", new Tensor[] {y}, new Tensor[] {x, w, b},
        (dy, needed) -> denseBackward(dy[0], x, w, y, activation, needed, rows), x, w, y);
    return y;
  }

  private static void denseForward(Tensor y, Tensor x, Tensor w, Tensor bias, long rows, UnaryOp activation) {
    long in = w.dim(0);
    long out = w.dim(1);
    int products = SplitPacking.products(y, x, w, rows, out, in);
    if (products > 0) {
      byParts(products, y, x, w, bias, rows, out, in, 0, activation, "dense");
      return;
    }
    try (Packed packed = GemmPacking.of(w, false, rows, out)) {
      if (packed != null) {
        multiply(y, x, packed, bias, rows, out, in, 0, activation, "dense");
        return;
      }
    }
    Status.check(
        Abi.nrt_gemm_fwd(
            y.ctx(), y.code(), y.addr(), x.addr(), w.addr(), bias == null ? 0 : bias.addr(), 1, rows, out, in, in, 0, out,
            0, out, 0, 0, 1, 0, activation.code()),
        "dense", x, w, bias);
  }

  private static Tensor bias(Tensor b, long out) {
    if (b.rank() != 1 || b.dim(0) != out) {
      throw new ShapeException("dense: expected a bias [" + out + "], given " + b.shape());
    }
    return b.contiguous();
  }

  private static Tensor[] denseBackward(
      Tensor dy, Tensor x, Tensor w, Tensor y, UnaryOp activation, boolean[] needed, long rows) {
    Tensor dz = Unary.fusedBackward(activation, dy, y).reshape(rows, w.dim(1));
    Tensor dx = needed[0] ? product(dz, w, false, true).reshape(x.shape()) : null;
    Tensor dw = needed[1] ? product(x.reshape(rows, w.dim(0)), dz, true, false) : null;
    Tensor db = needed[2] ? dz.sum(0) : null;
    return new Tensor[] {dx, dw, db};
  }
}
