package dev.neurite.ops;

import dev.neurite.autograd.Tape;
import dev.neurite.error.DTypeException;
import dev.neurite.error.ShapeException;
import dev.neurite.natives.Abi;
import dev.neurite.tensor.DType;
import dev.neurite.tensor.Shape;
import dev.neurite.tensor.Status;
import dev.neurite.tensor.Tensor;

/** Determinants, linear equations and decompositions of batches of matrices. */
public final class LinalgOp {

  private static final Access TENSORS = Access.tensors();

  private LinalgOp() {}

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix.
   *
   * @param values [.., n], ascending
   * @param vectors [.., n, n], one per column
   */
  public record Eigen(Tensor values, Tensor vectors) {}

  /**
   * {@code x = u diag(s) v^T}.
   *
   * @param u [.., m, k] with orthonormal columns
   * @param s [.., k], descending
   * @param v [.., n, k] with orthonormal columns
   */
  public record Svd(Tensor u, Tensor s, Tensor v) {}

  /** Determinants of [.., n, n]. */
  public static Tensor det(Tensor x) {
    requireSquare("det", x);
    Tensor source = x.contiguous();
    Shape batch = batch(x);
    Tensor y = TENSORS.create(batch, x.dtype(), "det");
    Status.check(
        Abi.nrt_linalg_det(y.ctx(), y.code(), y.addr(), source.addr(), batch.size(), x.dim(-1)), "det", source);
    return Tape.record("det", y, source, dy -> detBackward(dy, y, source), source, y);
  }

  /** {@code d det / dx} is the matrix of cofactors: {@code det x^-T} where there is an inverse. */
  private static Tensor detBackward(Tensor dy, Tensor y, Tensor x) {
    boolean singular = false;
    for (double d : y.toDoubles()) {
      singular |= d == 0;
    }
    Tensor g = dy.expandDims(-1).expandDims(-1);
    if (singular) {
      if (Current.get().tape != null) {
        throw new UnsupportedOperationException("det: no second derivative for singular matrices");
      }
      return g.mul(cofactors(x));
    }
    return g.mul(y.expandDims(-1).expandDims(-1)).mul(inverse(x).transpose());
  }

  /** {@code det(u) det(v) u diag(products of the other singular values) v^T}, which needs no inverse. */
  private static Tensor cofactors(Tensor x) {
    Svd d = svd(x);
    Tensor others = ScanOp.product(d.s, -1, true, false).mul(ScanOp.product(d.s, -1, true, true));
    Tensor sign = det(d.u).mul(det(d.v)).expandDims(-1);
    return d.u.mul(others.mul(sign).expandDims(-2)).matmul(d.v.transpose());
  }

  /** {@code x^-1}. */
  public static Tensor inverse(Tensor x) {
    requireSquare("inverse", x);
    Tensor y = Tape.noGrad(() -> solution("inverse", x, unit(x)));
    return Tape.record(
        "inverse", y, x, dy -> y.transpose().matmul(dy).matmul(y.transpose()).neg(), y);
  }

  private static Tensor unit(Tensor x) {
    long n = x.dim(-1);
    return Tensor.range(0, 1, n, DType.INT64).oneHot(n, x.dtype()).broadcastTo(x.shape());
  }

  /** {@code a^-1 b}; b [.., n, k], or one vector [n]. */
  public static Tensor solve(Tensor a, Tensor b) {
    requireSquare("solve", a);
    if (b.rank() == 1) {
      return solve(a, b.expandDims(1)).squeeze(-1);
    }
    Tensor[] pair = alike("solve", a, b);
    Tensor y = solution("solve", pair[0], pair[1]);
    return Tape.record(
        "solve", y,
        pair[0], dy -> solve(pair[0].transpose(), dy).matmul(y.transpose()).neg(),
        pair[1], dy -> solve(pair[0].transpose(), dy),
        pair[0], y);
  }

  private static Tensor solution(String who, Tensor a, Tensor b) {
    Tensor as = a.contiguous();
    Tensor bs = b.contiguous();
    Tensor y = TENSORS.create(b.shape(), b.dtype(), who);
    Status.check(
        Abi.nrt_linalg_solve(
            y.ctx(), y.code(), y.addr(), as.addr(), bs.addr(), batch(a).size(), a.dim(-1), b.dim(-1)),
        who, as, bs);
    return y;
  }

  /** {@code t^-1 b} (transposed: {@code t^-T b}) for the lower or upper triangle of t. */
  public static Tensor solveTriangular(Tensor t, Tensor b, boolean lower, boolean transposed) {
    requireSquare("solveTriangular", t);
    Tensor[] pair = alike("solveTriangular", t, b);
    Tensor ts = pair[0].contiguous();
    Tensor bs = pair[1].contiguous();
    Tensor y = TENSORS.create(bs.shape(), b.dtype(), "solveTriangular");
    Status.check(
        Abi.nrt_linalg_solve_triangular(
            y.ctx(), y.code(), y.addr(), ts.addr(), bs.addr(), batch(ts).size(), ts.dim(-1), bs.dim(-1),
            lower ? 1 : 0, transposed ? 1 : 0),
        "solveTriangular", ts, bs);
    return Tape.record(
        "solveTriangular", y,
        ts, dy -> {
          Tensor g = solveTriangular(ts, dy, lower, !transposed);
          Tensor dt = (transposed ? y.matmul(g.transpose()) : g.matmul(y.transpose())).neg();
          return triangle(dt, lower);
        },
        bs, dy -> solveTriangular(ts, dy, lower, !transposed),
        ts, y);
  }

  /** Zeros above (or below) the diagonal. */
  private static Tensor triangle(Tensor x, boolean lower) {
    long n = x.dim(-1);
    Tensor at = Tensor.range(0, 1, n, DType.INT64);
    Tensor keep = lower ? at.le(at.expandDims(1)) : at.ge(at.expandDims(1));
    return keep.where(x, Tensor.scalar(0, x.dtype()));
  }

  /** Lower triangle y with {@code y y^T} = the symmetric part of x. */
  public static Tensor cholesky(Tensor x) {
    requireSquare("cholesky", x);
    Tensor source = x.contiguous();
    Tensor y = TENSORS.create(x.shape(), x.dtype(), "cholesky");
    Status.check(
        Abi.nrt_linalg_cholesky(y.ctx(), y.code(), y.addr(), source.addr(), batch(x).size(), x.dim(-1)), "cholesky",
        source);
    return Tape.record("cholesky", y, source, dy -> choleskyBackward(dy, y), y);
  }

  /** {@code L^-T phi(L^T dL) L^-1}, made symmetric; phi halves the diagonal of the lower triangle (Murray 2016). */
  private static Tensor choleskyBackward(Tensor dy, Tensor l) {
    Tensor phi = triangle(l.transpose().matmul(dy), true);
    phi = phi.sub(phi.mul(unit(phi)).mul(0.5));
    Tensor left = solveTriangular(l, phi, true, true);
    Tensor s = solveTriangular(l, left.transpose(), true, true);
    return s.add(s.transpose()).mul(0.5);
  }

  /** Eigenvalues and eigenvectors of the symmetric part of x. */
  public static Eigen eigh(Tensor x) {
    requireSquare("eigh", x);
    Tensor source = x.contiguous();
    Tensor values = TENSORS.create(x.shape().slice(0, x.rank() - 1), x.dtype(), "eigh");
    Tensor vectors = TENSORS.create(x.shape(), x.dtype(), "eigh");
    Status.check(
        Abi.nrt_linalg_eigh(
            x.ctx(), x.code(), values.addr(), vectors.addr(), source.addr(), batch(x).size(), x.dim(-1)),
        "eigh", source);
    Tape.recordMany(
        "eigh", new Tensor[] {values, vectors}, new Tensor[] {source},
        (dy, needed) -> new Tensor[] {eighBackward(dy[0], dy[1], values, vectors)}, values, vectors);
    return new Eigen(values, vectors);
  }

  private static Tensor eighBackward(Tensor dValues, Tensor dVectors, Tensor values, Tensor v) {
    Tensor inner = null;
    if (dVectors != null) {
      inner = inverseDifferences(values).mul(v.transpose().matmul(dVectors));
    }
    if (dValues != null) {
      Tensor diagonal = unit(v).mul(dValues.expandDims(-2));
      inner = inner == null ? diagonal : inner.add(diagonal);
    }
    Tensor dx = v.matmul(inner).matmul(v.transpose());
    return dx.add(dx.transpose()).mul(0.5);
  }

  /** {@code 1 / (x_j - x_i)} at (i, j), 0 where they are equal. */
  private static Tensor inverseDifferences(Tensor x) {
    Tensor difference = x.expandDims(-2).sub(x.expandDims(-1));
    Tensor same = difference.eq(0);
    Tensor one = Tensor.scalar(1, x.dtype());
    return same.where(Tensor.scalar(0, x.dtype()), same.where(one, difference).reciprocal());
  }

  /** Thin singular value decomposition of [.., m, n]. */
  public static Svd svd(Tensor x) {
    requireMatrix("svd", x);
    if (x.dim(-2) < x.dim(-1)) {
      Svd d = svd(x.transpose());
      return new Svd(d.v, d.s, d.u);
    }
    Tensor source = x.contiguous();
    long n = x.dim(-1);
    Tensor u = TENSORS.create(x.shape(), x.dtype(), "svd");
    Tensor s = TENSORS.create(batch(x).append(n), x.dtype(), "svd");
    Tensor v = TENSORS.create(batch(x).append(n).append(n), x.dtype(), "svd");
    Status.check(
        Abi.nrt_linalg_svd(
            x.ctx(), x.code(), u.addr(), s.addr(), v.addr(), source.addr(), batch(x).size(), x.dim(-2), n),
        "svd", source);
    Tape.recordMany(
        "svd", new Tensor[] {u, s, v}, new Tensor[] {source},
        (dy, needed) -> new Tensor[] {svdBackward(dy, u, s, v)}, u, s, v);
    return new Svd(u, s, v);
  }

  /** Townsend 2016, "Differentiating the singular value decomposition"; v is square, so its last term is 0. */
  private static Tensor svdBackward(Tensor[] dy, Tensor u, Tensor s, Tensor v) {
    Tensor row = s.expandDims(-2);
    Tensor inner = dy[1] == null ? Tensor.zeros(v.shape(), v.dtype()) : unit(v).mul(dy[1].expandDims(-2));
    Tensor rest = null;
    Tensor f = dy[0] == null && dy[2] == null ? null : inverseDifferences(s.square());
    if (dy[0] != null) {
      Tensor ut = u.transpose().matmul(dy[0]);
      inner = inner.add(f.mul(ut.sub(ut.transpose())).mul(row));
      Tensor zero = row.eq(0);
      Tensor inverse = zero.where(row, zero.where(Tensor.scalar(1, s.dtype()), row).reciprocal());
      rest = dy[0].sub(u.matmul(ut)).mul(inverse).matmul(v.transpose());
    }
    if (dy[2] != null) {
      Tensor vt = v.transpose().matmul(dy[2]);
      inner = inner.add(f.mul(vt.sub(vt.transpose())).mul(s.expandDims(-1)));
    }
    Tensor dx = u.matmul(inner).matmul(v.transpose());
    return rest == null ? dx : dx.add(rest);
  }

  private static Shape batch(Tensor x) {
    return x.shape().slice(0, x.rank() - 2);
  }

  /** Both operands with equal leading axes. */
  private static Tensor[] alike(String who, Tensor a, Tensor b) {
    Binary.requireAlike(who, a, b);
    requireMatrix(who, b);
    if (b.dim(-2) != a.dim(-1)) {
      throw new ShapeException(
          who + ": expected " + a.dim(-1) + " rows on the right side, given " + a.shape() + " and " + b.shape());
    }
    Shape joint = Shape.broadcast(who, batch(a), batch(b));
    return new Tensor[] {
      a.broadcastTo(joint.append(a.dim(-2)).append(a.dim(-1))), b.broadcastTo(joint.append(b.dim(-2)).append(b.dim(-1)))
    };
  }

  private static void requireMatrix(String who, Tensor x) {
    if (!x.dtype().isDifferentiable()) {
      throw new DTypeException(who + ": expected float32 or float64, given " + x.describe());
    }
    if (x.rank() < 2) {
      throw new ShapeException(who + ": expected at least two axes, given " + x.describe());
    }
  }

  private static void requireSquare(String who, Tensor x) {
    requireMatrix(who, x);
    if (x.dim(-1) != x.dim(-2)) {
      throw new ShapeException(who + ": expected square matrices, given " + x.describe());
    }
  }
}
