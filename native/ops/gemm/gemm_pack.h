// Copies of op(A) and op(B) in the order in which the micro-kernel reads them.
//
//   B block (k x n):  panels of kTileColumns columns, [panel][k][columns]; the last panel is as wide
//                     as whole vectors need, columns behind n are zero
//   A block (m x k):  panels of kTileRows rows, [panel][k][kTileRows]; rows behind m are zero
#pragma once

#include "ops/gemm/gemm_micro.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
inline int64_t padded_columns(int64_t n) {
  return div_up(n, kLanes<T>) * kLanes<T>;
}

// rows x columns from source (row stride ld) to the transposed place, row stride to_ld.
template <typename T>
inline void transpose(T* to, int64_t to_ld, const T* from, int64_t ld, int64_t rows,
                      int64_t columns) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[c * to_ld + r] = from[r * ld + c];
  }
}

// One panel of op(B): k rows, `columns` of them valid, row stride `width`. b is at the first
// element; trans_b: element (k, j) is b[j * ldb + k].
template <typename T>
void pack_b_panel(T* to, const T* b, int64_t ldb, bool trans_b, int64_t k, int64_t columns,
                  int64_t width) {
  if (trans_b) {
    if (columns < width) memset(to, 0, static_cast<size_t>(k * width) * sizeof(T));
    transpose(to, width, b, ldb, columns, k);
    return;
  }
  for (int64_t r = 0; r < k; ++r, to += width, b += ldb) {
    int64_t j = 0;
    for (; j + kLanes<T> <= columns; j += kLanes<T>) store(to + j, load(b + j));
    if (j < width) store(to + j, load_part(b + j, static_cast<int>(columns - j)));
  }
}

// Rows [0, m) of op(A), k columns. trans_a: element (i, k) is a[k * lda + i].
template <typename T>
void pack_a(T* to, const T* a, int64_t lda, bool trans_a, int64_t m, int64_t k) {
  for (int64_t i = 0; i < m; i += kTileRows, to += kTileRows * k) {
    const int64_t rows = min64(kTileRows, m - i);
    if (rows < kTileRows) memset(to, 0, static_cast<size_t>(k * kTileRows) * sizeof(T));
    if (!trans_a) {
      transpose(to, kTileRows, a + i * lda, lda, rows, k);
    } else if (rows == kTileRows) {
      for (int64_t r = 0; r < k; ++r) {
        memcpy(to + r * kTileRows, a + r * lda + i, kTileRows * sizeof(T));
      }
    } else {
      for (int64_t r = 0; r < k; ++r) {
        for (int64_t j = 0; j < rows; ++j) to[r * kTileRows + j] = a[r * lda + i + j];
      }
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
