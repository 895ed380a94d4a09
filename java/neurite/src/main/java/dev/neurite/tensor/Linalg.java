package dev.neurite.tensor;

import dev.neurite.error.ShapeException;
import dev.neurite.ops.LinalgOp;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Linear algebra beyond {@link Tensor#matmul}: einsum, products, norms, equations and decompositions of small to medium
 * matrices. Everything is differentiable; leading axes are a batch.
 */
public final class Linalg {

  private Linalg() {}

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix.
   *
   * @param values [.., n], ascending
   * @param vectors [.., n, n], one per column
   */
  public record Eigen(Tensor values, Tensor vectors) {}

  /**
   * Thin singular value decomposition {@code x = u diag(s) v^T}, k = min(m, n).
   *
   * @param u [.., m, k] with orthonormal columns
   * @param s [.., k], descending
   * @param v [.., n, k] with orthonormal columns
   */
  public record Svd(Tensor u, Tensor s, Tensor v) {}

  /**
   * Sum of products by Einstein's convention: axes with the same letter run together, letters missing after the arrow
   * are summed. A letter twice in one operand takes the diagonal, {@code ...} stands for leading axes that broadcast,
   * and without an arrow the letters that occur once are kept in alphabetical order.
   *
   * <pre>{@code
   * Linalg.einsum("bhqd,bhkd->bhqk", q, k)
   * Linalg.einsum("ii->", x)                  // trace
   * }</pre>
   *
   * @throws IllegalArgumentException for a malformed equation
   * @throws ShapeException when axes of one letter differ in length
   */
  public static Tensor einsum(String equation, Tensor... operands) {
    return Einsum.of(equation, operands);
  }

  /** Sum of products over pairs of axes; the result has the other axes of a, then those of b. */
  public static Tensor tensordot(Tensor a, Tensor b, int[] axesA, int[] axesB) {
    int[] sumA = Arrays.stream(axesA).map(a.shape()::axis).toArray();
    int[] sumB = Arrays.stream(axesB).map(b.shape()::axis).toArray();
    boolean fits = sumA.length == sumB.length;
    for (int i = 0; fits && i < sumA.length; i++) {
      fits = a.dim(sumA[i]) == b.dim(sumB[i]);
    }
    if (!fits) {
      throw new ShapeException(
          "tensordot: expected pairs of axes of equal lengths, given " + Arrays.toString(axesA) + " of " + a.shape()
              + " and " + Arrays.toString(axesB) + " of " + b.shape());
    }
    int[] freeA = others(sumA, a.rank());
    int[] freeB = others(sumB, b.rank());
    long inner = Arrays.stream(sumA).mapToLong(a::dim).reduce(1, (x, y) -> x * y);
    long rows = Arrays.stream(freeA).mapToLong(a::dim).reduce(1, (x, y) -> x * y);
    long cols = Arrays.stream(freeB).mapToLong(b::dim).reduce(1, (x, y) -> x * y);
    Tensor left = a.permute(join(freeA, sumA)).reshape(rows, inner);
    Tensor right = b.permute(join(sumB, freeB)).reshape(inner, cols);
    return left.matmul(right).reshape(
        java.util.stream.LongStream.concat(
            Arrays.stream(freeA).mapToLong(a::dim), Arrays.stream(freeB).mapToLong(b::dim)).toArray());
  }

  /** Sum of products over the last {@code axes} axes of a and the first of b. */
  public static Tensor tensordot(Tensor a, Tensor b, int axes) {
    if (axes < 0 || axes > Math.min(a.rank(), b.rank())) {
      throw new ShapeException(
          "tensordot: expected at most " + Math.min(a.rank(), b.rank()) + " axes, given " + axes);
    }
    return tensordot(
        a, b, IntStream.range(a.rank() - axes, a.rank()).toArray(), IntStream.range(0, axes).toArray());
  }

  private static int[] others(int[] axes, int rank) {
    return IntStream.range(0, rank).filter(i -> Arrays.stream(axes).noneMatch(a -> a == i)).toArray();
  }

  private static int[] join(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  /** All products of an element of a and one of b: axes of a, then axes of b. */
  public static Tensor outer(Tensor a, Tensor b) {
    Tensor left = a;
    for (int i = 0; i < b.rank(); i++) {
      left = left.expandDims(left.rank());
    }
    return left.mul(b);
  }

  /** Cross product of vectors of three along an axis; the other axes broadcast. */
  public static Tensor cross(Tensor a, Tensor b, int axis) {
    if (a.dim(axis) != 3 || b.dim(axis) != 3) {
      throw new ShapeException(
          "cross: expected length 3 along axis " + axis + ", given " + a.shape() + " and " + b.shape());
    }
    return turned(a, 1, axis).mul(turned(b, 2, axis)).sub(turned(a, 2, axis).mul(turned(b, 1, axis)));
  }

  private static Tensor turned(Tensor x, long by, int axis) {
    return Shaping.roll(x, -by, axis);
  }

  /** Sum of the main diagonal of [.., n, m]. */
  public static Tensor trace(Tensor x) {
    return Shaping.diagonal(x, 0).sum(-1);
  }

  /**
   * Vector norm {@code (sum |x|^p)^(1/p)} over the axes (all when none is named, which for p = 2 is Frobenius' norm).
   *
   * @param p any number; infinity: the largest absolute value; -infinity: the smallest; 0: how many are not 0
   */
  public static Tensor norm(Tensor x, double p, boolean keepDims, int... axes) {
    if (Double.isNaN(p)) {
      throw new IllegalArgumentException("norm: expected a number or an infinity for p, given NaN");
    }
    if (Double.isInfinite(p)) {
      return p > 0 ? x.abs().max(keepDims, axes) : x.abs().min(keepDims, axes);
    }
    if (p == 0) {
      return x.ne(Tensor.scalar(0, x.dtype())).cast(x.dtype()).sum(keepDims, axes);
    }
    if (p == 1) {
      return Reductions.l1(x, keepDims, axes);
    }
    return p == 2 ? Reductions.l2(x, keepDims, axes) : x.abs().pow(p).sum(keepDims, axes).pow(1 / p);
  }

  /**
   * {@code x^-1} of [.., n, n].
   *
   * @throws IllegalArgumentException for a singular matrix, naming it
   */
  public static Tensor inverse(Tensor x) {
    return LinalgOp.inverse(x);
  }

  /** Determinant of [.., n, n]; the gradient is right for singular matrices too. */
  public static Tensor det(Tensor x) {
    return LinalgOp.det(x);
  }

  /**
   * {@code a^-1 b}, by LU with row exchanges.
   *
   * @param a [.., n, n]
   * @param b [.., n, k], or one vector [n]
   * @throws IllegalArgumentException for a singular matrix, naming it
   */
  public static Tensor solve(Tensor a, Tensor b) {
    return LinalgOp.solve(a, b);
  }

  /**
   * {@code t^-1 b} where only the lower (or upper) triangle of t is read.
   *
   * @param t [.., n, n]
   * @param b [.., n, k]
   * @param lower which triangle
   */
  public static Tensor solveTriangular(Tensor t, Tensor b, boolean lower) {
    return LinalgOp.solveTriangular(t, b, lower, false);
  }

  /**
   * Lower triangle l with {@code l l^T = x}; only the symmetric part of x counts.
   *
   * @param x [.., n, n]
   * @throws IllegalArgumentException unless positive definite, naming the matrix
   */
  public static Tensor cholesky(Tensor x) {
    return LinalgOp.cholesky(x);
  }

  /**
   * Eigenvalues and eigenvectors of the symmetric part of [.., n, n], by Jacobi's method. Gradients through vectors
   * need distinct eigenvalues.
   */
  public static Eigen eigh(Tensor x) {
    LinalgOp.Eigen e = LinalgOp.eigh(x);
    return new Eigen(e.values(), e.vectors());
  }

  /** Eigenvalues of the symmetric part of [.., n, n], ascending. */
  public static Tensor eigvalsh(Tensor x) {
    return LinalgOp.eigh(x).values();
  }

  /** Thin singular value decomposition of [.., m, n]. Gradients through u and v need distinct singular values. */
  public static Svd svd(Tensor x) {
    LinalgOp.Svd d = LinalgOp.svd(x);
    return new Svd(d.u(), d.s(), d.v());
  }

  /** Singular values of [.., m, n], descending. */
  public static Tensor singularValues(Tensor x) {
    return LinalgOp.svd(x).s();
  }
}
