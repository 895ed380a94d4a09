// Row-wise reductions of a kernel file: lanes of a fixed number, so that loops vectorise and the order
// of additions is the same on any number of threads.
#pragma once

#include "core/kernel.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kLanes = 16;
// Rows up to this length are worked on sixteen at a time, one per lane.
constexpr int64_t kShortRow = 32;
constexpr int64_t kRowGrainElements = 16384;

template <typename T>
inline T negative_infinity() {
  return -static_cast<T>(__builtin_inf());
}

// Largest of x[0, n); a NaN is passed over (whatever is computed from the row will show it).
template <typename T>
inline T row_max(const T* NRT_RESTRICT x, int64_t n) {
  T lane[kLanes];
  for (int64_t j = 0; j < kLanes; ++j) lane[j] = negative_infinity<T>();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
  }
  for (int64_t j = 0; i < n; ++i, ++j) lane[j] = x[i] > lane[j] ? x[i] : lane[j];
  T best = lane[0];
  for (int64_t j = 1; j < kLanes; ++j) best = lane[j] > best ? lane[j] : best;
  return best;
}

template <typename T>
inline T lane_sum(const T* lane) {
  T part[4];
  for (int64_t j = 0; j < 4; ++j) part[j] = (lane[j] + lane[j + 4]) + (lane[j + 8] + lane[j + 12]);
  return (part[0] + part[1]) + (part[2] + part[3]);
}

// Sum of f(i) over [0, n); f is called once per index.
template <typename T, typename F>
inline T row_sum(int64_t n, const F& f) {
  T lane[kLanes];
  for (int64_t j = 0; j < kLanes; ++j) lane[j] = 0;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lane[j] += f(i + j);
  }
  for (int64_t j = 0; i < n; ++i, ++j) lane[j] += f(i);
  return lane_sum(lane);
}

// tile[c * kLanes + r] = x[r * cols + c] for `rows` rows; lanes beyond them are `fill`.
template <typename T>
inline void load_tile(T* NRT_RESTRICT tile, const T* NRT_RESTRICT x, int64_t rows, int64_t cols,
                      T fill) {
  if (rows < kLanes) {
    for (int64_t i = 0; i < cols * kLanes; ++i) tile[i] = fill;
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) tile[c * kLanes + r] = x[r * cols + c];
  }
}

template <typename T>
inline void store_tile(T* NRT_RESTRICT y, const T* NRT_RESTRICT tile, int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) y[r * cols + c] = tile[c * kLanes + r];
  }
}

// Runs short(first_row, rows <= 16) or row(r) over all rows, in parallel when there is enough work.
template <typename Short, typename Row>
inline void for_each_row(int64_t rows, int64_t cols, const Short& short_rows, const Row& row) {
  if (cols <= kShortRow) {
    const int64_t blocks = div_up(rows, kLanes);
    parallel(blocks, max64(1, kRowGrainElements / (cols * kLanes)), [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        short_rows(b * kLanes, min64(kLanes, rows - b * kLanes));
      }
    });
    return;
  }
  parallel(rows, max64(1, kRowGrainElements / cols), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) row(r);
  });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
