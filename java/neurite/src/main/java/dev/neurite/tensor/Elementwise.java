package dev.neurite.tensor;

import dev.neurite.ops.BinaryOp;
import dev.neurite.ops.CompareOp;
import dev.neurite.ops.UnaryOp;

/**
 * Element-wise functions beyond those {@link Tensor} has as methods: logarithms to other bases, trigonometry, the gamma
 * function, angles and logic. All are differentiable unless they return bool.
 *
 * <p><b>Shapes</b>: those of one tensor keep its shape, those of two broadcast as NumPy does.
 */
public final class Elementwise {

  private Elementwise() {}

  /** Logarithm to base 2. */
  public static Tensor log2(Tensor x) {
    return x.unary(UnaryOp.LOG2);
  }

  /** Logarithm to base 10. */
  public static Tensor log10(Tensor x) {
    return x.unary(UnaryOp.LOG10);
  }

  /** Tangent. */
  public static Tensor tan(Tensor x) {
    return x.unary(UnaryOp.TAN);
  }

  /** Inverse sine. */
  public static Tensor asin(Tensor x) {
    return x.unary(UnaryOp.ASIN);
  }

  /** Inverse cosine. */
  public static Tensor acos(Tensor x) {
    return x.unary(UnaryOp.ACOS);
  }

  /** Inverse tangent. */
  public static Tensor atan(Tensor x) {
    return x.unary(UnaryOp.ATAN);
  }

  /** Hyperbolic sine. */
  public static Tensor sinh(Tensor x) {
    return x.unary(UnaryOp.SINH);
  }

  /** Hyperbolic cosine. */
  public static Tensor cosh(Tensor x) {
    return x.unary(UnaryOp.COSH);
  }

  /** Inverse hyperbolic sine. */
  public static Tensor asinh(Tensor x) {
    return x.unary(UnaryOp.ASINH);
  }

  /** Inverse hyperbolic cosine. */
  public static Tensor acosh(Tensor x) {
    return x.unary(UnaryOp.ACOSH);
  }

  /** Inverse hyperbolic tangent. */
  public static Tensor atanh(Tensor x) {
    return x.unary(UnaryOp.ATANH);
  }

  /** {@code 1 - erf(x)}, exact for large x. */
  public static Tensor erfc(Tensor x) {
    return x.unary(UnaryOp.ERFC);
  }

  /** Rounded towards zero; derivative 0. */
  public static Tensor trunc(Tensor x) {
    return x.unary(UnaryOp.TRUNC);
  }

  /** Logarithm of the absolute value of the gamma function. */
  public static Tensor lgamma(Tensor x) {
    return x.unary(UnaryOp.LGAMMA);
  }

  /** Derivative of {@link #lgamma}. */
  public static Tensor digamma(Tensor x) {
    return x.unary(UnaryOp.DIGAMMA);
  }

  /** {@code log(x / (1 - x))}, the inverse of the sigmoid. */
  public static Tensor logit(Tensor x) {
    return x.div(x.rsub(1)).log();
  }

  /** Angle of the point (x, y), in (-pi, pi]. */
  public static Tensor atan2(Tensor y, Tensor x) {
    return y.binary(BinaryOp.ATAN2, x);
  }

  /** {@code sqrt(a^2 + b^2)} without overflow on the way. */
  public static Tensor hypot(Tensor a, Tensor b) {
    return a.binary(BinaryOp.HYPOT, b);
  }

  /** {@code a + (b - a) * weight}. */
  public static Tensor lerp(Tensor a, Tensor b, Tensor weight) {
    return a.add(b.sub(a).mul(weight));
  }

  /** Exactly one of two bool tensors. */
  public static Tensor xor(Tensor a, Tensor b) {
    return a.compare(CompareOp.XOR, b);
  }
}
