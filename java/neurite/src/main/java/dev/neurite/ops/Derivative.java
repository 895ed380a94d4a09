package dev.neurite.ops;

import dev.neurite.tensor.Tensor;

/**
 * First derivatives written in tensor ops, so that they can be differentiated again. Where the native kernel needs only
 * the output, so does the formula here: a fused layer has no input of its activation to offer.
 */
final class Derivative {

  private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
  private static final double ROOT_HALF = Math.sqrt(0.5);
  private static final double SELU_SCALE = 1.0507009873554804934193349852946;
  private static final double SELU_ALPHA = 1.6732632423543772848170429916717;

  private Derivative() {}

  static Tensor of(UnaryOp op, Tensor x, Tensor y, double p0, double p1, double p2, double p3) {
    return switch (op) {
      case IDENTITY -> ones(x);
      case NEG -> ones(x).neg();
      case AFFINE -> ones(x).mul(p0);
      case SIGN, ROUND, FLOOR, CEIL, TRUNC, BINARY_STEP -> zeros(x);
      case ABS -> x.sign();
      case EXP -> y;
      case EXPM1 -> y.add(1);
      case LOG -> x.reciprocal();
      case LOG1P -> x.add(1).reciprocal();
      case LOG2 -> x.mul(Math.log(2)).reciprocal();
      case LOG10 -> x.mul(Math.log(10)).reciprocal();
      case SQRT -> y.reciprocal().mul(0.5);
      case RSQRT -> y.mul(y).mul(y).mul(-0.5);
      case RECIPROCAL -> y.square().neg();
      case SQUARE -> x.mul(2);
      case POWS -> x.pow(p0 - 1).mul(p0);
      case SIN -> x.cos();
      case COS -> x.sin().neg();
      case TAN -> x.cos().square().reciprocal();
      case ASIN -> x.square().rsub(1).rsqrt();
      case ACOS -> x.square().rsub(1).rsqrt().neg();
      case ATAN -> x.square().add(1).reciprocal();
      case SINH -> x.unary(UnaryOp.COSH);
      case COSH -> x.unary(UnaryOp.SINH);
      case ASINH -> x.square().add(1).rsqrt();
      case ACOSH -> x.square().sub(1).rsqrt();
      case ATANH -> x.square().rsub(1).reciprocal();
      case ERF -> x.square().neg().exp().mul(TWO_OVER_ROOT_PI);
      case ERFC -> x.square().neg().exp().mul(-TWO_OVER_ROOT_PI);
      case LGAMMA -> x.unary(UnaryOp.DIGAMMA);
      case CLAMP, HARD_TANH -> between(x, p0, p1, op == UnaryOp.CLAMP);
      case SIGMOID -> y.mul(y.rsub(1));
      case LOG_SIGMOID -> x.neg().sigmoid();
      case TANH -> y.square().rsub(1);
      case RELU -> mask(y.gt(0), y);
      case RELU6 -> between(x, 0, 6, false);
      case LEAKY_RELU -> x.gt(0).where(ones(x), ones(x).mul(p0));
      case RELU_GENERAL -> x.ge(p2).where(mask(x.lt(p1), x), ones(x).mul(p0));
      case ELU -> x.gt(0).where(ones(x), x.minimum(zeros(x)).exp().mul(p0));
      case SELU ->
          x.gt(0).where(ones(x).mul(SELU_SCALE), x.minimum(zeros(x)).exp().mul(SELU_SCALE * SELU_ALPHA));
      case CELU -> x.gt(0).where(ones(x), x.minimum(zeros(x)).div(p0).exp());
      case GELU -> x.mul(ROOT_HALF).erf().add(1).mul(0.5).add(x.mul(normalDensity(x)));
      case SILU -> swish(x, 1);
      case SWISH -> swish(x, p0);
      case SOFTPLUS -> x.mul(p0).sigmoid();
      case SOFTSIGN -> x.abs().add(1).square().reciprocal();
      case GAUSSIAN -> x.mul(-2).mul(x.square().neg().exp());
      case TANH_SHRINK -> x.tanh().square();
      case SQUAREPLUS -> x.mul(x.square().add(p0).rsqrt()).add(1).mul(0.5);
      case SOFT_SHRINK, HARD_SHRINK -> mask(x.abs().gt(p0), x);
      case THRESHOLD -> mask(x.gt(p0), x);
      case HARD_SIGMOID -> between(x.mul(p0).add(p1), 0, 1, false).mul(p0);
      default -> throw new UnsupportedOperationException(
          "Tape: second-order gradients of '" + op.name() + "' are not available (its backward is a fused kernel)");
    };
  }

  private static Tensor swish(Tensor x, double beta) {
    Tensor s = x.mul(beta).sigmoid();
    return s.add(x.mul(beta).mul(s.mul(s.rsub(1))));
  }

  private static Tensor normalDensity(Tensor x) {
    return x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
  }

  private static Tensor between(Tensor x, double low, double high, boolean borders) {
    Tensor inside =
        borders
            ? x.ge(low).compare(CompareOp.AND, x.le(high))
            : x.gt(low).compare(CompareOp.AND, x.lt(high));
    return mask(inside, x);
  }

  private static Tensor mask(Tensor condition, Tensor like) {
    return condition.cast(like.dtype());
  }

  private static Tensor ones(Tensor x) {
    return Tensor.ones(x.shape(), x.dtype());
  }

  private static Tensor zeros(Tensor x) {
    return Tensor.zeros(x.shape(), x.dtype());
  }
}
