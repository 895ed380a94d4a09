// The functions of recurrent gates on vectors. They run once per unit and step, beside products that are at
// the arithmetic peak, so every instruction counts: arguments are reduced once, exponents are added to the
// bits, and clamps keep overflow away (a gate below e^-87 stays there, which changes no float32 sum).
#pragma once

#include "ops/gemm/gemm_activation.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#define NRT_GATE_INLINE inline __attribute__((always_inline))

// Vectors of units, the last one partly filled.
template <typename T, bool kPart>
struct UnitLanes {
  int valid;

  NRT_GATE_INLINE VectorOf<T> get(const T* p) const { return kPart ? load_part(p, valid) : load(p); }
  NRT_GATE_INLINE void put(T* p, VectorOf<T> v) const {
    if (kPart) {
      store_part(p, v, valid);
    } else {
      store(p, v);
    }
  }
};

// units(row, lanes, j) for every row and every vector of `count` units, beginning at unit j. One loop over the
// rows, so that constants stay in registers.
template <typename T, int kUnits, typename F>
NRT_GATE_INLINE void for_row_lanes(int64_t rows, int64_t count, const F& units) {
  if (count == kUnits) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t j = 0; j < kUnits; j += kLanes<T>) units(r, UnitLanes<T, false>{kLanes<T>}, j);
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < count; j += kLanes<T>) {
      units(r, UnitLanes<T, true>{static_cast<int>(min64(kLanes<T>, count - j))}, j);
    }
  }
}

// max(low, x) and min(high, x); NaN falls through.
#if defined(NRT_ISA_AVX512)
NRT_GATE_INLINE VectorOf<float> at_least(VectorOf<float> low, VectorOf<float> x) {
  return reinterpret_cast<VectorOf<float>>(
      _mm512_maskz_max_ps(0xffff, reinterpret_cast<__m512>(low), reinterpret_cast<__m512>(x)));
}
NRT_GATE_INLINE VectorOf<float> at_most(VectorOf<float> high, VectorOf<float> x) {
  return reinterpret_cast<VectorOf<float>>(
      _mm512_maskz_min_ps(0xffff, reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(x)));
}
#elif defined(NRT_ISA_AVX2)
NRT_GATE_INLINE VectorOf<float> at_least(VectorOf<float> low, VectorOf<float> x) {
  return reinterpret_cast<VectorOf<float>>(
      _mm256_max_ps(reinterpret_cast<__m256>(low), reinterpret_cast<__m256>(x)));
}
NRT_GATE_INLINE VectorOf<float> at_most(VectorOf<float> high, VectorOf<float> x) {
  return reinterpret_cast<VectorOf<float>>(
      _mm256_min_ps(reinterpret_cast<__m256>(high), reinterpret_cast<__m256>(x)));
}
#else
NRT_GATE_INLINE VectorOf<float> at_least(VectorOf<float> low, VectorOf<float> x) { return low > x ? low : x; }
NRT_GATE_INLINE VectorOf<float> at_most(VectorOf<float> high, VectorOf<float> x) { return high < x ? high : x; }
#endif

// x = n ln 2 + r with whole n, x in [-87, 88]: returns n shifted to the exponent's place, q = e^r - 1.
// Polynomial: interpolation of (e^r - 1 - r) / r^2 at the Chebyshev nodes of |r| <= ln 2 / 2.
NRT_GATE_INLINE Simd<float>::I exp_steps(VectorOf<float> x, VectorOf<float>* q) {
  using C = ExpConstants<float>;
  const VectorOf<float> shifted = x * C::kLog2e + C::kRound;
  const VectorOf<float> n = shifted - C::kRound;
  VectorOf<float> r = x - n * C::kLn2High;
  r = r - n * C::kLn2Low;
  VectorOf<float> p = splat(1.39261835877e-3f) * r + 8.36317905272e-3f;
  p = p * r + 4.16665546172e-2f;
  p = p * r + 1.66665769897e-1f;
  p = p * r + 0.5f;
  *q = p * r * r + r;
  return reinterpret_cast<Simd<float>::I>(shifted) << C::kMantissaBits;
}

NRT_GATE_INLINE VectorOf<float> gate_sigmoid(VectorOf<float> x) {
  using I = Simd<float>::I;
  const VectorOf<float> low = splat(-87.0f), high = splat(87.0f);
  VectorOf<float> y = -x;
  y = at_most(high, at_least(low, y));
  VectorOf<float> q;
  const I exponent = exp_steps(y, &q);
  const VectorOf<float> near = q + 1.0f;
  const VectorOf<float> e = reinterpret_cast<VectorOf<float>>(reinterpret_cast<I>(near) + exponent);
  return 1.0f / (1.0f + e);
}

NRT_GATE_INLINE VectorOf<float> gate_tanh(VectorOf<float> x) {
  using I = Simd<float>::I;
  const VectorOf<float> minus_zero = splat(-0.0f), low = splat(-40.0f), one = splat(1.0f);
  const I sign = reinterpret_cast<I>(x) & reinterpret_cast<I>(minus_zero);
  VectorOf<float> y = -2.0f * reinterpret_cast<VectorOf<float>>(reinterpret_cast<I>(x) ^ sign);
  y = at_least(low, y);
  VectorOf<float> q;
  const I exponent = exp_steps(y, &q);
  const VectorOf<float> scale = reinterpret_cast<VectorOf<float>>(reinterpret_cast<I>(one) + exponent);
  const VectorOf<float> t = scale * q + (scale - 1.0f);  // e^(-2|x|) - 1
  return reinterpret_cast<VectorOf<float>>(reinterpret_cast<I>(-t / (t + 2.0f)) | sign);
}

NRT_GATE_INLINE VectorOf<double> gate_sigmoid(VectorOf<double> x) { return sigmoid<double>(x); }
NRT_GATE_INLINE VectorOf<double> gate_tanh(VectorOf<double> x) { return tanh_of<double>(x); }

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
