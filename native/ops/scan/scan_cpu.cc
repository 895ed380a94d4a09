// Scans: one accumulator per column of a tile, so that the inner axis vectorises and every element
// is the same sum in the same order on any number of threads.
#include "core/kernel.h"
#include "ops/scan/scan_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kTile = 64;
constexpr int64_t kGrainElements = 16384;

template <typename T>
struct Accumulator {
  using Type = T;
};
template <>
struct Accumulator<float> {
  using Type = double;  // a float sum of many terms would drift
};

// Calls body(first element, columns) for each tile of columns of each outer index.
template <typename F>
void for_tiles(const ScanSize& s, const F& body) {
  const int64_t tiles = div_up(s.inner, kTile);
  const int64_t width = min64(s.inner, kTile);
  parallel(s.outer * tiles, max64(1, kGrainElements / (s.n * width)),
           [&](int64_t begin, int64_t end) {
             for (int64_t t = begin; t < end; ++t) {
               const int64_t column = t % tiles * kTile;
               body(t / tiles * s.n * s.inner + column, min64(kTile, s.inner - column));
             }
           });
}

template <typename T, bool kProduct>
void scan_tile(T* y, const T* x, int64_t columns, const ScanSize& s) {
  typename Accumulator<T>::Type sum[kTile];
  for (int64_t j = 0; j < columns; ++j) sum[j] = kProduct ? 1 : 0;
  const int64_t step = s.reverse ? -s.inner : s.inner;
  int64_t at = s.reverse ? (s.n - 1) * s.inner : 0;
  for (int64_t i = 0; i < s.n; ++i, at += step) {
    T* to = y + at;
    const T* from = x + at;
    for (int64_t j = 0; j < columns; ++j) {
      const auto before = sum[j];
      sum[j] = kProduct ? before * from[j] : before + from[j];
      to[j] = static_cast<T>(s.exclusive ? before : sum[j]);
    }
  }
}

// Signed overflow is undefined in C++; whole numbers wrap round as they do in Java.
template <typename T, typename U>
void scan_whole(T* y, const T* x, bool product, const ScanSize& s) {
  U* to = reinterpret_cast<U*>(y);
  const U* from = reinterpret_cast<const U*>(x);
  for_tiles(s, [&](int64_t first, int64_t columns) {
    product ? scan_tile<U, true>(to + first, from + first, columns, s)
            : scan_tile<U, false>(to + first, from + first, columns, s);
  });
}

template <typename T>
void scan(T* y, const T* x, bool product, const ScanSize& s) {
  for_tiles(s, [&](int64_t first, int64_t columns) {
    product ? scan_tile<T, true>(y + first, x + first, columns, s)
            : scan_tile<T, false>(y + first, x + first, columns, s);
  });
}

template <typename T>
void linear(T* y, const T* a, const T* b, const ScanSize& s) {
  for_tiles(s, [&](int64_t first, int64_t columns) {
    typename Accumulator<T>::Type last[kTile];
    for (int64_t j = 0; j < columns; ++j) last[j] = 0;
    const int64_t step = s.reverse ? -s.inner : s.inner;
    int64_t at = first + (s.reverse ? (s.n - 1) * s.inner : 0);
    for (int64_t i = 0; i < s.n; ++i, at += step) {
      for (int64_t j = 0; j < columns; ++j) {
        // b of the first step would meet y before the start, which is 0 even where b is infinite
        last[j] = i == 0 ? a[at + j] : a[at + j] + b[at + j] * last[j];
        y[at + j] = static_cast<T>(last[j]);
      }
    }
  });
}

}  // namespace

extern const ScanKernels scan_kernels;
const ScanKernels scan_kernels = {
    scan<float>,   scan<double>,  scan_whole<int32_t, uint32_t>, scan_whole<int64_t, uint64_t>,
    linear<float>, linear<double>};

}  // namespace NRT_ISA_NS
}  // namespace nrt
