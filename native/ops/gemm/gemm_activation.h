// The activations that gemm applies to its output: ReLU in the registers of the micro-kernel,
// sigmoid and tanh on the tile just stored (it is still in L1).
//
//   expm1(x) = 2^n (q + 1) - 1,  n = round(x / ln 2),  q = Taylor polynomial of expm1 at x - n ln 2
//   sigmoid(x) = 1 / (1 + exp(-x)),   tanh|x| = e / (e + 2) with e = expm1(2|x|)
//
// The rest |x - n ln 2| <= 0.3466 leaves a truncation error below half a unit in the last place at
// degree 7 (float32) and 13 (float64).
#pragma once

#include "ops/gemm/gemm_simd.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Codes of ops/unary/unary.h, which kernel files do not see; gemm.cc asserts that they agree.
enum { kIdentity = 0, kRelu = 40, kSigmoid = 51, kTanh = 55 };

template <typename T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kLog2e = 1.44269504088896341f;
  static constexpr float kLn2High = 0.693359375f;
  static constexpr float kLn2Low = -2.12194440054690583e-4f;
  static constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float kLow = -87.0f, kHigh = 88.37f, kTanhEnd = 20.0f;
  static constexpr int kMantissaBits = 23, kExponentBias = 127, kDegree = 7;
};

template <>
struct ExpConstants<double> {
  static constexpr double kLog2e = 1.44269504088896341;
  static constexpr double kLn2High = 6.93147180369123816490e-01;
  static constexpr double kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLow = -708.0, kHigh = 709.4, kTanhEnd = 44.0;
  static constexpr int kMantissaBits = 52, kExponentBias = 1023, kDegree = 13;
};

template <typename V>
inline V relu(V v) {
  return v > 0 ? v : (v != v ? v : V{});  // NaN stays NaN
}

// x = n ln 2 + r: returns 2^n and sets q = expm1(r). NaN passes through q.
template <typename T>
inline VectorOf<T> exp_parts(VectorOf<T> x, VectorOf<T>* q) {
  using V = VectorOf<T>;
  using I = typename Simd<T>::I;
  using C = ExpConstants<T>;
  const V low = splat<T>(C::kLow), high = splat<T>(C::kHigh);
  x = x < low ? low : x;
  x = x > high ? high : x;
  const V shifted = x * C::kLog2e + C::kRound;
  const V n = shifted - C::kRound;
  V r = x - n * C::kLn2High;
  r = r - n * C::kLn2Low;
  T factorial = 1;
  for (int i = 2; i <= C::kDegree; ++i) factorial *= static_cast<T>(i);
  V p = splat<T>(1 / factorial);
#pragma GCC unroll 16
  for (int i = C::kDegree; i >= 3; --i) {
    factorial /= static_cast<T>(i);
    p = p * r + splat<T>(1 / factorial);
  }
  *q = p * r * r + r;
  const V zero_shift = splat<T>(C::kRound);
  const I exponent = reinterpret_cast<I>(shifted) - reinterpret_cast<I>(zero_shift);
  return reinterpret_cast<V>((exponent + C::kExponentBias) << C::kMantissaBits);
}

template <typename T>
inline VectorOf<T> sigmoid(VectorOf<T> x) {
  VectorOf<T> q;
  const VectorOf<T> s = exp_parts<T>(-x, &q);
  return T(1) / (T(1) + (s + s * q));
}

template <typename T>
inline VectorOf<T> tanh_of(VectorOf<T> x) {
  using V = VectorOf<T>;
  using I = typename Simd<T>::I;
  const V minus_zero = splat<T>(T(-0.0));
  const I sign = reinterpret_cast<I>(x) & reinterpret_cast<I>(minus_zero);
  const V magnitude = reinterpret_cast<V>(reinterpret_cast<I>(x) ^ sign);
  const V end = splat<T>(ExpConstants<T>::kTanhEnd);
  V y = magnitude + magnitude;
  y = y > end ? end : y;
  V q;
  const V s = exp_parts<T>(y, &q);
  const V e = s * q + (s - T(1));
  return reinterpret_cast<V>(reinterpret_cast<I>(e / (e + T(2))) | sign);
}

template <typename T>
inline VectorOf<T> activate(VectorOf<T> v, int32_t activation) {
  switch (activation) {
    case kRelu: return relu(v);
    case kSigmoid: return sigmoid<T>(v);
    case kTanh: return tanh_of<T>(v);
    default: return v;
  }
}

template <typename T>
__attribute__((noinline)) void activate_rows(T* c, int64_t ldc, int64_t rows, int64_t columns,
                                             int32_t activation) {
  for (int64_t i = 0; i < rows; ++i) {
    T* row = c + i * ldc;
    int64_t j = 0;
    for (; j + kLanes<T> <= columns; j += kLanes<T>) {
      store(row + j, activate<T>(load(row + j), activation));
    }
    if (j < columns) {
      const int last = static_cast<int>(columns - j);
      store_part(row + j, activate<T>(load_part(row + j, last), activation), last);
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
