// Columns of contiguous rows [rows, channels]: sums down them, and maps with values of their own. With
// few channels a group of rows is treated as one row of `width` columns, folded at the end: a loop
// over 3 channels would not vectorise. Data are read front to back, which the hardware foresees.
#pragma once

#include "core/stream_store.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kWideColumns = 64;  // of an inner loop, where channels are fewer
constexpr int64_t kNarrow = 128;      // columns up to which four rows are still close together
constexpr int64_t kFlushRows = 16;    // rows added in T before they go into double sums

struct WideRows {
  int64_t channels, group, width;
  explicit WideRows(int64_t c) : channels(c), group(group_of(c)), width(group * c) {}

 private:
  // Rows to a wide row: whole cache lines where few rows make such.
  static int64_t group_of(int64_t channels) {
    if (channels >= kWideColumns || channels == 0) return 1;
    int64_t lines = 16;
    for (int64_t c = channels; lines > 1 && c % 2 == 0; c /= 2) lines /= 2;
    if (lines * channels > 8 * kWideColumns) lines = 1;
    return max64(kWideColumns / (channels * lines), 1) * lines;
  }
};

// Calls body(offset, columns) for every wide row of `elements` values; the last may be shorter.
template <typename F>
inline void each_wide_row(const WideRows& rows, int64_t elements, const F& body) {
  int64_t at = 0;
  for (; at + rows.width <= elements; at += rows.width) body(at, rows.width);
  if (at < elements) body(at, elements - at);
}

// One value per column of a wide row, f(channel), in scratch.
template <typename T, typename F>
inline T* widen(const WideRows& rows, const F& f) {
  T* values = scratch<T>(rows.width);
  for (int64_t c = 0; c < rows.channels; ++c) values[c] = f(c);
  for (int64_t w = rows.channels; w < rows.width; ++w) values[w] = values[w - rows.channels];
  return values;
}
template <typename T>
inline const T* widened(const WideRows& rows, const T* channel_values) {
  if (rows.group == 1) return channel_values;
  return widen<T>(rows, [=](int64_t c) { return channel_values[c]; });
}

template <typename T>
inline void add_up(double* NRT_RESTRICT total, T* NRT_RESTRICT part, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    total[i] += static_cast<double>(part[i]);
    part[i] = 0;
  }
}

// a[c], b[c] = sums down the columns, by channel, of the terms that term(element, column, &p, &q)
// gives for a vector or a single value.
template <typename T, typename F>
inline void column_sums(const WideRows& rows, int64_t elements, double* a, double* b,
                        const F& term) {
  const ScratchMark mark;
  const int64_t width = rows.width;
  const int64_t half = div_up(width, 16) * 16;  // no vector of a sum lies in two cache lines
  T* first = scratch<T>(2 * half);
  T* second = first + half;
  double* total = scratch<double>(2 * half);
  memset(first, 0, static_cast<size_t>(2 * half) * sizeof(T));
  memset(total, 0, static_cast<size_t>(2 * half) * sizeof(double));
  int64_t row = 0, done = 0;
  for (; width <= kNarrow && done + 4 * width <= elements; done += 4 * width) {
    each_vector<T>(width, [&](int64_t c, auto zero) __attribute__((always_inline)) {
      typedef decltype(zero) V;
      V p[4], q[4];
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) term(done + k * width + c, c, p + k, q + k);
      store_as(first + c, V(load_as<V>(first + c) + ((p[0] + p[1]) + (p[2] + p[3]))));
      store_as(second + c, V(load_as<V>(second + c) + ((q[0] + q[1]) + (q[2] + q[3]))));
    });
    if ((row += 4) % kFlushRows == 0) add_up(total, first, 2 * half);
  }
  each_wide_row(rows, elements - done, [&](int64_t from, int64_t columns) {
    const int64_t at = done + from;
    each_vector<T>(columns, [&](int64_t c, auto zero) __attribute__((always_inline)) {
      typedef decltype(zero) V;
      V p, q;
      term(at + c, c, &p, &q);
      store_as(first + c, V(load_as<V>(first + c) + p));
      store_as(second + c, V(load_as<V>(second + c) + q));
    });
    if (++row % kFlushRows == 0) add_up(total, first, 2 * half);
  });
  add_up(total, first, 2 * half);
  for (int64_t c = 0; c < rows.channels; ++c) {
    a[c] = b[c] = 0;
    for (int64_t w = c; w < width; w += rows.channels) {
      a[c] += total[w];
      b[c] += total[half + w];
    }
  }
}

// y[i] = value(i, column, V{}) for `elements` values; past: past the caches, see rows_worth_streaming.
template <typename T, typename F>
inline void map_columns(const WideRows& rows, int64_t elements, bool past, T* y, const F& value) {
  each_wide_row(rows, elements, [&](int64_t at, int64_t columns) {
    T* to = y + at;
    if (past) {
      each_vector<T>(columns, [&](int64_t c, auto zero) __attribute__((always_inline)) {
        stream_as(to + c, value(at + c, c, zero));
      });
    } else {
      each_vector<T>(columns, [&](int64_t c, auto zero) __attribute__((always_inline)) {
        store_as(to + c, value(at + c, c, zero));
      });
    }
  });
  if (past) stream_done();
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
