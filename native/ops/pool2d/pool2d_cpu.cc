// Max and average pooling, NHWC.
//
//   max      y[i, j, d] = max over (p, q) of x[i*sh + p*dh - pt, j*sw + q*dw - pl, d]
//   average  the mean of the same cells; backward spreads dy back over them
//
// One task is one row of the result (forward) or of dx (backward, which gathers from the windows
// over a cell): no two tasks write the same place and the order of every sum is fixed.
//
// Within a row every pixel's channels go through registers, a vector of lanes at a time, over all
// cells of the window, and are stored once. A vector may reach into the next pixel (LeNet's six
// channels in eight lanes): the surplus is stored too and overwritten by that pixel, which follows;
// at the end of a row only the lanes that exist are stored, and a row whose reads could leave the
// tensor is done with single lanes. Limited by memory with many channels, by instructions with few.
#include "core/kernel.h"
#include "ops/pool2d/pool2d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

#if defined(NRT_ISA_AVX512)
constexpr int kVectorBytes = 64;
#elif defined(NRT_ISA_AVX2)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
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

// Stores the first `room` lanes, or all when there is room for them.
template <typename V, typename T>
inline __attribute__((always_inline)) void store(T* to, const V& v, int64_t room) {
  constexpr int64_t lanes = sizeof(V) / sizeof(T);
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

// Vectors of one pixel that go through registers together: a large window then reads whole runs of
// cache lines per cell, not one line.
constexpr int kManyVectors = 4;

// Calls body(first channel, number of vectors as a constant) over the channels of a pixel.
template <int lanes, typename F>
inline __attribute__((always_inline)) void each_channel_block(int64_t channels, const F& body) {
  int64_t d = 0;
  for (; d + kManyVectors * lanes <= channels; d += kManyVectors * lanes) {
    body(d, Constant<kManyVectors>{});
  }
  for (; d < channels; d += lanes) body(d, Constant<1>{});
}

// Calls body(rows, cols), as constants for the usual windows so that their loops unroll.
template <typename F>
inline __attribute__((always_inline)) void with_window(const Cells& cells, const F& body) {
  if (cells.rows == 2 && cells.cols == 2) {
    body(Constant<2>{}, Constant<2>{});
  } else if (cells.rows == 3 && cells.cols == 3) {
    body(Constant<3>{}, Constant<3>{});
  } else {
    body(cells.rows, cells.cols);
  }
}

// One pixel. Cells are visited last to first, so that of equal ones and of several NaNs the first
// wins: a value replaces the best where it is not smaller or is a NaN.
template <typename T, int lanes, int vectors, bool with_positions>
inline __attribute__((always_inline)) void max_pixel(const Cells& cells, const T* image, int64_t c,
                                                     T* y, int32_t* argmax, int64_t room) {
  typedef typename Types<T, lanes>::Values Values;
  typedef typename Types<T, lanes>::Positions Positions;
  typedef typename Types<T, lanes>::Wide Wide;
  Values best[vectors];
  Positions at[vectors];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    best[v] = Values{} - static_cast<T>(INFINITY);
    at[v] = Positions{} + static_cast<Wide>(cells.rows > 0 && cells.cols > 0 ? cells.first : -1);
  }
  with_window(cells, [&](auto rows, auto cols) __attribute__((always_inline)) {
    for (int64_t p = rows - 1; p >= 0; --p) {
      for (int64_t q = cols - 1; q >= 0; --q) {
        const int64_t cell = cells.first + p * cells.row_step + q * cells.col_step;
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
          Values value;
          load(value, image + cell * c + v * lanes);
          const Positions better = (value >= best[v]) | (value != value);
          best[v] = better ? value : best[v];
          if (with_positions) at[v] = better ? Positions{} + static_cast<Wide>(cell) : at[v];
        }
      }
    }
  });
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    store(y + v * lanes, best[v], room - v * lanes);
    if (with_positions) {
      store(argmax + v * lanes,
            __builtin_convertvector(at[v], typename Types<T, lanes>::Stored), room - v * lanes);
    }
  }
}

// A row of pixels of one vector each, two by two cells: LeNet's window, without bookkeeping per
// pixel. `from` is the first pixel's first cell, at position `first` of the plane.
template <typename T, int lanes, bool with_positions>
__attribute__((noinline)) void max_row_of_four(const T* from, int64_t first, const Cells& cells,
                                               int64_t step, int64_t pixels, int64_t c, T* y,
                                               int32_t* argmax, int64_t room) {
  typedef typename Types<T, lanes>::Values Values;
  typedef typename Types<T, lanes>::Positions Positions;
  typedef typename Types<T, lanes>::Wide Wide;
  const int64_t right = cells.col_step * c, below = cells.row_step * c;
  const Positions to_right = Positions{} + static_cast<Wide>(cells.col_step);
  const Positions to_below = Positions{} + static_cast<Wide>(cells.row_step);
  Positions at = Positions{} + static_cast<Wide>(first);
  for (int64_t j = 0; j < pixels; ++j, from += step * c, at += static_cast<Wide>(step)) {
    Values a, b, e, f;
    load(a, from);
    load(b, from + right);
    load(e, from + below);
    load(f, from + below + right);
    const Positions left_above = (a >= b) | (a != a), left_below = (e >= f) | (e != e);
    const Values above = left_above ? a : b, under = left_below ? e : f;
    const Positions top = (above >= under) | (above != above);
    store(y + j * c, Values(top ? above : under), room - j * c);
    if (with_positions) {
      const Positions won = top ? (left_above ? at : at + to_right)
                                : (left_below ? at : at + to_right) + to_below;
      store(argmax + j * c, __builtin_convertvector(won, typename Types<T, lanes>::Stored),
            room - j * c);
    }
  }
}

template <typename T, int lanes, bool with_positions>
void max_row(const Plan& plan, int64_t i, T* y, int32_t* argmax, const T* image) {
  const int64_t c = plan.s.channels, size = plan.row_size();
  const Range taps = row_taps(plan.s, i);
  if (c <= lanes && plan.full_columns && plan.s.kernel_w == 2 && taps.end - taps.begin == 2) {
    const Cells cells = cells_of(plan, taps, i, 0);
    max_row_of_four<T, lanes, with_positions>(image + cells.first * c, cells.first, cells,
                                              plan.s.stride_w, plan.s.out_w, c, y, argmax, size);
    return;
  }
  for (int64_t j = 0; j < plan.s.out_w; ++j) {
    const Cells cells = cells_of(plan, taps, i, j);
    each_channel_block<lanes>(c, [&](int64_t d, auto vectors) __attribute__((always_inline)) {
      const int64_t lane = j * c + d;
      max_pixel<T, lanes, decltype(vectors)::value, with_positions>(
          cells, image + d, c, y + lane, with_positions ? argmax + lane : nullptr, size - lane);
    });
  }
}

template <typename T, int lanes, int vectors>
inline __attribute__((always_inline)) void average_pixel(const Cells& cells, const T* image,
                                                         int64_t c, T divisor, T* y, int64_t room) {
  typedef typename Types<T, lanes>::Values Values;
  Values sum[vectors] = {};
  with_window(cells, [&](auto rows, auto cols) __attribute__((always_inline)) {
    for (int64_t p = 0; p < rows; ++p) {
      for (int64_t q = 0; q < cols; ++q) {
        const int64_t cell = cells.first + p * cells.row_step + q * cells.col_step;
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
          Values value;
          load(value, image + cell * c + v * lanes);
          sum[v] += value;
        }
      }
    }
  });
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) store(y + v * lanes, sum[v] / divisor, room - v * lanes);
}

template <typename T, int lanes>
void average_row(const Plan& plan, int64_t i, T* y, const T* image) {
  const int64_t c = plan.s.channels, size = plan.row_size();
  const Range taps = row_taps(plan.s, i);
  for (int64_t j = 0; j < plan.s.out_w; ++j) {
    const Cells cells = cells_of(plan, taps, i, j);
    const T divisor = plan.divisor<T>(i, j);
    each_channel_block<lanes>(c, [&](int64_t d, auto vectors) __attribute__((always_inline)) {
      average_pixel<T, lanes, decltype(vectors)::value>(cells, image + d, c, divisor,
                                                        y + j * c + d, size - (j * c + d));
    });
  }
}

// dx of one image row from the windows that cover it; `argmax` null means average.
template <typename T, int lanes, bool average>
void backward_row(const Plan& plan, int64_t row, T* dx, const T* dy, const int32_t* argmax,
                  const int64_t* windows, int64_t window_count) {
  typedef typename Types<T, lanes>::Values Values;
  typedef typename Types<T, lanes>::Positions Positions;
  typedef typename Types<T, lanes>::Stored Stored;
  typedef typename Types<T, lanes>::Wide Wide;
  const Pool2dShape& s = plan.s;
  const int64_t c = s.channels, size = s.in_w * c;
  for (int64_t x = 0; x < s.in_w; ++x) {
    const int64_t* covering = plan.covering + x * s.kernel_w;
    const int64_t count = plan.covering_count[x];
    const Positions here = Positions{} + static_cast<Wide>(row * s.in_w + x);
    for (int64_t d = 0; d < c; d += lanes) {
      Values sum = {};
      for (int64_t a = 0; a < window_count; ++a) {
        for (int64_t b = 0; b < count; ++b) {
          const int64_t from = (windows[a] * s.out_w + covering[b]) * c + d;
          Values v;
          load(v, dy + from);
          if (average) {
            sum += v / plan.divisor<T>(windows[a], covering[b]);
          } else {
            Stored at;
            load(at, argmax + from);
            sum += __builtin_convertvector(at, Positions) == here ? v : Values{};
          }
        }
      }
      store(dx + x * c + d, sum, size - (x * c + d));
    }
  }
}

// Windows side by side without gap or overlap (2x2, step 2): each cell has one window, whose values
// are loaded once per row of dx and stored under each of its columns. One vector per pixel.
template <typename T, int lanes, bool average>
__attribute__((noinline)) void backward_row_tiled(const Plan& plan, int64_t row, T* dx, const T* dy,
                                                  const int32_t* argmax, int64_t window) {
  typedef typename Types<T, lanes>::Values Values;
  typedef typename Types<T, lanes>::Positions Positions;
  typedef typename Types<T, lanes>::Stored Stored;
  typedef typename Types<T, lanes>::Wide Wide;
  const int64_t c = plan.s.channels, size = plan.s.in_w * c, kernel_w = plan.s.kernel_w;
  const int64_t windows = plan.s.out_w;
  const T divisor = average ? plan.divisor<T>(window, 0) : T(1);
  Positions here = Positions{} + static_cast<Wide>(row * plan.s.in_w);
  T* const begin = dx;
  for (int64_t j = 0, from = window * windows * c; j < windows; ++j, from += c) {
    Values v;
    load(v, dy + from);
    Positions at = {};
    if (average) {
      v /= divisor;
    } else {
      Stored stored;
      load(stored, argmax + from);
      at = __builtin_convertvector(stored, Positions);
    }
    for (int64_t q = 0; q < kernel_w; ++q, dx += c, here += static_cast<Wide>(1)) {
      store(dx, average ? v : Values(at == here ? v : Values{}), begin + size - dx);
    }
  }
  memset(dx, 0, static_cast<size_t>(begin + size - dx) * sizeof(T));
}

// Lanes for this many channels: half a vector where that holds them all.
template <typename T>
constexpr int kFull = kVectorBytes / static_cast<int>(sizeof(T));
template <typename T>
constexpr int kHalf = kVectorBytes >= 32 ? kFull<T> / 2 : kFull<T>;

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

// Runs body(image, result row, lanes) for every result row, in parallel.
template <typename T, typename F>
void each_result_row(const Plan& plan, const F& body) {
  const Pool2dShape& s = plan.s;
  const int64_t image_size = s.in_h * s.in_w * s.channels;
  parallel(s.images * s.out_h, plan.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / s.out_h, i = task % s.out_h;
      const int64_t last = i * s.stride_h - s.pad_top + (s.kernel_h - 1) * s.dilation_h;
      const int64_t read = (min64(max64(last, 0), max64(s.in_h - 1, 0)) + 1) * s.in_w * s.channels;
      with_lanes<T>(s.channels, image * image_size + read, s.images * image_size,
                    [&](auto types) { body(image * image_size, task, i, types); });
    }
  });
}

template <typename T>
void max_forward(T* y, int32_t* argmax, const T* x, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan plan(s, false);
  const int64_t size = plan.row_size();
  each_result_row<T>(plan, [&](int64_t image, int64_t task, int64_t i, auto types) {
    constexpr int lanes = lanes_in(decltype(types){});
    if (argmax == nullptr) {
      max_row<T, lanes, false>(plan, i, y + task * size, nullptr, x + image);
    } else {
      max_row<T, lanes, true>(plan, i, y + task * size, argmax + task * size, x + image);
    }
  });
}

template <typename T>
void average_forward(T* y, const T* x, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan plan(s, false);
  each_result_row<T>(plan, [&](int64_t image, int64_t task, int64_t i, auto types) {
    constexpr int lanes = lanes_in(decltype(types){});
    average_row<T, lanes>(plan, i, y + task * plan.row_size(), x + image);
  });
}

template <typename T, bool average>
void backward(T* dx, const T* dy, const int32_t* argmax, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan plan(s, true);
  const int64_t image_size = s.out_h * plan.row_size();
  const bool tiled = s.stride_w == s.kernel_w && s.dilation_w == 1 && s.pad_left == 0 &&
                     s.out_w > 0 && plan.full_columns;
  parallel(s.images * s.in_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    int64_t* windows = scratch<int64_t>(s.kernel_h);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / s.in_h * image_size, row = task % s.in_h;
      const int64_t count = Plan::cover(row + s.pad_top, s.stride_h, s.dilation_h, s.kernel_h,
                                        s.out_h, windows);
      const int64_t read = count > 0 ? (windows[count - 1] + 1) * plan.row_size() : 0;
      with_lanes<T>(s.channels, image + read, s.images * image_size, [&](auto types) {
        constexpr int lanes = lanes_in(decltype(types){});
        T* to = dx + task * s.in_w * s.channels;
        const int32_t* positions = average ? nullptr : argmax + image;
        if (tiled && count == 1 && s.channels <= lanes) {
          backward_row_tiled<T, lanes, average>(plan, row, to, dy + image, positions, windows[0]);
        } else {
          backward_row<T, lanes, average>(plan, row, to, dy + image, positions, windows, count);
        }
      });
    }
  });
}

template <typename T>
void average_backward(T* dx, const T* dy, const Pool2dShape& s) {
  backward<T, true>(dx, dy, nullptr, s);
}

}  // namespace

extern const Pool2dKernels pool2d_kernels;
const Pool2dKernels pool2d_kernels = {
    {max_forward<float>, backward<float, false>, average_forward<float>, average_backward<float>},
    {max_forward<double>, backward<double, false>, average_forward<double>,
     average_backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
