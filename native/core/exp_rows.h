// Rows of exponentials for softmax and its relatives: exp(x - shift), whole vectors at a time, the last one
// padded with minus infinity, so that no row ends in a loop over single values. For kernel files only.
#pragma once

#include "core/kernel_math.h"

#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_AVX2)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512)
constexpr int kExpBytes = 64;
#elif defined(NRT_ISA_AVX2)
constexpr int kExpBytes = 32;
#else
constexpr int kExpBytes = 16;
#endif

template <typename T>
struct ExpRow {
  typedef T V __attribute__((vector_size(kExpBytes)));
  typedef T Unaligned __attribute__((vector_size(kExpBytes), aligned(sizeof(T)), may_alias));
  static constexpr int64_t kCount = kExpBytes / static_cast<int64_t>(sizeof(T));
};
template <typename T>
using ExpVector = typename ExpRow<T>::V;

template <typename T>
NRT_INLINE ExpVector<T> load_whole(const T* from) {
  return *reinterpret_cast<const typename ExpRow<T>::Unaligned*>(from);
}
template <typename T>
NRT_INLINE void store_whole(T* to, ExpVector<T> v) {
  *reinterpret_cast<typename ExpRow<T>::Unaligned*>(to) = v;
}
// The first `count` values; minus infinity behind them, whose exponential is 0.
template <typename T>
NRT_INLINE ExpVector<T> load_first(const T* from, int64_t count) {
#if defined(NRT_ISA_AVX512)
  if constexpr (sizeof(T) == 4) {
    const __mmask16 mask = static_cast<__mmask16>((1u << count) - 1u);
    return reinterpret_cast<ExpVector<T>>(_mm512_mask_loadu_ps(_mm512_set1_ps(-__builtin_inff()), mask, from));
  }
#endif
  ExpVector<T> v = ExpVector<T>{} - static_cast<T>(__builtin_inf());
  memcpy(&v, from, static_cast<size_t>(count) * sizeof(T));
  return v;
}
template <typename T>
NRT_INLINE void store_first(T* to, ExpVector<T> v, int64_t count) {
  if (count == ExpRow<T>::kCount) return store_whole(to, v);
#if defined(NRT_ISA_AVX512)
  if constexpr (sizeof(T) == 4) {
    return _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), reinterpret_cast<__m512>(v));
  }
#endif
  memcpy(to, &v, static_cast<size_t>(count) * sizeof(T));
}

template <int v>
struct Constant {
  static constexpr int value = v;
};

// All lanes as one value, halves with halves. In registers where rows of floats end: through memory the
// narrower loads would wait for the wide store.
template <typename T, typename F>
NRT_INLINE T fold(ExpVector<T> v, const F& join) {
#if defined(NRT_ISA_AVX512)
  if constexpr (sizeof(T) == 4) {
    const auto turned = [](ExpVector<T> x, auto by) {
      const __m512 all = reinterpret_cast<__m512>(x);
      return reinterpret_cast<ExpVector<T>>(_mm512_maskz_shuffle_f32x4(0xffff, all, all, decltype(by)::value));
    };
    v = join(v, turned(v, Constant<0x4e>()));
    v = join(v, turned(v, Constant<0xb1>()));
    return join(join(v[0], v[2]), join(v[1], v[3]));
  }
#elif defined(NRT_ISA_AVX2)
  if constexpr (sizeof(T) == 4) {
    const __m256 all = reinterpret_cast<__m256>(v);
    v = join(v, reinterpret_cast<ExpVector<T>>(_mm256_permute2f128_ps(all, all, 1)));
    return join(join(v[0], v[2]), join(v[1], v[3]));
  }
#endif
  T lane[ExpRow<T>::kCount];
  store_whole(lane, v);
  for (int64_t half = ExpRow<T>::kCount / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) lane[i] = join(lane[i], lane[i + half]);
  }
  return lane[0];
}
template <typename T>
NRT_INLINE T lane_sum_of(ExpVector<T> v) {
  return fold<T>(v, [](auto a, auto b) { return a + b; });
}
template <typename T>
NRT_INLINE T lane_max_of(ExpVector<T> v) {
  return fold<T>(v, [](auto a, auto b) { return a > b ? a : b; });
}

// e^x for x <= 0 or NaN, within 1 ULP.
NRT_INLINE ExpVector<float> exp_of(ExpVector<float> x) {
  using V = ExpVector<float>;
  using F = math::Format<float>;
  const V low = V{} + F::kExpLow;
  const V bounded = x < low ? low : x;  // a NaN stays
#if defined(NRT_ISA_AVX512)
  constexpr __mmask16 kAll = 0xffff;  // the forms without a mask make gcc 12 warn
  const V whole = reinterpret_cast<V>(
      _mm512_maskz_roundscale_ps(kAll, reinterpret_cast<__m512>(bounded * static_cast<float>(math::kLog2E)),
                                 _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
  // 2^-150 is no normal number: the factor is 2^(n + 64), then 2^-64.
  typedef uint32_t Bits __attribute__((vector_size(kExpBytes)));
  constexpr float kMagic = F::kMagic + 127 + 64;
  const V shifted = bounded * static_cast<float>(math::kLog2E) + kMagic;
  const V whole = shifted - kMagic;
#endif
  const V r = (bounded - whole * F::kLn2High) - whole * F::kLn2Low;
  V p = V{} + 1.392621347e-03f;
  p = p * r + 8.363202972e-03f;
  p = p * r + 4.166655444e-02f;
  p = p * r + 1.666657685e-01f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
#if defined(NRT_ISA_AVX512)
  return reinterpret_cast<V>(
      _mm512_maskz_scalef_ps(kAll, reinterpret_cast<__m512>(p), reinterpret_cast<__m512>(whole)));
#else
  return p * reinterpret_cast<V>(reinterpret_cast<Bits>(shifted) << 23) * math::from_bits<float>((127u - 64) << 23);
#endif
}
NRT_INLINE ExpVector<double> exp_of(ExpVector<double> x) {
  for (int64_t i = 0; i < ExpRow<double>::kCount; ++i) x[i] = math::exp(x[i]);
  return x;
}

// body(i, v, count) for the vectors of x [0, n): count values from i on, minus infinity behind them.
template <typename T, typename F>
NRT_INLINE void each_whole(const T* x, int64_t n, const F& body) {
  constexpr int64_t kCount = ExpRow<T>::kCount;
  int64_t i = 0;
  for (; i + kCount <= n; i += kCount) body(i, load_whole(x + i), kCount);
  if (i < n) body(i, load_first(x + i, n - i), n - i);
}

// Largest of x [0, n); a NaN is passed over (whatever is computed from the row will show it).
template <typename T>
inline T largest_of(const T* NRT_RESTRICT x, int64_t n) {
  using V = ExpVector<T>;
  constexpr int64_t kCount = ExpRow<T>::kCount;
  V best = V{} - static_cast<T>(__builtin_inf()), b = best, c = best, d = best;
  int64_t i = 0;
  for (; i + 4 * kCount <= n; i += 4 * kCount) {
    const V v0 = load_whole(x + i), v1 = load_whole(x + i + kCount), v2 = load_whole(x + i + 2 * kCount);
    const V v3 = load_whole(x + i + 3 * kCount);
    best = v0 > best ? v0 : best;
    b = v1 > b ? v1 : b;
    c = v2 > c ? v2 : c;
    d = v3 > d ? v3 : d;
  }
  each_whole(x + i, n - i, [&](int64_t, V v, int64_t) { best = v > best ? v : best; });
  best = b > best ? b : best;
  c = d > c ? d : c;
  return lane_max_of<T>(c > best ? c : best);
}

// Sum of exp(x - shift), shift not below the largest; body(i, exponentials, count) may store them.
template <typename T, typename F>
NRT_INLINE T sum_of_exp(const T* NRT_RESTRICT x, T shift, int64_t n, const F& body) {
  ExpVector<T> sum = {};
  each_whole(x, n, [&](int64_t i, ExpVector<T> v, int64_t count) {
    const ExpVector<T> e = exp_of(v - shift);
    sum += e;
    body(i, e, count);
  });
  return lane_sum_of<T>(sum);
}

// Values worked on before the next ones are read: they and their exponentials stay in L1.
constexpr int64_t kExpChunk = 2048;

// Largest value so far and the sum of exp(x - largest), chunk by chunk (Milakov & Gimelshein 2018): a row is
// read once, however long. Of minus infinity only: sum 0, largest minus infinity.
template <typename T>
struct RunningSum {
  T largest = -static_cast<T>(__builtin_inf()), sum = 0;

  // body(i, exp(x - largest now), count) for a chunk of at most kExpChunk values.
  template <typename F>
  NRT_INLINE void add(const T* x, int64_t n, const F& body) {
    const T found = largest_of(x, n);
    if (found > largest) {
      sum *= math::exp(largest - found);
      largest = found;
    }
    const T nothing = -static_cast<T>(__builtin_inf());
    sum += sum_of_exp(x, largest == nothing ? T(0) : largest, n, body);
  }

  void add_row(const T* x, int64_t n) {
    for (int64_t i = 0; i < n; i += kExpChunk) {
      add(x + i, min64(kExpChunk, n - i), [](int64_t, ExpVector<T>, int64_t) {});
    }
  }

  // log(sum(exp(x))); NaN of minus infinity only, as every library has it.
  T log_sum() const {
    const bool nothing = largest == -static_cast<T>(__builtin_inf());
    return nothing ? static_cast<T>(__builtin_nan("")) : largest + math::log(sum);
  }
};

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
