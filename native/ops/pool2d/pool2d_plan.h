// What all kernels of pool2d_cpu.cc share: vectors of channels, and which cells a window covers.
#pragma once

#include "core/stream_store.h"
#include "ops/pool2d/pool2d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kChunkElements = 1 << 15;  // results times taps per parallel chunk

template <typename T>
struct SameWidth;
template <>
struct SameWidth<float> {
  typedef int32_t type;
};
template <>
struct SameWidth<double> {
  typedef int64_t type;
};

// Vectors of T, of positions as wide as T, and of positions as stored.
template <typename T, int lanes>
struct Types {
  typedef typename SameWidth<T>::type Wide;
  typedef T Values __attribute__((vector_size(lanes * sizeof(T))));
  typedef Wide Positions __attribute__((vector_size(lanes * sizeof(T))));
  typedef int32_t Stored __attribute__((vector_size(lanes * sizeof(int32_t))));
};

template <typename V, typename T>
inline __attribute__((always_inline)) void load(V& v, const T* from) {
  memcpy(&v, from, sizeof(V));
}

// Stores the first `room` lanes, or all when there is room for them; past the caches if asked for.
template <bool past, typename V, typename T>
inline __attribute__((always_inline)) void store(T* to, const V& v, int64_t room) {
  constexpr int64_t lanes = sizeof(V) / sizeof(T);
  if (past) {
    stream_as(to, v);
    return;
  }
  if (room >= lanes) {
    memcpy(to, &v, sizeof(V));
    return;
  }
  T all[lanes];
  memcpy(all, &v, sizeof(V));
  for (int64_t l = 0; l < room; ++l) to[l] = all[l];
}

template <int n>
struct Constant {
  static constexpr int value = n;
  constexpr operator int64_t() const { return n; }
};

// Kernel positions k in [begin, end).
struct Range {
  int64_t begin, end;
};

// Taps with low <= offset + k * dilation < high.
inline Range taps_between(int64_t offset, int64_t dilation, int64_t kernel, int64_t low,
                          int64_t high) {
  Range r;
  r.begin = offset >= low ? 0 : min64(div_up(low - offset, dilation), kernel);
  r.end = offset >= high ? 0 : min64((high - 1 - offset) / dilation + 1, kernel);
  r.end = max64(r.begin, r.end);
  return r;
}

struct Plan {  // what all rows share, in scratch of the calling thread
  const Pool2dShape& s;
  Range* columns;         // per result column: kernel columns inside the image
  int64_t* counted;       // per result column: kernel columns that count in the mean
  int64_t* rows_counted;  // per result row likewise
  int64_t* covering;      // per image column, kernel_w places: result columns that cover it
  int64_t* covering_count;
  bool full_columns = true;  // no result column reaches beyond the image

  Plan(const Pool2dShape& shape, bool backward) : s(shape) {
    columns = scratch<Range>(s.out_w);
    counted = scratch<int64_t>(s.out_w);
    rows_counted = scratch<int64_t>(s.out_h);
    for (int64_t j = 0; j < s.out_w; ++j) {
      const int64_t offset = j * s.stride_w - s.pad_left;
      columns[j] = taps_between(offset, s.dilation_w, s.kernel_w, 0, s.in_w);
      full_columns &= columns[j].end - columns[j].begin == s.kernel_w;
      counted[j] = counted_taps(offset, s.dilation_w, s.kernel_w, s.pad_left, s.in_w, s.pad_right);
    }
    for (int64_t i = 0; i < s.out_h; ++i) {
      rows_counted[i] = counted_taps(i * s.stride_h - s.pad_top, s.dilation_h, s.kernel_h,
                                     s.pad_top, s.in_h, s.pad_bottom);
    }
    covering = backward ? scratch<int64_t>(s.in_w * s.kernel_w) : nullptr;
    covering_count = backward ? scratch<int64_t>(s.in_w) : nullptr;
    for (int64_t x = 0; backward && x < s.in_w; ++x) {
      covering_count[x] = cover(x + s.pad_left, s.stride_w, s.dilation_w, s.kernel_w, s.out_w,
                                covering + x * s.kernel_w);
    }
  }
  int64_t counted_taps(int64_t offset, int64_t dilation, int64_t kernel, int64_t before,
                       int64_t size, int64_t after) const {
    const Range r = s.count_pad ? taps_between(offset, dilation, kernel, -before, size + after)
                                : taps_between(offset, dilation, kernel, 0, size);
    return r.end - r.begin;
  }
  // Writes the result positions whose windows cover `at` (counted from the padding's edge),
  // ascending, and returns how many there are.
  static int64_t cover(int64_t at, int64_t stride, int64_t dilation, int64_t kernel,
                       int64_t positions, int64_t* found) {
    int64_t count = 0;
    for (int64_t k = kernel - 1; k >= 0; --k) {
      const int64_t offset = at - k * dilation;
      if (offset < 0 || offset % stride != 0 || offset / stride >= positions) continue;
      found[count++] = offset / stride;
    }
    return count;
  }
  int64_t row_size() const { return s.out_w * s.channels; }
  int64_t grain() const {
    return max64(kChunkElements / max64(row_size() * s.kernel_h * s.kernel_w, 1), 1);
  }
  // Mean's divisor; a window of nothing but uncounted padding has the sum 0.
  template <typename T>
  T divisor(int64_t i, int64_t j) const {
    return static_cast<T>(max64(rows_counted[i] * counted[j], 1));
  }
};

// The cells of the window of result (i, j): row p, column q of it lie at
// first + (p * row_step + q * col_step) * channels, p < rows, q < cols.
struct Cells {
  int64_t rows, cols, first, row_step, col_step;
};

inline Cells cells_of(const Plan& plan, const Range& taps, int64_t i, int64_t j) {
  const Pool2dShape& s = plan.s;
  const Range columns = plan.columns[j];
  Cells c;
  c.rows = taps.end - taps.begin;
  c.cols = columns.end - columns.begin;
  c.row_step = s.dilation_h * s.in_w;
  c.col_step = s.dilation_w;
  c.first = (i * s.stride_h - s.pad_top + taps.begin * s.dilation_h) * s.in_w + j * s.stride_w -
            s.pad_left + columns.begin * s.dilation_w;
  return c;
}

inline Range row_taps(const Pool2dShape& s, int64_t i) {
  return taps_between(i * s.stride_h - s.pad_top, s.dilation_h, s.kernel_h, 0, s.in_h);
}

// Lanes for this many channels: half a vector where that holds them all.
template <typename T>
constexpr int kFull = kVectorOfBytes / static_cast<int>(sizeof(T));
template <typename T>
constexpr int kHalf = kVectorOfBytes >= 32 ? kFull<T> / 2 : kFull<T>;

// Calls body(lanes as a compile-time constant): single lanes when a vector that starts at the last
// of `end` elements could leave the `total` elements of a tensor.
template <typename T, typename F>
inline void with_lanes(int64_t channels, int64_t end, int64_t total, const F& body) {
  if (channels <= kHalf<T> && end + kHalf<T> <= total) {
    body(Types<T, kHalf<T>>{});
  } else if (channels > kHalf<T> && end + kFull<T> <= total) {
    body(Types<T, kFull<T>>{});
  } else {
    body(Types<T, 1>{});
  }
}
template <typename T, int lanes>
constexpr int lanes_in(Types<T, lanes>) {
  return lanes;
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
