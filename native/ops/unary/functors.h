// One functor per unary op: forward(x, p), and derivative(v, p) where v is what `needs` says, the
// input (kInput) or the output (kOutput). Scalar code without branches that cost: the loops around
// it vectorise. Subgradients at kinks: 0 for ReLU and abs, 1 on the boundary of a clamp.
#pragma once

#include "core/kernel_math.h"
#include "ops/unary/rare_functions.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {
namespace unary {

enum { kNothing = 0, kInput = 1, kOutput = 2 };

template <typename T>
struct Params {
  T p0, p1, p2, p3;
};

// x * gate where an infinite x meets a gate that is 0 by its limit: 0, not NaN.
template <typename T>
NRT_INLINE T gated(T x, T gate) {
  return gate == 0 ? gate : x * gate;
}
template <typename T>
NRT_INLINE T finite(T x) {
  return math::clamp(x, -math::Format<T>::kMax, math::Format<T>::kMax);
}

// NRT_UNARY(Name, what the derivative reads, forward value, derivative value); x is the argument of
// forward, v what derivative reads, p the parameters.
#define NRT_UNARY(Name, Needs, Forward, Derivative)                              \
  struct Name {                                                                  \
    static constexpr int needs = Needs;                                          \
    template <typename T>                                                        \
    static NRT_INLINE T forward(T x, const Params<T>& p) {                       \
      (void)p;                                                                   \
      return static_cast<T>(Forward);                                            \
    }                                                                            \
    template <typename T>                                                        \
    static NRT_INLINE T derivative(T v, const Params<T>& p) {                    \
      (void)v;                                                                   \
      (void)p;                                                                   \
      return static_cast<T>(Derivative);                                         \
    }                                                                            \
  };

// -- arithmetic and powers
NRT_UNARY(Identity, kNothing, x, 1)
NRT_UNARY(Neg, kNothing, -x, -1)
NRT_UNARY(Abs, kInput, math::magnitude(x), v > 0 ? 1 : v < 0 ? -1 : 0)
NRT_UNARY(Sqrt, kOutput, rare::sqrt(x), static_cast<T>(0.5) / v)
NRT_UNARY(Rsqrt, kOutput, 1 / rare::sqrt(x), static_cast<T>(-0.5) * v * v * v)
NRT_UNARY(Reciprocal, kOutput, 1 / x, -v * v)
NRT_UNARY(Square, kInput, x* x, 2 * v)
NRT_UNARY(Affine, kNothing, p.p0* x + p.p1, p.p0)
NRT_UNARY(PowS, kInput, rare::pow(x, p.p0), p.p0 == 0 ? 0 : p.p0 * rare::pow(v, p.p0 - 1))

// -- exponentials and logarithms
NRT_UNARY(Exp, kOutput, math::exp(x), v)
NRT_UNARY(Expm1, kOutput, math::expm1(x), v + 1)
NRT_UNARY(Log, kInput, math::log(x), 1 / v)
NRT_UNARY(Log1p, kInput, math::log1p(x), 1 / (1 + v))
NRT_UNARY(Log2, kInput, math::log2(x), static_cast<T>(math::kLog2E) / v)
NRT_UNARY(Log10, kInput, rare::log10(x), static_cast<T>(0.43429448190325182765) / v)

// -- trigonometric and hyperbolic
NRT_UNARY(Sin, kInput, rare::sin(x), rare::cos(v))
NRT_UNARY(Cos, kInput, rare::cos(x), -rare::sin(v))
NRT_UNARY(Tan, kOutput, rare::tan(x), 1 + v * v)
NRT_UNARY(Asin, kInput, rare::asin(x), 1 / rare::sqrt((1 - v) * (1 + v)))
NRT_UNARY(Acos, kInput, rare::acos(x), -1 / rare::sqrt((1 - v) * (1 + v)))
NRT_UNARY(Atan, kInput, rare::atan(x), 1 / (1 + v * v))
NRT_UNARY(Sinh, kInput, rare::sinh(x), rare::cosh(v))
NRT_UNARY(Cosh, kInput, rare::cosh(x), rare::sinh(v))
NRT_UNARY(Asinh, kInput, rare::asinh(x), 1 / rare::sqrt(v * v + 1))
NRT_UNARY(Acosh, kInput, rare::acosh(x), 1 / rare::sqrt((v - 1) * (v + 1)))
NRT_UNARY(Atanh, kInput, rare::atanh(x), 1 / ((1 - v) * (1 + v)))

// -- error and gamma functions
NRT_UNARY(Erf, kInput, math::erf(x), static_cast<T>(1.12837916709551257390) * math::gaussian(v))
NRT_UNARY(Erfc, kInput, math::erfc(x), static_cast<T>(-1.12837916709551257390) * math::gaussian(v))
NRT_UNARY(Lgamma, kInput, rare::lgamma(x), rare::digamma(v))
NRT_UNARY(Digamma, kInput, rare::digamma(x), rare::trigamma(v))

// -- steps: derivative 0
NRT_UNARY(Sign, kNothing, x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x, 0)
NRT_UNARY(Round, kNothing, rare::round_even(x), 0)
NRT_UNARY(Floor, kNothing, rare::floor(x), 0)
NRT_UNARY(Ceil, kNothing, rare::ceil(x), 0)
NRT_UNARY(Trunc, kNothing, rare::trunc(x), 0)
NRT_UNARY(BinaryStep, kNothing, x >= p.p0 ? 1 : x < p.p0 ? 0 : x, 0)

// -- piecewise linear activations
NRT_UNARY(Clamp, kInput, math::clamp(x, p.p0, p.p1), v < p.p0 || v > p.p1 ? 0 : 1)
NRT_UNARY(Relu, kOutput, x < 0 ? 0 : x, v <= 0 ? 0 : 1)
NRT_UNARY(Relu6, kOutput, math::clamp(x, static_cast<T>(0), static_cast<T>(6)),
          v <= 0 || v >= 6 ? 0 : 1)
NRT_UNARY(LeakyRelu, kInput, x < 0 ? p.p0 * x : x, v <= 0 ? p.p0 : 1)
NRT_UNARY(HardSigmoid, kInput,
          math::clamp(p.p0* x + p.p1, static_cast<T>(0), static_cast<T>(1)),
          p.p0* v + p.p1 < 0 || p.p0 * v + p.p1 > 1 ? 0 : p.p0)
NRT_UNARY(SoftShrink, kInput, x > p.p0 ? x - p.p0 : x < -p.p0 ? x + p.p0 : x == x ? 0 : x,
          v > p.p0 || v < -p.p0 ? 1 : 0)
NRT_UNARY(HardShrink, kInput, x <= p.p0 && x >= -p.p0 ? 0 : x, v <= p.p0 && v >= -p.p0 ? 0 : 1)
NRT_UNARY(Threshold, kInput, x <= p.p0 ? p.p1 : x, v <= p.p0 ? 0 : 1)
NRT_UNARY(ReluGeneral, kInput, x >= p.p1 ? p.p1 : x < p.p2 ? p.p0 * (x - p.p2) : x,
          v >= p.p1 ? 0 : v <= p.p2 ? p.p0 : 1)

// x clamp(x/6 + 1/2, 0, 1)
struct HardSwish {
  static constexpr int needs = kInput;
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>&) {
    const T gate = math::clamp(x / 6 + static_cast<T>(0.5), static_cast<T>(0), static_cast<T>(1));
    return gated(x, gate);
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>&) {
    const T slope = v / 3 + static_cast<T>(0.5);
    return v <= -3 ? static_cast<T>(0) : v >= 3 ? static_cast<T>(1) : slope;
  }
};

// -- smooth activations
NRT_UNARY(Elu, kInput, x > 0 ? x : p.p0 * math::expm1(x), v > 0 ? 1 : p.p0 * math::exp(v))
NRT_UNARY(Selu, kOutput,
          static_cast<T>(1.0507009873554804935) *
              (x > 0 ? x : static_cast<T>(1.6732632423543772848) * math::expm1(x)),
          v > 0 ? static_cast<T>(1.0507009873554804935) : v + static_cast<T>(1.7580993408473768600))
NRT_UNARY(Celu, kInput, x > 0 ? x : p.p0 * math::expm1(x / p.p0),
          v > 0 ? 1 : math::exp(v / p.p0))
NRT_UNARY(Sigmoid, kOutput, math::sigmoid(x), v*(1 - v))
NRT_UNARY(LogSigmoid, kOutput, -math::softplus(-x), -math::expm1(v))
NRT_UNARY(Tanh, kOutput, math::tanh(x), (1 - v) * (1 + v))
NRT_UNARY(Softplus, kOutput, math::softplus(p.p0* x) / p.p0, -math::expm1(-p.p0 * v))
NRT_UNARY(Gaussian, kInput, math::gaussian(x), gated(-2 * v, math::gaussian(v)))
NRT_UNARY(TanhShrink, kInput, x - math::tanh(x), math::tanh(v) * math::tanh(v))

struct Softsign {
  static constexpr int needs = kInput;
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>&) {
    const T bounded = finite(x);
    return bounded / (1 + math::magnitude(bounded));
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>&) {
    const T root = 1 / (1 + math::magnitude(v));
    return root * root;
  }
};

// x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2: the tail keeps its relative accuracy.
struct Gelu {
  static constexpr int needs = kInput;
  // Phi(x) given the gaussian of x / sqrt 2.
  template <typename T>
  static NRT_INLINE T cdf(T x, T gaussian) {
    constexpr T kHigh = math::Format<T>::kErfcHigh;
    const T z = static_cast<T>(math::kRootHalf) * math::magnitude(x);
    const T tail = static_cast<T>(0.5) * gaussian * math::erfc_factor(z > kHigh ? kHigh : z);
    return x > 0 ? 1 - tail : tail;
  }
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>&) {
    return gated(x, cdf(x, math::gaussian(static_cast<T>(math::kRootHalf) * x)));
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>&) {
    const T gaussian = math::gaussian(static_cast<T>(math::kRootHalf) * v);
    return cdf(v, gaussian) + gated(v, static_cast<T>(0.39894228040143267794) * gaussian);
  }
};

// x / 2 (1 + tanh u) = x sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3)
struct GeluTanh {
  static constexpr int needs = kInput;
  template <typename T>
  static NRT_INLINE T gate(T x) {
    const T slope = static_cast<T>(1.59576912160573071176) +
                    static_cast<T>(0.07135481627260025) * x * x;
    return math::sigmoid(x * slope);
  }
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>&) {
    return gated(x, gate(x));
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>&) {
    const T s = gate(v);
    const T slope = static_cast<T>(1.59576912160573071176) +
                    static_cast<T>(0.21406444881780075) * v * v;
    return s + gated(v * slope, s * (1 - s));
  }
};

// x sigmoid(b x)
template <typename T>
NRT_INLINE T swish(T x, T b) {
  return gated(x, math::sigmoid(b * x));
}
template <typename T>
NRT_INLINE T swish_derivative(T v, T b) {
  const T s = math::sigmoid(b * v);
  return s + gated(b * v, s * (1 - s));
}
NRT_UNARY(Silu, kInput, swish(x, static_cast<T>(1)), swish_derivative(v, static_cast<T>(1)))
NRT_UNARY(Swish, kInput, swish(x, p.p0), swish_derivative(v, p.p0))

// x tanh(softplus x) = x n / (n + 2), n = e (e + 2), e = exp x; above 20 (40) the ratio is 1.
struct Mish {
  static constexpr int needs = kInput;
  template <typename T>
  static NRT_INLINE T exponential(T x) {
    constexpr T kOne = sizeof(T) == 4 ? 20 : 40;
    return math::exp(x > kOne ? kOne : x);
  }
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>&) {
    const T e = exponential(x), n = e * (e + 2);
    return gated(x, n / (n + 2));
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>&) {
    const T e = exponential(v), n = e * (e + 2), d = n + 2;
    constexpr T kFlat = sizeof(T) == 4 ? 20 : 40;
    const T bend = gated(v, 4 * e * (1 + e) / (d * d));
    return n / d + (v >= kFlat ? static_cast<T>(0) : bend);
  }
};

// (e^(a x) - e^(-b x)) / (e^(c x) + e^(-d x)), everything divided by the larger part below.
struct Smht {
  static constexpr int needs = kInput;
  template <typename T>
  struct Parts {
    T rise, fall, up, down;
  };
  template <typename T>
  static NRT_INLINE Parts<T> parts(T x, const Params<T>& p) {
    const T at = math::clamp(x, static_cast<T>(-1e30), static_cast<T>(1e30));
    const T c = p.p2 * at, d = -p.p3 * at;
    const T top = c < d ? d : c;
    return {math::exp(p.p0 * at - top), math::exp(-p.p1 * at - top), math::exp(c - top),
            math::exp(d - top)};
  }
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>& p) {
    const Parts<T> e = parts(x, p);
    return (e.rise - e.fall) / (e.up + e.down);
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>& p) {
    const Parts<T> e = parts(v, p);
    const T below = e.up + e.down;
    const T y = (e.rise - e.fall) / below;
    return (p.p0 * e.rise + p.p1 * e.fall - y * (p.p2 * e.up - p.p3 * e.down)) / below;
  }
};

// (x + sqrt(x^2 + b)) / 2; below 0 by the other root, which does not cancel.
struct Squareplus {
  static constexpr int needs = kInput;
  template <typename T>
  static NRT_INLINE T root(T x, T b) {
    constexpr T kLarge = static_cast<T>(sizeof(T) == 4 ? 1e18 : 1e150);
    const T size = math::magnitude(x);
    return size > kLarge ? size : rare::sqrt(x * x + b);
  }
  template <typename T>
  static NRT_INLINE T forward(T x, const Params<T>& p) {
    const T h = root(x, p.p0);
    return static_cast<T>(0.5) * (x < 0 ? p.p0 / (h - x) : x + h);
  }
  template <typename T>
  static NRT_INLINE T derivative(T v, const Params<T>& p) {
    const T bounded = finite(v), h = root(bounded, p.p0);
    return static_cast<T>(0.5) * (1 + (h == 0 ? static_cast<T>(0) : bounded / h));
  }
};

#undef NRT_UNARY

}  // namespace unary
}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
