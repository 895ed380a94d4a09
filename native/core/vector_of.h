// Vectors of the level's width for kernels that hold sums in registers. All functions also take a
// single value in the vector's place, so that one generic body serves a loop and its tail.
#pragma once

#include "core/kernel.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512)
constexpr int kVectorOfBytes = 64;
#elif defined(NRT_ISA_AVX2)
constexpr int kVectorOfBytes = 32;
#else
constexpr int kVectorOfBytes = 16;
#endif

template <typename T>
struct VectorType {
  typedef T type __attribute__((vector_size(kVectorOfBytes)));
};
template <typename T>
using VectorOf = typename VectorType<T>::type;
template <typename T>
constexpr int64_t kLanesOf = kVectorOfBytes / static_cast<int64_t>(sizeof(T));

template <typename V, typename T>
inline __attribute__((always_inline)) V load_as(const T* from) {
  V v;
  memcpy(&v, from, sizeof(V));
  return v;
}

template <typename V, typename T>
inline __attribute__((always_inline)) void store_as(T* to, const V& v) {
  memcpy(to, &v, sizeof(V));
}

// Four vectors at a time, then one, then single values: body(i, V{}) for each of [0, n).
template <typename T, typename F>
inline __attribute__((always_inline)) void each_vector(int64_t n, const F& body) {
  constexpr int64_t lanes = kLanesOf<T>;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    body(i, VectorOf<T>{});
    body(i + lanes, VectorOf<T>{});
    body(i + 2 * lanes, VectorOf<T>{});
    body(i + 3 * lanes, VectorOf<T>{});
  }
  for (; i + lanes <= n; i += lanes) body(i, VectorOf<T>{});
  for (; i < n; ++i) body(i, T{});
}

// Sum of the lanes: halves are added down to two lanes or four.
template <typename T>
inline __attribute__((always_inline)) T sum_of(const VectorOf<T>& v) {
  typedef T Half __attribute__((vector_size(kVectorOfBytes / 2)));
  constexpr int64_t lanes = kLanesOf<T>;
  T lane[lanes];
  memcpy(lane, &v, sizeof(v));
  const Half half = load_as<Half>(lane) + load_as<Half>(lane + lanes / 2);
  if constexpr (lanes <= 4) {
    return lanes == 2 ? half[0] : half[0] + half[lanes / 2 - 1];
  } else {
    typedef T Quarter __attribute__((vector_size(kVectorOfBytes / 4)));
    memcpy(lane, &half, sizeof(half));
    const Quarter quarter = load_as<Quarter>(lane) + load_as<Quarter>(lane + lanes / 4);
    T even = 0, odd = 0;
    for (int64_t j = 0; j < lanes / 4; j += 2) {
      even += quarter[j];
      odd += quarter[j + 1];
    }
    return even + odd;
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
