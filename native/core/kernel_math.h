// exp, log and their relatives for float and double as straight-line code, so that every loop that
// calls them vectorises on every ISA level (the C library's versions are calls). Within 1 to 3 ULP;
// overflow, underflow, infinities and NaN as in C; branch-free: both sides are computed and selected.
// Clamps are written so that a NaN falls through. Coefficients: interpolation at Chebyshev nodes in
// 60-digit arithmetic.
#pragma once

#include "core/kernel.h"

#ifdef __CUDACC__
#define NRT_INLINE __host__ __device__ __forceinline__
#else
#define NRT_INLINE inline __attribute__((always_inline))
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {
namespace math {

template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kMantissa = 23;
  static constexpr uint32_t kBias = 127;
  static constexpr float kMax = 3.402823466e+38f;
  static constexpr float kMinNormal = 1.17549435e-38f;
  // Adding it leaves a small float rounded to an integer in the low mantissa bits.
  static constexpr float kMagic = 12582912.0f;
  static constexpr uint32_t kMagicBits = 0x4b400000u;
  static constexpr uint32_t kRootHalf = 0x3f3504f3u;  // bits of sqrt(1/2)
  static constexpr float kLn2High = 0.693145751953125f, kLn2Low = 1.428606820309417e-6f;
  static constexpr float kExpHigh = 89.0f, kExpLow = -104.0f;  // beyond: infinity, 0
  static constexpr uint32_t kHalfRange = 64;  // 2^-150 and 2^128 are 2^+-64 times a normal number
  static constexpr float kExpm1Low = -20.0f;                   // below: -1
  static constexpr float kErfcHigh = 10.5f;                    // beyond: 0
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr uint64_t kBias = 1023;
  static constexpr double kMax = 1.7976931348623157e+308;
  static constexpr double kMinNormal = 2.2250738585072014e-308;
  static constexpr double kMagic = 6755399441055744.0;
  static constexpr uint64_t kMagicBits = 0x4338000000000000ull;
  static constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcdull;
  static constexpr double kLn2High = 6.93147180369123816490e-01;
  static constexpr double kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kExpHigh = 710.0, kExpLow = -746.0;
  static constexpr uint64_t kHalfRange = 512;
  static constexpr double kExpm1Low = -40.0;
  static constexpr double kErfcHigh = 27.5;
};

constexpr double kLog2E = 1.44269504088896340736;
constexpr double kRootHalf = 0.70710678118654752440;

template <typename T>
NRT_INLINE typename Format<T>::Bits to_bits(T x) {
  typename Format<T>::Bits b;
  memcpy(&b, &x, sizeof b);
  return b;
}
template <typename T>
NRT_INLINE T from_bits(typename Format<T>::Bits b) {
  T x;
  memcpy(&x, &b, sizeof x);
  return x;
}

// c0 + c1 x + c2 x^2 ... (Horner).
template <typename T>
NRT_INLINE T poly(T, double c0) {
  return static_cast<T>(c0);
}
template <typename T, typename... Rest>
NRT_INLINE T poly(T x, double c0, double c1, Rest... rest) {
  return static_cast<T>(c0) + x * poly(x, c1, rest...);
}

template <typename T>
NRT_INLINE T magnitude(T x) {
  return from_bits<T>(to_bits(x) & (~static_cast<typename Format<T>::Bits>(0) >> 1));
}
// The magnitude of `value` with the sign of `sign`.
template <typename T>
NRT_INLINE T with_sign(T value, T sign) {
  using B = typename Format<T>::Bits;
  constexpr B kRest = ~static_cast<B>(0) >> 1;
  return from_bits<T>((to_bits(value) & kRest) | (to_bits(sign) & ~kRest));
}
template <typename T>
NRT_INLINE T clamp(T x, T low, T high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

// (e^r - 1 - r) / r^2 on |r| <= ln2 / 2.
NRT_INLINE float exp_tail(float r) {
  return poly(r, 5.000000014e-01, 1.666666668e-01, 4.166646420e-02, 8.333310845e-03,
              1.393373072e-03, 1.989108046e-04);
}
NRT_INLINE double exp_tail(double r) {
  return poly(r, 5.00000000000000000e-01, 1.66666666666666657e-01, 4.16666666666666782e-02,
              8.33333333333333322e-03, 1.38888888888790037e-03, 1.98412698412632520e-04,
              2.48015873366309486e-05, 2.75573192473445074e-06, 2.75572630773094101e-07,
              2.50520709598036621e-08, 2.09182123191339802e-09, 1.60866776667873623e-10);
}

// x = n ln2 + r; returns r, stores the exponent field of 2^(n + shift). The sum with kMagic holds
// n + bias + shift in its low bits, and moving those up to the field drops all the others.
template <typename T>
NRT_INLINE T reduce_exp(T x, int shift, typename Format<T>::Bits* power) {
  using F = Format<T>;
  const T magic = F::kMagic + static_cast<T>(static_cast<int>(F::kBias) + shift);
  const T shifted = x * static_cast<T>(kLog2E) + magic;
  *power = to_bits(shifted) << F::kMantissa;
  const T whole = shifted - magic;
  return (x - whole * F::kLn2High) - whole * F::kLn2Low;
}

template <typename T>
NRT_INLINE T exp(T x) {
  using F = Format<T>;
  using B = typename F::Bits;
  B power;
  const T r = reduce_exp(clamp(x, F::kExpLow, F::kExpHigh), static_cast<int>(F::kBias), &power);
  const T p = static_cast<T>(1) + r * (static_cast<T>(1) + r * exp_tail(r));
  // 2^n in two factors, so that results near overflow and subnormal ones come out right: 2^+-64 by
  // the sign of x (the two differ in the field's highest bit), and the rest.
  constexpr B kSign = ~(~static_cast<B>(0) >> 1);
  const B half = ((F::kBias + F::kHalfRange) << F::kMantissa) ^ ((to_bits(x) & kSign) >> 1);
  return p * from_bits<T>(power - half) * from_bits<T>(half);
}

// The same for x <= 0 (or NaN), in fewer operations.
template <typename T>
NRT_INLINE T exp_below(T x) {
  using F = Format<T>;
  typename F::Bits power;
  const T bounded = x < F::kExpLow ? F::kExpLow : x;
  const T r = reduce_exp(bounded, static_cast<int>(F::kHalfRange), &power);
  const T p = static_cast<T>(1) + r * (static_cast<T>(1) + r * exp_tail(r));
  return p * from_bits<T>(power) * from_bits<T>((F::kBias - F::kHalfRange) << F::kMantissa);
}

template <typename T>
NRT_INLINE T expm1(T x) {
  using F = Format<T>;
  typename F::Bits power;  // half of 2^n, because 2^128 itself is not a float
  const T r = reduce_exp(clamp(x, F::kExpm1Low, F::kExpHigh), -1, &power);
  const T tail = r + r * r * exp_tail(r);
  const T scale = from_bits<T>(power);
  return (scale * tail + (scale - static_cast<T>(0.5))) * 2;
}

template <typename T>
NRT_INLINE T expm1_below(T x) {
  using F = Format<T>;
  typename F::Bits power;
  const T r = reduce_exp(x < F::kExpm1Low ? F::kExpm1Low : x, 0, &power);
  const T tail = r + r * r * exp_tail(r);
  const T scale = from_bits<T>(power);
  return scale * tail + (scale - 1);
}

// log(1 + f) on [sqrt(1/2) - 1, sqrt(2) - 1].
NRT_INLINE float log_near_1(float f) {
  const float q = poly(f, 3.333333118e-01, -2.499999696e-01, 2.000071575e-01, -1.666780232e-01,
                       1.424905765e-01, -1.242568733e-01, 1.168541992e-01, -1.147973385e-01,
                       6.971611471e-02);
  const float square = f * f;
  return f - (0.5f * square - square * f * q);
}
NRT_INLINE double log_near_1(double f) {
  const double s = f / (2 + f), z = s * s;
  const double q =
      poly(z, 6.66666666666666630e-01, 4.00000000000008793e-01, 2.85714285708032534e-01,
           2.22222223917947270e-01, 1.81817956314982376e-01, 1.53862401724480680e-01,
           1.32687605620315147e-01, 1.30867576669992797e-01);
  const double half_square = 0.5 * f * f;
  return f - (half_square - s * (half_square + z * q));
}

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); x positive and finite. Returns m - 1.
template <typename T>
NRT_INLINE T split_log(T x, T* e) {
  using F = Format<T>;
  using B = typename F::Bits;
  const bool small = x < F::kMinNormal;
  const B bits = to_bits(small ? x * static_cast<T>(F::kMantissa == 23 ? 0x1p25 : 0x1p54) : x);
  const B exponent = ((bits - F::kRootHalf + (F::kBias << F::kMantissa)) >> F::kMantissa) - F::kBias;
  const B shift = small ? static_cast<B>(F::kMantissa == 23 ? 25 : 54) : 0;
  *e = from_bits<T>(F::kMagicBits + exponent - shift) - F::kMagic;
  return from_bits<T>(bits - (exponent << F::kMantissa)) - 1;
}

// What log gives outside (0, infinity), else `inside`.
template <typename T>
NRT_INLINE T log_edges(T x, T inside) {
  const T infinity = static_cast<T>(__builtin_inf());
  const T not_positive = x == 0 ? -infinity : x < 0 ? static_cast<T>(__builtin_nan("")) : x;
  return x > 0 && x < infinity ? inside : x > 0 ? x : not_positive;
}

template <typename T>
NRT_INLINE T log(T x) {
  T e;
  const T near = log_near_1(split_log(x, &e));
  return log_edges(x, e * Format<T>::kLn2High + (near + e * Format<T>::kLn2Low));
}

template <typename T>
NRT_INLINE T log2(T x) {
  T e;
  const T near = log_near_1(split_log(x, &e));
  return log_edges(x, e + near * static_cast<T>(kLog2E));
}

template <typename T>
NRT_INLINE T log1p(T x) {
  const T u = x + 1;
  // The rounding error of 1 + x, to first order; meaningless at the ends of the range.
  const T lost = (x - (u - 1)) / u;
  return log(u) + (u > 0 && u <= Format<T>::kMax ? lost : 0);
}

template <typename T>
NRT_INLINE T tanh(T x) {
  const T t = expm1_below(magnitude(x) * -2);
  return with_sign(t / (2 + t), x);
}

template <typename T>
NRT_INLINE T sigmoid(T x) {
  const T e = exp_below(-magnitude(x));
  return (x >= 0 ? static_cast<T>(1) : e) / (1 + e);
}

// log(1 + e^x). 1 + e^-|x| is in [1, 2], so log's edges need no test; a NaN arrives through `lost`.
template <typename T>
NRT_INLINE T softplus(T x) {
  const T small = exp_below(-magnitude(x));
  const T u = 1 + small;
  const T lost = (small - (u - 1)) / u;
  T e;
  const T near = log_near_1(split_log(u, &e));
  const T tail = e * Format<T>::kLn2High + (near + e * Format<T>::kLn2Low) + lost;
  return (x < 0 ? static_cast<T>(0) : x) + tail;
}

// erfc(z) e^(z^2) / u with u = 1 / (1 + k z), 0 <= z <= kErfcHigh.
NRT_INLINE float erfc_factor(float z) {
  const float u = 1 / (1 + 0.35f * z);
  return u * poly(u, 1.974847275e-01, 1.971134837e-01, 1.881593563e-01, 1.497675571e-01,
                  1.507353006e-01, 7.726273482e-02, -1.485844487e-02, 1.710619049e-01,
                  -1.542088600e-01, 3.748224488e-02);
}
NRT_INLINE double erfc_factor(double z) {
  const double u = 1 / (1 + 0.3 * z);
  return u * poly(u, 1.69256875068293761e-01, 1.69256874779645100e-01, 1.61640325177234090e-01,
                  1.46407001312575030e-01, 1.24588553149366080e-01, 9.82028711815115113e-02,
                  7.04408254104593318e-02, 4.21425732146920098e-02, 2.94309469658723677e-02,
                  -2.68469100634273518e-02, 1.08132837534868312e-01, -3.15106561233580051e-01,
                  7.05430162624742230e-01, -1.33491601962445472e+00, 2.04641032870886619e+00,
                  -2.53020651661079654e+00, 2.49351443619296820e+00, -1.90578302506291064e+00,
                  1.09352576466152507e+00, -4.53229345530569983e-01, 1.28043023127341754e-01,
                  -2.20959389607233575e-02, 1.76091797650095375e-03);
}

// x^2 - square, square being x^2 rounded.
template <typename T>
NRT_INLINE T square_error(T x, T square) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDACC__)
  return sizeof(T) == 4 ? static_cast<T>(__builtin_fmaf(static_cast<float>(x), static_cast<float>(x),
                                                        -static_cast<float>(square)))
                        : static_cast<T>(__builtin_fma(x, x, -square));
#else
  using F = Format<T>;
  using B = typename F::Bits;
  const T high = from_bits<T>(to_bits(x) & ~((static_cast<B>(1) << (F::kMantissa / 2 + 1)) - 1));
  const T low = x - high;
  return (high * high - square) + low * (x + high);
#endif
}

// e^(-x^2); the rounding error of x^2 is put back, it would cost 100 ULP at the far end. The clamp
// keeps that error finite: a test of it afterwards would be a branch, and the loop scalar.
template <typename T>
NRT_INLINE T gaussian(T unbounded) {
  const T size = magnitude(unbounded);
  const T x = size > Format<T>::kErfcHigh ? Format<T>::kErfcHigh : size;
  const T square = x * x;
  const T value = exp_below(-square);
  return value - value * square_error(x, square);
}

template <typename T>
NRT_INLINE T erfc_positive(T z) {
  const T near = z > Format<T>::kErfcHigh ? Format<T>::kErfcHigh : z;
  return gaussian(z) * erfc_factor(near);
}

template <typename T>
NRT_INLINE T erfc(T x) {
  const T positive = erfc_positive(magnitude(x));
  return x < 0 ? 2 - positive : positive;
}

// erf(x) / x in z = x^2 <= 1.
NRT_INLINE float erf_series(float z) {
  return poly(z, 1.128379167e+00, -3.761263847e-01, 1.128378250e-01, -2.686543073e-02,
              5.221031808e-03, -8.484080406e-04, 1.126595903e-04, -9.667044571e-06);
}
NRT_INLINE double erf_series(double z) {
  return poly(z, 1.12837916709551256e+00, -3.76126389031837538e-01, 1.12837916709551206e-01,
              -2.68661706451298402e-02, 5.22397762542329853e-03, -8.54832702193482970e-04,
              1.20553329028887357e-04, -1.49256475675193321e-05, 1.64620454414684182e-06,
              -1.63646421581676160e-07, 1.47924012094048135e-08, -1.21645600572834498e-09,
              8.70904512905310619e-11, -4.23094582429533771e-12);
}

template <typename T>
NRT_INLINE T erf(T x) {
  const T size = magnitude(x);
  const T small = size > 1 ? static_cast<T>(1) : size;
  const T large = with_sign(1 - erfc_positive(size), x);
  return size > 1 ? large : x * erf_series(small * small);
}

}  // namespace math
}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
