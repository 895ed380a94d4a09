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

template <int... I>
struct Sequence {};
template <int N, int... I>
struct MakeSequence : MakeSequence<N - 1, N - 1, I...> {};
template <int... I>
struct MakeSequence<0, I...> {
  using Type = Sequence<I...>;
};

// Lane L of the result is lane Index of a (below the number of lanes) or of b (behind it).
#if defined(__clang__)
template <typename T, int... Index>
inline VectorOf<T> choose(VectorOf<T> a, VectorOf<T> b) {
  return __builtin_shufflevector(a, b, Index...);
}
#else
template <typename T, int... Index>
inline VectorOf<T> choose(VectorOf<T> a, VectorOf<T> b) {
  return __builtin_shuffle(a, b, typename Simd<T>::I{Index...});
}
#endif

// Blocks of H lanes: (a0 b0 a2 b2 ..) and (a1 b1 a3 b3 ..).
template <typename T, int H, int... L>
inline VectorOf<T> even_blocks(VectorOf<T> a, VectorOf<T> b, Sequence<L...>) {
  return choose<T, ((L / H) % 2 == 0 ? L : kLanes<T> + L - H)...>(a, b);
}
template <typename T, int H, int... L>
inline VectorOf<T> odd_blocks(VectorOf<T> a, VectorOf<T> b, Sequence<L...>) {
  return choose<T, ((L / H) % 2 == 0 ? L + H : kLanes<T> + L)...>(a, b);
}

// Transposes a square of lanes x lanes in registers: exchange blocks of half the size, down to one.
template <typename T, int H>
inline void transpose_blocks(VectorOf<T>* row) {
  if constexpr (H > 0) {
    const typename MakeSequence<kLanes<T>>::Type lanes{};
#pragma GCC unroll 16
    for (int i = 0; i < kLanes<T>; ++i) {
      if ((i & H) == 0) {
        const VectorOf<T> a = row[i], b = row[i + H];
        row[i] = even_blocks<T, H>(a, b, lanes);
        row[i + H] = odd_blocks<T, H>(a, b, lanes);
      }
    }
    transpose_blocks<T, H / 2>(row);
  }
}

// rows x columns from source (row stride ld) to the transposed place, row stride to_ld.
template <typename T>
void transpose(T* to, int64_t to_ld, const T* from, int64_t ld, int64_t rows, int64_t columns) {
  constexpr int kSide = kLanes<T>;
  int64_t r = 0;
  for (; r + kSide <= rows; r += kSide) {
    int64_t c = 0;
    for (; c + kSide <= columns; c += kSide) {
      VectorOf<T> square[kSide];
#pragma GCC unroll 16
      for (int i = 0; i < kSide; ++i) square[i] = load(from + (r + i) * ld + c);
      transpose_blocks<T, kSide / 2>(square);
#pragma GCC unroll 16
      for (int i = 0; i < kSide; ++i) store(to + (c + i) * to_ld + r, square[i]);
    }
    for (; c < columns; ++c) {
      for (int i = 0; i < kSide; ++i) to[c * to_ld + r + i] = from[(r + i) * ld + c];
    }
  }
  for (; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[c * to_ld + r] = from[r * ld + c];
  }
}

// One panel of op(B): k rows, `columns` of them valid, row stride `width`. b is at the first
// element; trans_b: element (k, j) is b[j * ldb + k].
template <typename T>
void pack_b_panel(T* to, const T* b, int64_t ldb, bool trans_b, int64_t k, int64_t columns,
                  int64_t width) {
  constexpr int64_t kPrefetchRows = 16;
  constexpr int64_t kLineElements = 64 / static_cast<int64_t>(sizeof(T));
  if (trans_b) {
    if (columns < width) memset(to, 0, static_cast<size_t>(k * width) * sizeof(T));
    transpose(to, width, b, ldb, columns, k);
    return;
  }
  for (int64_t r = 0; r < k; ++r, to += width, b += ldb) {
    int64_t j = 0;
    if (r + kPrefetchRows < k) {  // a panel is a column of short rows: no stream for the hardware
      for (int64_t p = 0; p < columns; p += kLineElements) {
        __builtin_prefetch(b + kPrefetchRows * ldb + p);
      }
    }
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
