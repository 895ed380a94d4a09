// What the attention kernels are made of: packed panels and the products over them. For kernel files only.
//
//   keys, values  transposed: panels [panel][width][kPanel], zero behind the last key
//   rows          [row][width rounded up to whole vectors], zero behind the width
#pragma once

#include "core/kernel_math.h"
#include "ops/gemm/gemm_pack.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Keys of one panel: as many vectors as a row of the register block has.
template <typename T>
constexpr int64_t kPanel = kTileVectors * kLanes<T>;

inline int64_t round_up(int64_t n, int64_t step) { return div_up(n, step) * step; }
template <typename T>
inline int64_t lanes_up(int64_t n) {
  return round_up(n, kLanes<T>);
}

// Rows that a register block takes of those left: 6 as long as at least 3 (rather 4) remain for the last.
inline int64_t next_rows(int64_t left) {
  if (left == 11 || left == 8 || left == 7) return 4;
  if (left >= 6) return 6;
  return left == 5 ? 3 : left;
}

template <int N>
struct Rows {
  static constexpr int kCount = N;
};

template <typename F>
inline void with_rows(int64_t rows, const F& f) {
  switch (rows) {
    case 1: return f(Rows<1>());
    case 2: return f(Rows<2>());
    case 3: return f(Rows<3>());
    case 4: return f(Rows<4>());
    default: return f(Rows<6>());
  }
}

// acc[i][j] += sum over k of a[i * a_row + k * a_step] b[k * b_step + j], k ascending.
template <typename T, int MR, int NV>
NRT_INLINE void accumulate(VectorOf<T> (&acc)[MR][NV], const T* a, int64_t a_row, int64_t a_step, const T* b,
                           int64_t b_step, int64_t k) {
  for (; k > 0; --k, a += a_step, b += b_step) {
    VectorOf<T> bv[NV];
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) bv[j] = load(b + j * kLanes<T>);
#pragma GCC unroll 8
    for (int i = 0; i < MR; ++i) {
      const VectorOf<T> av = splat(a[i * a_row]);
#pragma GCC unroll 8
      for (int j = 0; j < NV; ++j) acc[i][j] += av * bv[j];
    }
  }
}

// c [MR, NV vectors] += a b, or = with `fresh`. down: a is stored [k, rows].
template <typename T, int MR, int NV, bool down>
void product_tile(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t k, bool fresh) {
  VectorOf<T> acc[MR][NV] = {};
  if (!fresh) {
#pragma GCC unroll 8
    for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < NV; ++j) acc[i][j] = load(c + i * ldc + j * kLanes<T>);
    }
  }
  accumulate<T, MR, NV>(acc, a, down ? 1 : lda, down ? lda : 1, b, ldb, k);
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) store(c + i * ldc + j * kLanes<T>, acc[i][j]);
  }
}

// c [rows, columns] += a b (or =) for at most one register block of rows; columns are whole vectors.
template <typename T, bool down>
void product(T* c, int64_t ldc, const T* a, int64_t lda, const T* b, int64_t ldb, int64_t rows, int64_t columns,
             int64_t k, bool fresh) {
  with_rows(rows, [&](auto count) {
    constexpr int MR = decltype(count)::kCount;
    int64_t j = 0;
    for (; j + kPanel<T> <= columns; j += kPanel<T>) {
      product_tile<T, MR, kTileVectors, down>(c + j, ldc, a, lda, b + j, ldb, k, fresh);
    }
    switch ((columns - j) / kLanes<T>) {
      case 1: return product_tile<T, MR, 1, down>(c + j, ldc, a, lda, b + j, ldb, k, fresh);
#if defined(NRT_ISA_AVX512) || defined(NRT_ISA_NEON)
      case 2: return product_tile<T, MR, 2, down>(c + j, ldc, a, lda, b + j, ldb, k, fresh);
      case 3: return product_tile<T, MR, 3, down>(c + j, ldc, a, lda, b + j, ldb, k, fresh);
#endif
      default: return;
    }
  });
}

// Panels of factor * src^T for `rows` rows of src.
template <typename T>
void pack_panels(T* to, const T* src, int64_t stride, int64_t rows, int64_t width, T factor) {
  for (int64_t r = 0; r < rows; r += kPanel<T>, to += width * kPanel<T>) {
    const int64_t count = min64(kPanel<T>, rows - r), size = width * kPanel<T>;
    if (count < kPanel<T>) memset(to, 0, static_cast<size_t>(size) * sizeof(T));
    transpose(to, kPanel<T>, src + r * stride, stride, count, width);
    if (factor != T(1)) {
      for (int64_t i = 0; i < size; ++i) to[i] *= factor;
    }
  }
}

// dst [rows, ld] = src, zeros behind the width.
template <typename T>
void pack_rows(T* NRT_RESTRICT dst, int64_t ld, const T* NRT_RESTRICT src, int64_t stride, int64_t rows,
               int64_t width) {
  for (int64_t r = 0; r < rows; ++r, dst += ld, src += stride) {
    for (int64_t c = 0; c < width; ++c) dst[c] = src[c];
    for (int64_t c = width; c < ld; ++c) dst[c] = 0;
  }
}

// to [rows, width] = factor * from.
template <typename T>
void write_rows(T* NRT_RESTRICT to, int64_t stride, const T* NRT_RESTRICT from, int64_t ld, int64_t rows,
                int64_t width, T factor) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < width; ++c) to[r * stride + c] = from[r * ld + c] * factor;
  }
}

// ---- exponentials. Float scores are kept in units of log 2, so that the exponential needs no reduction by
// parts of ln 2: 2^x = 2^n 2^r with n the nearest integer. Double takes them as they are.

template <typename T>
struct Unit;
template <>
struct Unit<float> {
  static constexpr double kPerNatural = math::kLog2E;
};
template <>
struct Unit<double> {
  static constexpr double kPerNatural = 1;
};

// 2^x for x <= 127, within 1 ULP; 0 below the smallest normal number; a NaN stays one.
NRT_INLINE VectorOf<float> power(VectorOf<float> x) {
  using V = VectorOf<float>;
#if defined(NRT_ISA_AVX512)
  constexpr __mmask16 kAll = 0xffff;  // the forms without a mask make gcc 12 warn
  const __m512 low = _mm512_maskz_max_ps(kAll, _mm512_set1_ps(-150.0f), reinterpret_cast<__m512>(x));
  const V n = reinterpret_cast<V>(
      _mm512_maskz_roundscale_ps(kAll, low, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  const V r = reinterpret_cast<V>(low) - n;
#else
  constexpr float kMagic = math::Format<float>::kMagic + 127;  // leaves n + 127 in the low bits
  const V shifted = x + kMagic;
  const V r = x - (shifted - kMagic);
#endif
  V p = splat(1.545316295e-04f);
  p = p * r + 1.339086336e-03f;
  p = p * r + 9.618082557e-03f;
  p = p * r + 5.550357114e-02f;
  p = p * r + 2.402265076e-01f;
  p = p * r + 6.931471880e-01f;
  p = p * r + 1.0f;
#if defined(NRT_ISA_AVX512)
  return reinterpret_cast<V>(_mm512_maskz_scalef_ps(kAll, reinterpret_cast<__m512>(p), reinterpret_cast<__m512>(n)));
#else
  const V whole = reinterpret_cast<V>(reinterpret_cast<Simd<float>::I>(shifted) << 23);
  return x < -126.0f ? V{} : p * whole;
#endif
}

// e^x.
NRT_INLINE VectorOf<double> power(VectorOf<double> x) {
  VectorOf<double> y;
  for (int i = 0; i < kLanes<double>; ++i) y[i] = math::exp(x[i]);
  return y;
}

template <typename T>
NRT_INLINE T power_of(T x) {
  return power(splat(x))[0];
}

template <typename T>
NRT_INLINE VectorOf<T> larger(VectorOf<T> a, VectorOf<T> b) {
  return a > b ? a : b;
}

template <typename T>
NRT_INLINE T largest_lane(VectorOf<T> v) {
  T best = v[0];
  for (int i = 1; i < kLanes<T>; ++i) best = v[i] > best ? v[i] : best;
  return best;
}

// By halves: the order is that of the level, whatever the number of threads.
template <typename T>
NRT_INLINE T lane_total(VectorOf<T> v) {
  T lane[kLanes<T>];
  store(lane, v);
  for (int step = kLanes<T> / 2; step > 0; step /= 2) {
    for (int i = 0; i < step; ++i) lane[i] += lane[i + step];
  }
  return lane[0];
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
