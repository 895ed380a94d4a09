// Square blocks transposed in registers, by the size of an element.
//   to[c * down + r] = from[r * across + c],  0 <= r, c < TransposeBlock<bytes>::kSide
// Steps count elements.
#pragma once

#include "core/kernel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Any size, any machine.
template <int kBytes>
struct TransposeBlock {
  static constexpr int64_t kSide = 8;
  template <typename E>
  static void run(E* NRT_RESTRICT to, int64_t down, const E* NRT_RESTRICT from, int64_t across) {
    for (int64_t r = 0; r < kSide; ++r) {
      for (int64_t c = 0; c < kSide; ++c) to[c * down + r] = from[r * across + c];
    }
  }
};

#if defined(__SSE2__)

inline __m128i load_half(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

#if defined(__AVX2__)

inline __m256i load_halves(const void* low, const void* high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(load_half(low)), load_half(high), 1);
}
inline void store_row(void* to, __m256i row) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), row);
}

// Rows r and r + 4 share a register from the load on, so nothing crosses its halves.
template <>
struct TransposeBlock<4> {
  static constexpr int64_t kSide = 8;
  template <typename E>
  static void run(E* to, int64_t down, const E* from, int64_t across) {
    for (int64_t c = 0; c < 8; c += 4) {
      const E* x = from + c;
      E* y = to + c * down;
      const __m256i a = load_halves(x, x + 4 * across);
      const __m256i b = load_halves(x + across, x + 5 * across);
      const __m256i d = load_halves(x + 2 * across, x + 6 * across);
      const __m256i e = load_halves(x + 3 * across, x + 7 * across);
      const __m256i ab = _mm256_unpacklo_epi32(a, b), ab2 = _mm256_unpackhi_epi32(a, b);
      const __m256i de = _mm256_unpacklo_epi32(d, e), de2 = _mm256_unpackhi_epi32(d, e);
      store_row(y, _mm256_unpacklo_epi64(ab, de));
      store_row(y + down, _mm256_unpackhi_epi64(ab, de));
      store_row(y + 2 * down, _mm256_unpacklo_epi64(ab2, de2));
      store_row(y + 3 * down, _mm256_unpackhi_epi64(ab2, de2));
    }
  }
};

template <>
struct TransposeBlock<8> {
  static constexpr int64_t kSide = 4;
  template <typename E>
  static void run(E* to, int64_t down, const E* from, int64_t across) {
    for (int64_t c = 0; c < 4; c += 2) {
      const E* x = from + c;
      const __m256i a = load_halves(x, x + 2 * across);
      const __m256i b = load_halves(x + across, x + 3 * across);
      store_row(to + c * down, _mm256_unpacklo_epi64(a, b));
      store_row(to + (c + 1) * down, _mm256_unpackhi_epi64(a, b));
    }
  }
};

#else

template <>
struct TransposeBlock<4> {
  static constexpr int64_t kSide = 4;
  template <typename E>
  static void run(E* to, int64_t down, const E* from, int64_t across) {
    const __m128i a = load_half(from), b = load_half(from + across);
    const __m128i d = load_half(from + 2 * across), e = load_half(from + 3 * across);
    const __m128i ab = _mm_unpacklo_epi32(a, b), ab2 = _mm_unpackhi_epi32(a, b);
    const __m128i de = _mm_unpacklo_epi32(d, e), de2 = _mm_unpackhi_epi32(d, e);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi64(ab, de));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + down), _mm_unpackhi_epi64(ab, de));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * down), _mm_unpacklo_epi64(ab2, de2));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 3 * down), _mm_unpackhi_epi64(ab2, de2));
  }
};

#endif

// Bytes: interleaving rows r and r + 8 four times is a transposition.
template <>
struct TransposeBlock<1> {
  static constexpr int64_t kSide = 16;
  template <typename E>
  static void run(E* to, int64_t down, const E* from, int64_t across) {
    __m128i rows[16], mixed[16];
    for (int64_t r = 0; r < 16; ++r) rows[r] = load_half(from + r * across);
    for (int step = 0; step < 4; ++step) {
      for (int r = 0; r < 8; ++r) {
        mixed[2 * r] = _mm_unpacklo_epi8(rows[r], rows[r + 8]);
        mixed[2 * r + 1] = _mm_unpackhi_epi8(rows[r], rows[r + 8]);
      }
      for (int r = 0; r < 16; ++r) rows[r] = mixed[r];
    }
    for (int64_t r = 0; r < 16; ++r) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + r * down), rows[r]);
    }
  }
};

template <>
struct TransposeBlock<2> {
  static constexpr int64_t kSide = 8;
  template <typename E>
  static void run(E* to, int64_t down, const E* from, int64_t across) {
    __m128i rows[8], mixed[8];
    for (int64_t r = 0; r < 8; ++r) rows[r] = load_half(from + r * across);
    for (int step = 0; step < 3; ++step) {
      for (int r = 0; r < 4; ++r) {
        mixed[2 * r] = _mm_unpacklo_epi16(rows[r], rows[r + 4]);
        mixed[2 * r + 1] = _mm_unpackhi_epi16(rows[r], rows[r + 4]);
      }
      for (int r = 0; r < 8; ++r) rows[r] = mixed[r];
    }
    for (int64_t r = 0; r < 8; ++r) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + r * down), rows[r]);
    }
  }
};

#endif

// to[c * down + r] = from[r * across + c] for any numbers of rows and columns.
template <typename E>
inline void transpose_tile(E* to, int64_t down, const E* from, int64_t across, int64_t rows,
                           int64_t columns) {
  using Block = TransposeBlock<sizeof(E)>;
  constexpr int64_t kSide = Block::kSide;
  const int64_t whole_rows = rows / kSide * kSide, whole_columns = columns / kSide * kSide;
  for (int64_t r = 0; r < whole_rows; r += kSide) {
    for (int64_t c = 0; c < whole_columns; c += kSide) {
      Block::run(to + c * down + r, down, from + r * across + c, across);
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c) {
      to[c * down + r] = from[r * across + c];
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
