// Stores of results that are larger than the caches: past them, so that no line is read only to be
// overwritten (a third of the traffic of a copy) and what the caches hold stays.
#pragma once

#include "core/vector_of.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Below this the next op finds the result in the last-level cache, which is worth more.
constexpr int64_t kStreamBytes = 8 << 20;

#if defined(__x86_64__)
constexpr bool kCanStream = true;
#else
constexpr bool kCanStream = false;  // no such store in plain C++, and none measured
#endif

inline bool worth_streaming(int64_t bytes) { return kCanStream && bytes >= kStreamBytes; }
// The same for rows of `row_bytes` from `to` on that are written by whole vectors.
inline bool rows_worth_streaming(const void* to, int64_t rows, int64_t row_bytes) {
  return row_bytes % 64 == 0 && reinterpret_cast<uintptr_t>(to) % 64 == 0 &&
         worth_streaming(rows * row_bytes);
}

// Stores a vector past the caches, at a multiple of its size (a single value: as ever). Best mixed with
// the loads it depends on: a burst of such stores holds up the loads behind it.
template <typename V, typename T>
inline __attribute__((always_inline)) void stream_as(T* to, const V& v) {
#if defined(NRT_ISA_AVX512)
  if constexpr (sizeof(V) == 64) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), load_as<__m512i>(&v));
    return;
  }
#endif
#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_AVX2)
  if constexpr (sizeof(V) == 32) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to), load_as<__m256i>(&v));
    return;
  }
#endif
#if defined(__x86_64__)
  if constexpr (sizeof(V) == 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to), load_as<__m128i>(&v));
    return;
  }
#endif
  store_as(to, v);
}

// After its last such store a thread calls this before others may read.
inline void stream_done() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
