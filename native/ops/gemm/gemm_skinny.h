// Products with at most kSkinny rows or columns: bound by reading B once, so nothing is packed and no K blocks
// exist. Sums live in a buffer of m rows.
//
// B as [k, n]: eight rows of B at a time run along all columns (every access streams):
//   sum[j] += a[k] b[k, j] + ... + a[k + 7] b[k + 7, j]          order: k ascending
// B as [n, k]: several dot products at once, lanes of a vector hold k mod lanes:
//   sum[j] = tree over lanes l of (sum over k = l, l + lanes, ... of a[k] b[j, k])
// Products with at most kSkinny columns are run as their transpose, B' A'.
// Both orders can be followed on packed weights as well, so that packed and plain products agree.
#pragma once

#include "ops/gemm/gemm_pack.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kSkinny = 4;

// One matrix of the batch.
template <typename T>
struct Product {
  const T* a;
  const T* b;
  const T* packed;
  T* c;
  const T* bias;
  int64_t m, n, k, lda, ldb, ldc;
  bool trans_a, trans_b;
  T alpha, beta;
  int32_t activation;
  int64_t k_block;
  bool transposed_c;  // element (i, j) of the product belongs at c[j * ldc + i], its bias is bias[i]
};

// The transposed product op(B)' op(A)'. One panel of packed weights is a plain [k, padded n] matrix.
template <typename T>
Product<T> swapped(const Product<T>& g) {
  Product<T> s = g;
  s.a = g.packed != nullptr ? g.packed : g.b;
  s.lda = g.packed != nullptr ? padded_columns<T>(g.n) : g.ldb;
  s.trans_a = g.packed != nullptr || !g.trans_b;
  s.b = g.a;
  s.ldb = g.lda;
  s.trans_b = !g.trans_a;
  s.packed = nullptr;
  s.m = g.n;
  s.n = g.m;
  s.transposed_c = true;
  return s;
}

template <typename T, int M, int NV>
inline void accumulate_strip(T* sum, int64_t sum_ld, const T* a, int64_t a_row, int64_t a_step,
                             const T* b, int64_t b_step, int64_t k, int last) {
  using V = VectorOf<T>;
  V acc[M][NV];
#pragma GCC unroll 4
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) acc[i][j] = load(sum + i * sum_ld + j * kLanes<T>);
  }
  for (int64_t p = 0; p < k; ++p, a += a_step, b += b_step) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      const T* at = b + j * kLanes<T>;
      const V bv = NV == 1 && last < kLanes<T> ? load_part(at, last) : load(at);
#pragma GCC unroll 4
      for (int i = 0; i < M; ++i) acc[i][j] += splat(a[i * a_row]) * bv;
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) store(sum + i * sum_ld + j * kLanes<T>, acc[i][j]);
  }
}

// sum[i, j] += sum_p a[i, p] b[p, j]; sum rows are padded to whole vectors.
template <typename T, int M>
void accumulate_columns(T* sum, int64_t sum_ld, const T* a, int64_t a_row, int64_t a_step,
                        const T* b, int64_t b_step, int64_t columns, int64_t k) {
  constexpr int kVectors = M <= 2 ? 4 : kTileVectors;
  constexpr int kStrip = kVectors * kLanes<T>;
  int64_t j = 0;
  for (; j + kStrip <= columns; j += kStrip) {
    accumulate_strip<T, M, kVectors>(sum + j, sum_ld, a, a_row, a_step, b + j, b_step, k, kLanes<T>);
  }
  for (; j < columns; j += kLanes<T>) {
    const int last = static_cast<int>(min64(columns - j, kLanes<T>));
    accumulate_strip<T, M, 1>(sum + j, sum_ld, a, a_row, a_step, b + j, b_step, k, last);
  }
}

template <typename T>
void accumulate(T* sum, int64_t sum_ld, const T* a, int64_t a_row, int64_t a_step, const T* b,
                int64_t b_step, int64_t m, int64_t columns, int64_t k) {
  switch (m) {
    case 1: accumulate_columns<T, 1>(sum, sum_ld, a, a_row, a_step, b, b_step, columns, k); break;
    case 2: accumulate_columns<T, 2>(sum, sum_ld, a, a_row, a_step, b, b_step, columns, k); break;
    case 3: accumulate_columns<T, 3>(sum, sum_ld, a, a_row, a_step, b, b_step, columns, k); break;
    default: accumulate_columns<T, 4>(sum, sum_ld, a, a_row, a_step, b, b_step, columns, k); break;
  }
}

template <typename T>
inline T lane_sum(const VectorOf<T>& v) {
  T part[kLanes<T>];
  store(part, v);
#pragma GCC unroll 8
  for (int half = kLanes<T> / 2; half > 0; half /= 2) {
    for (int l = 0; l < half; ++l) part[l] += part[l + half];
  }
  return part[0];
}

// sum[i * sum_ld + j] for M rows of A and N rows of B, all contiguous in k.
template <typename T, int M, int N>
void dots(T* sum, int64_t sum_ld, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t k) {
  using V = VectorOf<T>;
  V acc[M][N] = {};
  int64_t p = 0;
  for (; p + kLanes<T> <= k; p += kLanes<T>) {
    V av[M];
#pragma GCC unroll 4
    for (int i = 0; i < M; ++i) av[i] = load(a + i * lda + p);
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) {
      const V bv = load(b + j * ldb + p);
#pragma GCC unroll 4
      for (int i = 0; i < M; ++i) acc[i][j] += av[i] * bv;
    }
  }
  if (p < k) {
    const int last = static_cast<int>(k - p);
    for (int j = 0; j < N; ++j) {
      const V bv = load_part(b + j * ldb + p, last);
      for (int i = 0; i < M; ++i) acc[i][j] += load_part(a + i * lda + p, last) * bv;
    }
  }
  for (int i = 0; i < M; ++i) {
    for (int j = 0; j < N; ++j) sum[i * sum_ld + j] = lane_sum<T>(acc[i][j]);
  }
}

template <typename T, int M>
void dot_rows(T* sum, int64_t sum_ld, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t n,
              int64_t k) {
  constexpr int kGroup = M == 1 ? 8 : kTileVectors;
  int64_t j = 0;
  for (; j + kGroup <= n; j += kGroup) {
    dots<T, M, kGroup>(sum + j, sum_ld, a, lda, b + j * ldb, ldb, k);
  }
  for (; j < n; ++j) dots<T, M, 1>(sum + j, sum_ld, a, lda, b + j * ldb, ldb, k);
}

template <typename T>
void dot_all(T* sum, int64_t sum_ld, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t m,
             int64_t n, int64_t k) {
  switch (m) {
    case 1: dot_rows<T, 1>(sum, sum_ld, a, lda, b, ldb, n, k); break;
    case 2: dot_rows<T, 2>(sum, sum_ld, a, lda, b, ldb, n, k); break;
    case 3: dot_rows<T, 3>(sum, sum_ld, a, lda, b, ldb, n, k); break;
    default: dot_rows<T, 4>(sum, sum_ld, a, lda, b, ldb, n, k); break;
  }
}

// The order of `dots` on packed weights: a vector of columns per lane of k. One row of A.
template <typename T>
void dots_of_packed(T* sum, const T* a, const Product<T>& g, int64_t first, int64_t columns) {
  using V = VectorOf<T>;
  const int64_t width_all = padded_columns<T>(g.n);
  const int64_t panel = first / kTileColumns<T> * kTileColumns<T>;
  const int64_t width = min64(kTileColumns<T>, width_all - panel);
  for (int64_t j = 0; j < columns; j += kLanes<T>) {
    V acc[kLanes<T>] = {};
    for (int64_t pc = 0; pc < g.k; pc += g.k_block) {
      const int64_t kc = min64(g.k_block, g.k - pc);
      const T* b = g.packed + pc * width_all + panel * kc + (first - panel) + j;
      for (int64_t p = 0; p < kc; p += kLanes<T>) {
#pragma GCC unroll 16
        for (int l = 0; l < kLanes<T>; ++l) {
          if (p + l < kc) acc[l] += splat(a[pc + p + l]) * load(b + (p + l) * width);
        }
      }
    }
    if (g.k % kLanes<T> != 0) {  // `dots` adds a zero product in these lanes
      for (int l = static_cast<int>(g.k % kLanes<T>); l < kLanes<T>; ++l) acc[l] += V{};
    }
#pragma GCC unroll 8
    for (int half = kLanes<T> / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
      for (int l = 0; l < half; ++l) acc[l] += acc[l + half];
    }
    store(sum + j, acc[0]);
  }
}

// c = act(alpha * sum + beta * c + bias) for rows of sums.
template <typename T>
void finish_rows(const Product<T>& g, const T* sum, int64_t sum_ld, int64_t first,
                 int64_t columns) {
  using V = VectorOf<T>;
  for (int64_t i = 0; i < g.m; ++i) {
    T* c = g.c + i * g.ldc + first;
    for (int64_t j = 0; j < columns; j += kLanes<T>) {
      const int last = static_cast<int>(min64(columns - j, kLanes<T>));
      V v = rounded(load(sum + i * sum_ld + j) * g.alpha);
      if (g.beta != 0) v += load_part(c + j, last) * g.beta;
      if (g.bias != nullptr) v += load_part(g.bias + first + j, last);
      store_part(c + j, activate<T>(v, g.activation), last);
    }
  }
}

// The same where the sums are columns of c.
template <typename T>
void finish_columns(const Product<T>& g, const T* sum, int64_t sum_ld, int64_t first,
                    int64_t columns) {
  using V = VectorOf<T>;
  for (int64_t i = 0; i < g.m; ++i) {
    for (int64_t j = 0; j < columns; j += kLanes<T>) {
      const int64_t last = min64(columns - j, kLanes<T>);
      T* c = g.c + (first + j) * g.ldc + i;
      T part[kLanes<T>] = {};
      V v = rounded(load(sum + i * sum_ld + j) * g.alpha);
      if (g.beta != 0) {
        for (int64_t l = 0; l < last; ++l) part[l] = c[l * g.ldc];
        v += load(part) * g.beta;
      }
      if (g.bias != nullptr) v += splat(g.bias[i]);
      store(part, activate<T>(v, g.activation));
      for (int64_t l = 0; l < last; ++l) c[l * g.ldc] = part[l];
    }
  }
}

// Columns [first, first + columns) of a product with m <= kSkinny. rows: A with contiguous k when B
// is stored [n, k] (lda = row_ld).
template <typename T>
void skinny_columns(const Product<T>& g, const T* rows, int64_t row_ld, int64_t first,
                    int64_t columns, T* sum, int64_t sum_ld) {
  const int64_t a_row = g.trans_a ? 1 : g.lda, a_step = g.trans_a ? g.lda : 1;
  if (g.trans_b && g.packed == nullptr) {
    dot_all(sum, sum_ld, rows, row_ld, g.b + first * g.ldb, g.ldb, g.m, columns, g.k);
  } else if (g.trans_b) {
    for (int64_t i = 0; i < g.m; ++i) {
      for (int64_t j = 0; j < columns; j += kTileColumns<T>) {
        dots_of_packed(sum + i * sum_ld + j, rows + i * row_ld, g, first + j,
                       min64(kTileColumns<T>, columns - j));
      }
    }
  } else {
    memset(sum, 0, static_cast<size_t>(g.m * sum_ld) * sizeof(T));
    const int64_t width_all = padded_columns<T>(g.n);
    if (g.packed == nullptr) {
      constexpr int64_t kRowsAtOnce = 8;
      for (int64_t p = 0; p < g.k; p += kRowsAtOnce) {
        accumulate(sum, sum_ld, g.a + p * a_step, a_row, a_step, g.b + p * g.ldb + first, g.ldb,
                   g.m, columns, min64(kRowsAtOnce, g.k - p));
      }
    } else {
      for (int64_t pc = 0; pc < g.k; pc += g.k_block) {
        const int64_t kc = min64(g.k_block, g.k - pc);
        for (int64_t j = 0; j < columns; j += kTileColumns<T>) {
          const int64_t width = min64(kTileColumns<T>, width_all - (first + j));
          accumulate(sum + j, sum_ld, g.a + pc * a_step, a_row, a_step,
                     g.packed + pc * width_all + (first + j) * kc, width, g.m,
                     min64(kTileColumns<T>, columns - j), kc);
        }
      }
    }
  }
  if (g.transposed_c) {
    finish_columns(g, sum, sum_ld, first, columns);
  } else {
    finish_rows(g, sum, sum_ld, first, columns);
  }
}

template <typename T>
void skinny(const Product<T>& g) {
  constexpr int64_t kChunk = 512;      // columns; a multiple of the panel width
  constexpr double kParallelWork = 1e6;  // operations that are worth a second thread
  ScratchMark mark;
  const T* rows = g.a;
  int64_t row_ld = g.lda;
  T small_rows[256], small_sum[256];
  if (g.trans_a && g.trans_b) {
    row_ld = g.k;
    T* copy = g.m * g.k <= 256 ? small_rows : scratch<T>(g.m * g.k);
    transpose(copy, g.k, g.a, g.lda, g.k, g.m);
    rows = copy;
  }
  const int64_t sum_ld = min64(padded_columns<T>(g.n), kChunk);
  if (g.m * sum_ld <= 256) {
    skinny_columns(g, rows, row_ld, 0, g.n, small_sum, sum_ld);
    return;
  }
  const auto chunk = [&](int64_t begin, int64_t end) {
    ScratchMark inner;
    skinny_columns(g, rows, row_ld, begin, end - begin, scratch<T>(g.m * sum_ld), sum_ld);
  };
  if (2.0 * static_cast<double>(g.m * g.n) * static_cast<double>(g.k) >= kParallelWork) {
    parallel(g.n, kChunk, chunk);
  } else {
    for (int64_t j = 0; j < g.n; j += kChunk) chunk(j, min64(g.n, j + kChunk));
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
