// The largest or smallest element of a run, in vectors of the level. A NaN wins over everything.
#pragma once

#include "core/kernel.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(__AVX512F__)
constexpr int64_t kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int64_t kVectorBytes = 32;
#else
constexpr int64_t kVectorBytes = 16;
#endif
template <typename T>
struct VectorOf {
  typedef T Type __attribute__((vector_size(kVectorBytes)));
  static constexpr int64_t lanes = kVectorBytes / static_cast<int64_t>(sizeof(T));
};

// Whether a takes the place of b, for numbers and for vectors.
template <bool kLargest, typename V>
inline auto beats(V a, V b) {
  return (kLargest ? a > b : a < b) | (a != a);
}

template <typename T, bool kLargest>
inline T extreme_start() {
  if (static_cast<T>(0.5) != 0) {
    return kLargest ? -static_cast<T>(__builtin_inf()) : static_cast<T>(__builtin_inf());
  }
  const T most = sizeof(T) == 8 ? static_cast<T>(INT64_MAX) : sizeof(T) == 4 ? static_cast<T>(INT32_MAX)
                                                                             : static_cast<T>(255);
  return kLargest ? (sizeof(T) == 1 ? T(0) : static_cast<T>(-most - 1)) : most;
}

template <bool kLargest, typename T>
inline T extreme_of(const T* x, int64_t n) {
  using V = typename VectorOf<T>::Type;
  constexpr int64_t kLaneCount = VectorOf<T>::lanes, kVectors = 4;
  V best[kVectors];
  for (V& b : best) b = V{} + extreme_start<T, kLargest>();
  int64_t i = 0;
  for (; i + kVectors * kLaneCount <= n; i += kVectors * kLaneCount) {
    for (int64_t k = 0; k < kVectors; ++k) {
      V v;
      memcpy(&v, x + i + k * kLaneCount, sizeof v);
      best[k] = beats<kLargest>(v, best[k]) ? v : best[k];
    }
  }
  for (; i + kLaneCount <= n; i += kLaneCount) {
    V v;
    memcpy(&v, x + i, sizeof v);
    best[0] = beats<kLargest>(v, best[0]) ? v : best[0];
  }
  for (int64_t k = 1; k < kVectors; ++k) {
    best[0] = beats<kLargest>(best[k], best[0]) ? best[k] : best[0];
  }
  T all = best[0][0];
  for (int64_t j = 1; j < kLaneCount; ++j) {
    const T v = best[0][j];
    all = beats<kLargest>(v, all) ? v : all;
  }
  for (; i < n; ++i) all = beats<kLargest>(x[i], all) ? x[i] : all;
  return all;
}

// best[j] joined with column j of all rows.
template <bool kLargest, typename T>
inline void extreme_of_rows(const T* x, int64_t stride, int64_t rows, int64_t width, T* best) {
  using V = typename VectorOf<T>::Type;
  constexpr int64_t kLaneCount = VectorOf<T>::lanes;
  const int64_t whole = width / kLaneCount * kLaneCount;
  for (int64_t r = 0; r < rows; ++r) {
    const T* row = x + r * stride;
    for (int64_t j = 0; j < whole; j += kLaneCount) {
      V v, b;
      memcpy(&v, row + j, sizeof v);
      memcpy(&b, best + j, sizeof b);
      b = beats<kLargest>(v, b) ? v : b;
      memcpy(best + j, &b, sizeof b);
    }
    for (int64_t j = whole; j < width; ++j) best[j] = beats<kLargest>(row[j], best[j]) ? row[j] : best[j];
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
