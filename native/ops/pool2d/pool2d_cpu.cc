// Max and average pooling, NHWC.
//
//   max      y[i, j, d] = max over (p, q) of x[i*sh + p*dh - pt, j*sw + q*dw - pl, d]
//   average  the mean of the same cells; backward spreads dy back over them
//
// One task is one result row (forward) or one row of dx (backward), so no two tasks write the same
// place and the order of every sum is fixed. Within a row the loops run tap by tap: with few
// channels (LeNet has 1, 6 and 16) the pixels of a tap are first gathered into a contiguous row, and
// the arithmetic then runs over (j, d) as one long vector loop; with many it runs over the channels
// of each pixel in place. Limited by memory when channels are many, by the gathering otherwise.
#include "core/kernel.h"
#include "ops/pool2d/pool2d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// From this many channels on a pixel's own loop is long enough; below, rows are gathered.
constexpr int64_t kManyChannels = 32;
constexpr int64_t kChunkElements = 1 << 15;  // results times taps per parallel chunk

// Result positions [begin, end) of a row whose tap lies inside the source.
struct Range {
  int64_t begin, end;
};

Range inside(int64_t offset, int64_t stride, int64_t positions, int64_t source) {
  Range r;
  r.begin = offset >= 0 ? 0 : div_up(-offset, stride);
  r.end = offset >= source ? 0 : min64((source - 1 - offset) / stride + 1, positions);
  r.begin = min64(r.begin, max64(r.end, 0));
  r.end = max64(r.end, r.begin);
  return r;
}

// Taps k in [0, kernel) with low <= offset + k * dilation < high.
int64_t taps_between(int64_t offset, int64_t dilation, int64_t kernel, int64_t low, int64_t high) {
  int64_t count = 0;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t at = offset + k * dilation;
    count += at >= low && at < high ? 1 : 0;
  }
  return count;
}

template <typename T, int channels>
void gather_pixels(T* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t count, int64_t step) {
  for (int64_t j = 0; j < count; ++j) {
    memcpy(to + j * channels, from + j * step, channels * sizeof(T));
  }
}

// to[j, d] = from[j * step + d].
template <typename T>
void gather(T* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t count, int64_t channels,
            int64_t step) {
  if (channels == 1 && step == 2) {
    for (int64_t j = 0; j < count; ++j) to[j] = from[2 * j];
    return;
  }
  switch (channels) {
    case 1: return gather_pixels<T, 1>(to, from, count, step);
    case 2: return gather_pixels<T, 2>(to, from, count, step);
    case 3: return gather_pixels<T, 3>(to, from, count, step);
    case 4: return gather_pixels<T, 4>(to, from, count, step);
    case 6: return gather_pixels<T, 6>(to, from, count, step);
    case 8: return gather_pixels<T, 8>(to, from, count, step);
    case 16: return gather_pixels<T, 16>(to, from, count, step);
    default:
      for (int64_t j = 0; j < count; ++j) {
        for (int64_t d = 0; d < channels; ++d) to[j * channels + d] = from[j * step + d];
      }
  }
}

template <typename T, int channels>
void scatter_pixels(T* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t count, int64_t step) {
  for (int64_t j = 0; j < count; ++j) {
#pragma GCC unroll 16
    for (int d = 0; d < channels; ++d) to[j * step + d] += from[j * channels + d];
  }
}

// to[j * step + d] += from[j, d].
template <typename T>
void scatter_add(T* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t count, int64_t channels,
                 int64_t step) {
  switch (channels) {
    case 1: return scatter_pixels<T, 1>(to, from, count, step);
    case 2: return scatter_pixels<T, 2>(to, from, count, step);
    case 3: return scatter_pixels<T, 3>(to, from, count, step);
    case 4: return scatter_pixels<T, 4>(to, from, count, step);
    case 6: return scatter_pixels<T, 6>(to, from, count, step);
    case 8: return scatter_pixels<T, 8>(to, from, count, step);
    case 16: return scatter_pixels<T, 16>(to, from, count, step);
    default:
      for (int64_t j = 0; j < count; ++j) {
        for (int64_t d = 0; d < channels; ++d) to[j * step + d] += from[j * channels + d];
      }
  }
}

// A NaN wins over every number and the first of several stays: a value is better than the best so
// far unless it is smaller or equal, or the best is a NaN already.
template <typename T>
void take_max(T* NRT_RESTRICT best, const T* NRT_RESTRICT v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const bool keep = (v[i] <= best[i]) | (best[i] != best[i]);
    best[i] = keep ? best[i] : v[i];
  }
}

// The same with the position of the winner; `start` [i] + base is the position of v[i].
template <typename T>
void take_max_at(T* NRT_RESTRICT best, int32_t* NRT_RESTRICT at, const T* NRT_RESTRICT v,
                 const int32_t* NRT_RESTRICT start, int32_t base, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const bool keep = (v[i] <= best[i]) | (best[i] != best[i]);
    best[i] = keep ? best[i] : v[i];
    at[i] = keep ? at[i] : start[i] + base;
  }
}

template <typename T>
void take_max_here(T* NRT_RESTRICT best, int32_t* NRT_RESTRICT at, const T* NRT_RESTRICT v,
                   int32_t position, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const bool keep = (v[i] <= best[i]) | (best[i] != best[i]);
    best[i] = keep ? best[i] : v[i];
    at[i] = keep ? at[i] : position;
  }
}

template <typename T>
void add(T* NRT_RESTRICT sum, const T* NRT_RESTRICT v, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += v[i];
}

// What every row needs: lanes of a result row are (j, d), `row_size` of them.
template <typename T>
struct Plan {
  const Pool2dShape& s;
  int64_t row_size;
  Range* columns;    // per kernel column: result positions with a source cell
  int32_t* start;    // per lane: j * stride_w, the window's first column (without padding)
  int32_t* first;    // per lane: column of the window's first cell inside the image, or -1
  int32_t* counted;  // per lane: columns of the window that count in the mean

  explicit Plan(const Pool2dShape& shape) : s(shape), row_size(shape.out_w * shape.channels) {
    columns = scratch<Range>(s.kernel_w);
    start = scratch<int32_t>(row_size);
    first = scratch<int32_t>(row_size);
    counted = scratch<int32_t>(row_size);
    for (int64_t q = 0; q < s.kernel_w; ++q) {
      columns[q] = inside(q * s.dilation_w - s.pad_left, s.stride_w, s.out_w, s.in_w);
    }
    const int64_t low = s.count_pad ? -s.pad_left : 0;
    const int64_t high = s.in_w + (s.count_pad ? s.pad_right : 0);
    for (int64_t j = 0; j < s.out_w; ++j) {
      const int64_t offset = j * s.stride_w - s.pad_left;
      const int64_t skipped = offset >= 0 ? 0 : div_up(-offset, s.dilation_w);
      const int64_t cell = offset + skipped * s.dilation_w;
      const bool exists = skipped < s.kernel_w && cell < s.in_w;
      const int64_t counts = taps_between(offset, s.dilation_w, s.kernel_w, low, high);
      for (int64_t d = 0; d < s.channels; ++d) {
        start[j * s.channels + d] = static_cast<int32_t>(min64(j * s.stride_w, INT32_MAX));
        first[j * s.channels + d] = exists ? static_cast<int32_t>(cell) : -1;
        counted[j * s.channels + d] = static_cast<int32_t>(counts);
      }
    }
  }

  int64_t row_of(int64_t i, int64_t p) const {
    return i * s.stride_h + p * s.dilation_h - s.pad_top;
  }
  int64_t col_of(int64_t j, int64_t q) const {
    return j * s.stride_w + q * s.dilation_w - s.pad_left;
  }
  // Rows of window i that count in the mean.
  int64_t rows_counted(int64_t i) const {
    return taps_between(i * s.stride_h - s.pad_top, s.dilation_h, s.kernel_h,
                        s.count_pad ? -s.pad_top : 0, s.in_h + (s.count_pad ? s.pad_bottom : 0));
  }
  int64_t grain() const {
    return max64(kChunkElements / max64(row_size * s.kernel_h * s.kernel_w, 1), 1);
  }
};

// Runs visit(row, q) for every source row of result row i, in row-major order of the taps.
template <typename T, typename F>
void each_tap(const Plan<T>& plan, int64_t i, const F& visit) {
  const Pool2dShape& s = plan.s;
  for (int64_t p = 0; p < s.kernel_h; ++p) {
    const int64_t row = plan.row_of(i, p);
    if (row < 0 || row >= s.in_h) continue;
    for (int64_t q = 0; q < s.kernel_w; ++q) {
      if (plan.columns[q].begin < plan.columns[q].end) visit(row, q);
    }
  }
}

// The winner's position when no cell beats minus infinity: the first cell, -1 without any.
template <typename T>
void start_positions(const Plan<T>& plan, int64_t i, int32_t* NRT_RESTRICT at) {
  const Pool2dShape& s = plan.s;
  const int64_t offset = i * s.stride_h - s.pad_top;
  const int64_t row = offset + (offset >= 0 ? 0 : div_up(-offset, s.dilation_h)) * s.dilation_h;
  const bool exists = row < s.in_h && row < offset + s.kernel_h * s.dilation_h;
  const int32_t base = exists ? static_cast<int32_t>(row * s.in_w) : 0;
  for (int64_t l = 0; l < plan.row_size; ++l) {
    at[l] = exists && plan.first[l] >= 0 ? base + plan.first[l] : -1;
  }
}

template <typename T>
void max_row(const Plan<T>& plan, int64_t i, T* y, int32_t* at, const T* image, T* gathered) {
  const Pool2dShape& s = plan.s;
  const int64_t c = s.channels;
  for (int64_t l = 0; l < plan.row_size; ++l) y[l] = -static_cast<T>(INFINITY);
  if (at != nullptr) start_positions(plan, i, at);
  each_tap(plan, i, [&](int64_t row, int64_t q) {
    const Range r = plan.columns[q];
    const T* from = image + (row * s.in_w + plan.col_of(r.begin, q)) * c;
    const int64_t lane = r.begin * c, count = r.end - r.begin;
    if (c >= kManyChannels) {
      for (int64_t j = r.begin; j < r.end; ++j, from += s.stride_w * c) {
        const auto position = static_cast<int32_t>(row * s.in_w + plan.col_of(j, q));
        if (at == nullptr) {
          take_max(y + j * c, from, c);
        } else {
          take_max_here(y + j * c, at + j * c, from, position, c);
        }
      }
      return;
    }
    gather(gathered, from, count, c, s.stride_w * c);
    if (at == nullptr) {
      take_max(y + lane, gathered, count * c);
    } else {
      const auto base = static_cast<int32_t>(row * s.in_w + q * s.dilation_w - s.pad_left);
      take_max_at(y + lane, at + lane, gathered, plan.start + lane, base, count * c);
    }
  });
}

template <typename T>
void max_forward(T* y, int32_t* argmax, const T* x, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan<T> plan(s);
  parallel(s.images * s.out_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    T* gathered = scratch<T>(plan.row_size);
    for (int64_t row = begin; row < end; ++row) {
      const T* image = x + row / s.out_h * s.in_h * s.in_w * s.channels;
      int32_t* at = argmax == nullptr ? nullptr : argmax + row * plan.row_size;
      max_row(plan, row % s.out_h, y + row * plan.row_size, at, image, gathered);
    }
  });
}

template <typename T>
void average_row(const Plan<T>& plan, int64_t i, T* NRT_RESTRICT y, const T* image, T* gathered) {
  const Pool2dShape& s = plan.s;
  const int64_t c = s.channels;
  memset(y, 0, static_cast<size_t>(plan.row_size) * sizeof(T));
  each_tap(plan, i, [&](int64_t row, int64_t q) {
    const Range r = plan.columns[q];
    const T* from = image + (row * s.in_w + plan.col_of(r.begin, q)) * c;
    if (c >= kManyChannels) {
      for (int64_t j = r.begin; j < r.end; ++j, from += s.stride_w * c) add(y + j * c, from, c);
      return;
    }
    gather(gathered, from, r.end - r.begin, c, s.stride_w * c);
    add(y + r.begin * c, gathered, (r.end - r.begin) * c);
  });
  const T rows = static_cast<T>(plan.rows_counted(i));
  for (int64_t l = 0; l < plan.row_size; ++l) {
    const T cells = rows * static_cast<T>(plan.counted[l]);
    y[l] /= cells > T(1) ? cells : T(1);
  }
}

template <typename T>
void average_forward(T* y, const T* x, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan<T> plan(s);
  parallel(s.images * s.out_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    T* gathered = scratch<T>(plan.row_size);
    for (int64_t row = begin; row < end; ++row) {
      const T* image = x + row / s.out_h * s.in_h * s.in_w * s.channels;
      average_row(plan, row % s.out_h, y + row * plan.row_size, image, gathered);
    }
  });
}

// Adds to one row of dx what every window position hands back. share(i, lane, q, count, to) writes
// the values of `count` lanes of result row i from `lane` on, for kernel column q.
template <typename T, typename F>
void backward_row(const Plan<T>& plan, int64_t row, T* NRT_RESTRICT dx, T* shared, const F& share) {
  const Pool2dShape& s = plan.s;
  const int64_t c = s.channels;
  memset(dx, 0, static_cast<size_t>(s.in_w * c) * sizeof(T));
  for (int64_t p = 0; p < s.kernel_h; ++p) {
    const int64_t offset = row + s.pad_top - p * s.dilation_h;
    if (offset < 0 || offset % s.stride_h != 0 || offset / s.stride_h >= s.out_h) continue;
    for (int64_t q = 0; q < s.kernel_w; ++q) {
      const Range r = plan.columns[q];
      if (r.begin >= r.end) continue;
      share(offset / s.stride_h, r.begin * c, q, (r.end - r.begin) * c, shared);
      T* to = dx + plan.col_of(r.begin, q) * c;
      if (c >= kManyChannels) {
        for (int64_t j = 0; j < r.end - r.begin; ++j) add(to + j * s.stride_w * c, shared + j * c, c);
      } else {
        scatter_add(to, shared, r.end - r.begin, c, s.stride_w * c);
      }
    }
  }
}

template <typename T>
void share_max(T* NRT_RESTRICT to, const T* NRT_RESTRICT dy, const int32_t* NRT_RESTRICT at,
               const int32_t* NRT_RESTRICT start, int32_t base, int64_t count) {
  for (int64_t l = 0; l < count; ++l) to[l] = at[l] == start[l] + base ? dy[l] : T(0);
}

template <typename T>
void max_backward(T* dx, const T* dy, const int32_t* argmax, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan<T> plan(s);
  parallel(s.images * s.in_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    T* shared = scratch<T>(plan.row_size);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task % s.in_h, image = task / s.in_h * s.out_h * plan.row_size;
      backward_row(plan, row, dx + task * s.in_w * s.channels, shared,
                   [&](int64_t i, int64_t lane, int64_t q, int64_t count, T* to) {
                     const int64_t from = image + i * plan.row_size + lane;
                     const int64_t base = row * s.in_w + q * s.dilation_w - s.pad_left;
                     share_max(to, dy + from, argmax + from, plan.start + lane,
                               static_cast<int32_t>(base), count);
                   });
    }
  });
}

template <typename T>
void share_mean(T* NRT_RESTRICT to, const T* NRT_RESTRICT dy, const int32_t* NRT_RESTRICT counted,
                T rows, int64_t count) {
  for (int64_t l = 0; l < count; ++l) {
    const T cells = rows * static_cast<T>(counted[l]);
    to[l] = dy[l] / (cells > T(1) ? cells : T(1));
  }
}

template <typename T>
void average_backward(T* dx, const T* dy, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan<T> plan(s);
  parallel(s.images * s.in_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    T* shared = scratch<T>(plan.row_size);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task % s.in_h, image = task / s.in_h * s.out_h * plan.row_size;
      backward_row(plan, row, dx + task * s.in_w * s.channels, shared,
                   [&](int64_t i, int64_t lane, int64_t, int64_t count, T* to) {
                     share_mean(to, dy + image + i * plan.row_size + lane, plan.counted + lane,
                                static_cast<T>(plan.rows_counted(i)), count);
                   });
    }
  });
}

}  // namespace

extern const Pool2dKernels pool2d_kernels;
const Pool2dKernels pool2d_kernels = {
    {max_forward<float>, max_backward<float>, average_forward<float>, average_backward<float>},
    {max_forward<double>, max_backward<double>, average_forward<double>, average_backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
