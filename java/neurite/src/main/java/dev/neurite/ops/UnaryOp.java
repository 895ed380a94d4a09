package dev.neurite.ops;

/** Element-wise functions of one tensor; {@code code} is the number the native core uses. */
public enum UnaryOp {
  /** {@code x}. */
  IDENTITY(0),
  /** {@code -x}. */
  NEG(1),
  /** {@code |x|}. */
  ABS(2),
  /** {@code e^x}. */
  EXP(3),
  /** {@code e^x - 1}. */
  EXPM1(4),
  /** Natural logarithm. */
  LOG(5),
  /** {@code log(1 + x)}. */
  LOG1P(6),
  /** Logarithm to base 2. */
  LOG2(7),
  /** Logarithm to base 10. */
  LOG10(8),
  /** Square root. */
  SQRT(9),
  /** {@code 1 / sqrt(x)}. */
  RSQRT(10),
  /** {@code 1 / x}. */
  RECIPROCAL(11),
  /** {@code x^2}. */
  SQUARE(12),
  /** Sine. */
  SIN(13),
  /** Cosine. */
  COS(14),
  /** Tangent. */
  TAN(15),
  /** Inverse sine. */
  ASIN(16),
  /** Inverse cosine. */
  ACOS(17),
  /** Inverse tangent. */
  ATAN(18),
  /** Hyperbolic sine. */
  SINH(19),
  /** Hyperbolic cosine. */
  COSH(20),
  /** Inverse hyperbolic sine. */
  ASINH(21),
  /** Inverse hyperbolic cosine. */
  ACOSH(22),
  /** Inverse hyperbolic tangent. */
  ATANH(23),
  /** Gauss error function. */
  ERF(24),
  /** {@code 1 - erf(x)}. */
  ERFC(25),
  /** -1, 0 or 1; derivative 0. */
  SIGN(26),
  /** Nearest whole number, halves to even; derivative 0. */
  ROUND(27),
  /** Largest whole number not above; derivative 0. */
  FLOOR(28),
  /** Smallest whole number not below; derivative 0. */
  CEIL(29),
  /** Towards zero; derivative 0. */
  TRUNC(30),
  /** {@code min(max(x, p0), p1)}. */
  CLAMP(31),
  /** {@code x^p0}. */
  POWS(32),
  /** {@code p0 * x + p1}. */
  AFFINE(33),
  /** Logarithm of the gamma function. */
  LGAMMA(34),
  /** Derivative of lgamma. */
  DIGAMMA(35),
  /** {@code max(0, x)}; derivative 0 at 0. */
  RELU(40),
  /** {@code min(max(0, x), 6)}. */
  RELU6(41),
  /** {@code x > 0 ? x : p0 * x}. */
  LEAKY_RELU(42),
  /** {@code x > 0 ? x : p0 * (e^x - 1)}. */
  ELU(43),
  /** Scaled ELU (Klambauer et al. 2017). */
  SELU(44),
  /** {@code max(0, x) + min(0, p0 * (e^(x/p0) - 1))}. */
  CELU(45),
  /** {@code x * Phi(x)}, exact form. */
  GELU(46),
  /** GELU, tanh approximation. */
  GELU_TANH(47),
  /** {@code x * sigmoid(x)}. */
  SILU(48),
  /** {@code x * sigmoid(p0 * x)}. */
  SWISH(49),
  /** {@code x * tanh(softplus(x))}. */
  MISH(50),
  /** {@code 1 / (1 + e^-x)}. */
  SIGMOID(51),
  /** {@code log(sigmoid(x))}. */
  LOG_SIGMOID(52),
  /** {@code clamp(p0 * x + p1, 0, 1)}. */
  HARD_SIGMOID(53),
  /** {@code x * clamp(x/6 + 1/2, 0, 1)}. */
  HARD_SWISH(54),
  /** Hyperbolic tangent. */
  TANH(55),
  /** {@code clamp(x, p0, p1)}. */
  HARD_TANH(56),
  /** Soboleva modified tanh {@code (e^(p0 x) - e^(-p1 x)) / (e^(p2 x) + e^(-p3 x))}. */
  SMHT(57),
  /** {@code log(1 + e^(p0 x)) / p0}. */
  SOFTPLUS(58),
  /** {@code x / (1 + |x|)}. */
  SOFTSIGN(59),
  /** {@code e^(-x^2)}. */
  GAUSSIAN(60),
  /** {@code x - tanh(x)}. */
  TANH_SHRINK(61),
  /** {@code sign(x) * max(|x| - p0, 0)}. */
  SOFT_SHRINK(62),
  /** {@code |x| > p0 ? x : 0}. */
  HARD_SHRINK(63),
  /** {@code x > p0 ? x : p1}. */
  THRESHOLD(64),
  /** {@code (x + sqrt(x^2 + p0)) / 2}. */
  SQUAREPLUS(65),
  /** {@code x >= p0 ? 1 : 0}; derivative 0. */
  BINARY_STEP(66),
  /** Keras relu: slope p0 below threshold p2, ceiling p1. */
  RELU_GENERAL(67);

  private final int code;

  UnaryOp(int code) {
    this.code = code;
  }

  /** Number of the op in the native ABI. */
  public int code() {
    return code;
  }
}
