// The micro-kernel: MR rows x NV vectors of C in registers, one pass over k, then the epilogue.
//
//            NV vectors of B (loaded)
//          +----+----+----+----+
//   A (one |    |    |    |    |   acc[i][j] += a[i] * b[j]   for k = 0, 1, 2, ...
//   value  |         MR        |
//   spread)|    |    |    |    |   one chain of FMAs per element: the sum order is k ascending,
//          +----+----+----+----+   whatever MR, NV and the place of the tile
//
// AVX-512 and NEON (32 registers): 6 x 4 vectors, 24 accumulators + 4 of B + 1 spread; AVX2 and base
// (16 registers): 6 x 2. Narrow outputs run up to 12 rows so that enough chains are in flight.
#pragma once

#include "ops/gemm/gemm_activation.h"
#include "ops/gemm/gemm_simd.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_NEON)
constexpr int kTileVectors = 4;
constexpr int kTallVectors = 2;
#else
constexpr int kTileVectors = 2;
constexpr int kTallVectors = 1;
#endif
constexpr int kTileRows = 6;
constexpr int kTallRows = 12;

template <typename T>
constexpr int kTileColumns = kTileVectors * kLanes<T>;

// c[rows, columns] = act(alpha * sum_k a[i, k] b[k, j] + beta * c + bias); element (i, k) of A is
// a[i * a_row + k * a_step], row k of B starts at b + k * b_step.
template <typename T>
struct Tile {
  const T* a;
  int64_t a_row, a_step;
  const T* b;
  int64_t b_step;
  T* c;
  int64_t ldc;
  const T* bias;  // of the first column, or null
  T* b_copy;      // where a kernel that packs B leaves its panel; else null
  int64_t k;
  T alpha, beta;
  int32_t activation;
  int rows, columns;
};

template <typename T, int NV, bool Tail>
inline void store_row(const Tile<T>& t, T* c, const VectorOf<T>* acc, const VectorOf<T>* bias,
                      int last) {
  using V = VectorOf<T>;
#pragma GCC unroll 8
  for (int j = 0; j < NV; ++j) {
    const bool part = Tail && j == NV - 1;
    V v = rounded(acc[j] * t.alpha);
    T* at = c + j * kLanes<T>;
    if (t.beta != 0) v += (part ? load_part(at, last) : load(at)) * t.beta;
    if (t.bias != nullptr) v += bias[j];
    if (t.activation == kRelu) v = relu(v);
    if (part) {
      store_part(at, v, last);
    } else {
      store(at, v);
    }
  }
}

// Packed: A is a panel of kTileRows values per k, zero behind t.rows. Otherwise MR == t.rows.
// Tail: the last vector holds fewer columns than lanes. Copy: the rows of B are also stored as a packed
// panel, for the tiles that follow: the store ports idle while sums are formed.
template <typename T, int MR, int NV, bool Packed, bool Tail, bool Copy = false>
void micro_kernel(const Tile<T>& t) {
  using V = VectorOf<T>;
  constexpr int kPrefetchRows = 16;
  T* copy = t.b_copy;
  const int last = t.columns - (NV - 1) * kLanes<T>;
  const int64_t row = Packed ? 1 : t.a_row;
  const int64_t a_step = Packed ? kTileRows : t.a_step;
  const int64_t b_step = t.b_step;
  const T* a = t.a;
  const T* b = t.b;
  V acc[MR][NV] = {};
  for (int64_t k = t.k; k > 0; --k) {
    V bv[NV];
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) {
      bv[j] = Tail && j == NV - 1 ? load_part(b + j * kLanes<T>, last) : load(b + j * kLanes<T>);
      if (Copy) {  // rows this short are no stream for the hardware
        __builtin_prefetch(b + kPrefetchRows * b_step + j * kLanes<T>);
        store(copy + j * kLanes<T>, bv[j]);
      }
    }
    if (Copy) copy += NV * kLanes<T>;
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
      const V av = splat(a[i * row]);
#pragma GCC unroll 8
      for (int j = 0; j < NV; ++j) acc[i][j] += av * bv[j];
    }
    a += a_step;
    b += b_step;
  }
  V bias[NV] = {};
  if (t.bias != nullptr) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) {
      const T* at = t.bias + j * kLanes<T>;
      bias[j] = Tail && j == NV - 1 ? load_part(at, last) : load(at);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
    if (!Packed || i < t.rows) store_row<T, NV, Tail>(t, t.c + i * t.ldc, acc[i], bias, last);
  }
}

template <typename T>
using MicroKernel = void (*)(const Tile<T>&);

template <typename T, int MR, int NV>
MicroKernel<T> strided_kernel(bool tail) {
  return tail ? micro_kernel<T, MR, NV, false, true> : micro_kernel<T, MR, NV, false, false>;
}

template <typename T, int NV>
MicroKernel<T> strided_kernel(int rows, bool tail) {
  switch (rows) {
    case 1: return strided_kernel<T, 1, NV>(tail);
    case 2: return strided_kernel<T, 2, NV>(tail);
    case 3: return strided_kernel<T, 3, NV>(tail);
    case 4: return strided_kernel<T, 4, NV>(tail);
    case 5: return strided_kernel<T, 5, NV>(tail);
    case 6: return strided_kernel<T, 6, NV>(tail);
    default: break;
  }
  if constexpr (NV <= kTallVectors) {
    switch (rows) {
      case 7: return strided_kernel<T, 7, NV>(tail);
      case 8: return strided_kernel<T, 8, NV>(tail);
      case 9: return strided_kernel<T, 9, NV>(tail);
      case 10: return strided_kernel<T, 10, NV>(tail);
      case 11: return strided_kernel<T, 11, NV>(tail);
      default: return strided_kernel<T, kTallRows, NV>(tail);
    }
  }
  return nullptr;
}

template <typename T, int NV>
MicroKernel<T> kernel_of(int rows, bool packed, bool tail, bool copy) {
  if (copy && packed) {
    return tail ? micro_kernel<T, kTileRows, NV, true, true, true>
                : micro_kernel<T, kTileRows, NV, true, false, true>;
  }
  if (copy) {
    return tail ? micro_kernel<T, kTileRows, NV, false, true, true>
                : micro_kernel<T, kTileRows, NV, false, false, true>;
  }
  if (!packed) return strided_kernel<T, NV>(rows, tail);
  return tail ? micro_kernel<T, kTileRows, NV, true, true>
              : micro_kernel<T, kTileRows, NV, true, false>;
}

template <typename T>
void run_tile(const Tile<T>& t, bool packed) {
  const int vectors = (t.columns + kLanes<T> - 1) / kLanes<T>;
  const bool tail = t.columns % kLanes<T> != 0;
  const bool copy = t.b_copy != nullptr;
  MicroKernel<T> kernel = nullptr;
  switch (vectors) {
    case 1: kernel = kernel_of<T, 1>(t.rows, packed, tail, copy); break;
    case 2: kernel = kernel_of<T, 2>(t.rows, packed, tail, copy); break;
#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_NEON)
    case 3: kernel = kernel_of<T, 3>(t.rows, packed, tail, copy); break;
    default: kernel = kernel_of<T, 4>(t.rows, packed, tail, copy); break;
#endif
  }
  kernel(t);
  if (t.activation == kSigmoid || t.activation == kTanh) {
    activate_rows(t.c, t.ldc, t.rows, t.columns, t.activation);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
