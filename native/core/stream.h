// Results that go past the caches. A store into a line that is not in the cache reads the line first:
// an output too large to stay there costs half as much again as the bytes it has. Only where the
// output is larger than any cache the next operation could find it in, and never in place.
#pragma once

#include "core/kernel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kStreamedOutput = int64_t{32} << 20;  // bytes
constexpr int64_t kStreamBlock = 1024;                  // bytes made in the cache before they leave it

// Ends a piece of streamed stores: others may read them afterwards.
inline void stream_fence() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

// memcpy whose target lines bypass the cache.
inline void stream_copy(void* to, const void* from, int64_t bytes) {
#if defined(__SSE2__)
  char* y = static_cast<char*>(to);
  const char* x = static_cast<const char*>(from);
  const int64_t head = min64(bytes, -reinterpret_cast<intptr_t>(y) & 63);
  if (head > 0) memcpy(y, x, static_cast<size_t>(head));
  int64_t i = head;
  for (; i + 64 <= bytes; i += 64) {
#if defined(__AVX512F__)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(y + i), _mm512_loadu_si512(x + i));
#elif defined(__AVX__)
    for (int k = 0; k < 64; k += 32) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(y + i + k),
                          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i + k)));
    }
#else
    for (int k = 0; k < 64; k += 16) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(y + i + k),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i + k)));
    }
#endif
  }
  if (i < bytes) memcpy(y + i, x + i, static_cast<size_t>(bytes - i));
#else
  memcpy(to, from, static_cast<size_t>(bytes));
#endif
}

// y[0, n) made by make(to, begin, count) block by block; stream_fence() must follow.
template <typename T, typename Make>
inline void stream_blocks(T* y, int64_t n, const Make& make) {
  constexpr int64_t kCount = kStreamBlock / static_cast<int64_t>(sizeof(T));
  alignas(64) T block[kCount];
  for (int64_t i = 0; i < n; i += kCount) {
    const int64_t count = min64(kCount, n - i);
    make(static_cast<T*>(block), i, count);
    stream_copy(y + i, block, count * static_cast<int64_t>(sizeof(T)));
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
