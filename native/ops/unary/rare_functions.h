// Functions that unary ops take from the C library, one element at a time, under one name for float
// and double; digamma and trigamma, which C lacks. sqrt and the roundings become instructions.
#pragma once

#include "core/kernel_math.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {
namespace rare {

#define NRT_RARE(name, libm)                                                      \
  NRT_INLINE float name(float x) { return __builtin_##libm##f(x); }               \
  NRT_INLINE double name(double x) { return __builtin_##libm(x); }

NRT_RARE(sqrt, sqrt)
NRT_RARE(log10, log10)
NRT_RARE(sin, sin)
NRT_RARE(cos, cos)
NRT_RARE(tan, tan)
NRT_RARE(asin, asin)
NRT_RARE(acos, acos)
NRT_RARE(atan, atan)
NRT_RARE(sinh, sinh)
NRT_RARE(cosh, cosh)
NRT_RARE(asinh, asinh)
NRT_RARE(acosh, acosh)
NRT_RARE(atanh, atanh)
NRT_RARE(round_even, rint)  // the rounding mode is never changed: half to even
NRT_RARE(floor, floor)
NRT_RARE(ceil, ceil)
NRT_RARE(trunc, trunc)

#undef NRT_RARE

NRT_INLINE float pow(float x, float e) { return __builtin_powf(x, e); }
NRT_INLINE double pow(double x, double e) { return __builtin_pow(x, e); }

// lgamma writes the global signgam: a data race between threads, where there is another way.
inline double lgamma(double x) {
#if defined(__GLIBC__) || defined(__APPLE__)
  int sign;
  return ::lgamma_r(x, &sign);
#else
  return __builtin_lgamma(x);
#endif
}
inline float lgamma(float x) { return static_cast<float>(lgamma(static_cast<double>(x))); }

constexpr double kPi = 3.14159265358979323846;

// Upwards by recurrence to 10, then the asymptotic series; below 0 by reflection. Poles give NaN,
// but 0 the infinity of its side.
inline double digamma(double x) {
  if (x == 0) return math::with_sign(__builtin_inf(), -x);
  if (x < 0 && x == __builtin_floor(x)) return __builtin_nan("");
  double shift = 0;
  if (x < 0) {
    const double fraction = x - __builtin_floor(x);
    shift = -kPi / __builtin_tan(kPi * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) shift -= 1 / x;
  const double z = 1 / (x * x);
  const double series = math::poly(z, 1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132,
                                   -691.0 / 32760, 1.0 / 12);
  return shift + (math::log(x) - 0.5 / x - z * series);
}
inline float digamma(float x) { return static_cast<float>(digamma(static_cast<double>(x))); }

// The derivative of digamma.
inline double trigamma(double x) {
  if (x <= 0 && x == __builtin_floor(x)) return __builtin_inf();
  double shift = 0, sign = 1;
  if (x < 0) {
    const double s = __builtin_sin(kPi * (x - __builtin_floor(x)));
    shift = kPi * kPi / (s * s);
    sign = -1;
    x = 1 - x;
  }
  double sum = 0;
  for (; x < 10; x += 1) sum += 1 / (x * x);
  const double z = 1 / (x * x);
  const double series = math::poly(z, 1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66,
                                   -691.0 / 2730, 7.0 / 6);
  return shift + sign * (sum + (1 / x + 0.5 * z + z / x * series));
}
inline float trigamma(float x) { return static_cast<float>(trigamma(static_cast<double>(x))); }

}  // namespace rare
}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
