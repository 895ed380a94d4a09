// What the attention kernels are made of: packed tiles and their products. For kernel files only.
#pragma once

#include "core/kernel.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512)
constexpr int64_t kTileVectorBytes = 64;
constexpr int kTileRows = 8;
#elif defined(NRT_ISA_AVX2)
constexpr int64_t kTileVectorBytes = 32;
constexpr int kTileRows = 4;
#elif defined(NRT_ISA_NEON)
constexpr int64_t kTileVectorBytes = 16;
constexpr int kTileRows = 8;
#else
constexpr int64_t kTileVectorBytes = 16;
constexpr int kTileRows = 4;
#endif

// Queries and keys of one tile.
constexpr int64_t kTile = 64;

// The compiler's vector extension: arithmetic on it becomes FMA, one source for every level.
template <typename T>
struct TileVector {
  typedef T type __attribute__((vector_size(kTileVectorBytes)));
};
template <typename T>
constexpr int64_t kTileLanes = kTileVectorBytes / static_cast<int64_t>(sizeof(T));

inline int64_t round_up(int64_t n, int64_t step) { return div_up(n, step) * step; }
template <typename T>
inline int64_t lanes_up(int64_t n) {
  return round_up(n, kTileLanes<T>);
}
inline int64_t rows_up(int64_t n) { return round_up(n, kTileRows); }

// dst[rows_up(rows), ld] = factor * src, zeros beyond the rows and columns.
template <typename T>
void pack_rows(T* NRT_RESTRICT dst, int64_t ld, const T* NRT_RESTRICT src, int64_t stride, int64_t rows,
               int64_t cols, T factor) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) dst[r * ld + c] = src[r * stride + c] * factor;
    for (int64_t c = cols; c < ld; ++c) dst[r * ld + c] = 0;
  }
  for (int64_t i = rows * ld; i < rows_up(rows) * ld; ++i) dst[i] = 0;
}

// dst[cols, kTile] = src^T for at most kTile rows; zeros beyond the rows.
template <typename T>
void pack_columns(T* NRT_RESTRICT dst, const T* NRT_RESTRICT src, int64_t stride, int64_t rows,
                  int64_t cols) {
  for (int64_t c = 0; c < cols; ++c) {
    for (int64_t r = 0; r < rows; ++r) dst[c * kTile + r] = src[r * stride + c];
    for (int64_t r = rows; r < kTile; ++r) dst[c * kTile + r] = 0;
  }
}

// kTileRows rows by `vectors` vectors of c = a b, or c += a b.
template <typename T, int vectors>
inline void multiply_block(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t k,
                           bool add) {
  typedef typename TileVector<T>::type V;
  V sum[kTileRows][vectors];
#pragma GCC unroll 8
  for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) {
      sum[r][j] = V{};
      if (add) memcpy(&sum[r][j], c + r * ldc + j * kTileLanes<T>, sizeof(V));
    }
  }
  for (int64_t p = 0; p < k; ++p) {
    V row[vectors];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) memcpy(&row[j], b + p * ldb + j * kTileLanes<T>, sizeof(V));
#pragma GCC unroll 8
    for (int r = 0; r < kTileRows; ++r) {
      const T factor = a[r * lda + p];
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sum[r][j] += row[j] * factor;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) memcpy(c + r * ldc + j * kTileLanes<T>, &sum[r][j], sizeof(V));
  }
}

// c [m, n] = a [m, k] b [k, n] (or +=); m is a multiple of kTileRows, n of the vector's lanes. Each
// element is one sum in the order of k.
template <typename T>
void multiply(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t m, int64_t n,
              int64_t k, bool add) {
  constexpr int64_t kStep = 2 * kTileLanes<T>;
  for (int64_t j = 0; j < n; j += kStep) {
    const bool two = n - j >= kStep;
    for (int64_t i = 0; i < m; i += kTileRows) {
      if (two) {
        multiply_block<T, 2>(c + i * ldc + j, ldc, a + i * lda, lda, b + j, ldb, k, add);
      } else {
        multiply_block<T, 1>(c + i * ldc + j, ldc, a + i * lda, lda, b + j, ldb, k, add);
      }
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
