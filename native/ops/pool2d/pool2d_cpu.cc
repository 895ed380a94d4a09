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
// tensor is done with single lanes. A dx larger than the caches is stored past them where pixels are
// whole cache lines (results of forward are not: two such streams beside three rows of reading were
// slower). Limited by memory with many channels, by instructions with few.
#include "ops/pool2d/pool2d_plan.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

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
    store<false>(y + v * lanes, best[v], room - v * lanes);
    if (with_positions) {
      store<false>(argmax + v * lanes,
                  __builtin_convertvector(at[v], typename Types<T, lanes>::Stored),
                  room - v * lanes);
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
    store<false>(y + j * c, Values(top ? above : under), room - j * c);
    if (with_positions) {
      const Positions won = top ? (left_above ? at : at + to_right)
                                : (left_below ? at : at + to_right) + to_below;
      store<false>(argmax + j * c, __builtin_convertvector(won, typename Types<T, lanes>::Stored),
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
  for (int v = 0; v < vectors; ++v) store<false>(y + v * lanes, Values(sum[v] / divisor), room - v * lanes);
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
template <typename T, int lanes, bool average, bool past>
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
    each_channel_block<lanes>(c, [&](int64_t d, auto constant) __attribute__((always_inline)) {
      constexpr int vectors = decltype(constant)::value;
      Values sum[vectors] = {};
      for (int64_t a = 0; a < window_count; ++a) {
        for (int64_t b = 0; b < count; ++b) {
          const int64_t from = (windows[a] * s.out_w + covering[b]) * c + d;
          const T divisor = average ? plan.divisor<T>(windows[a], covering[b]) : T(1);
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v) {
            Values g;
            load(g, dy + from + v * lanes);
            if (average) {
              sum[v] += g / divisor;
              continue;
            }
            Stored at;
            load(at, argmax + from + v * lanes);
            sum[v] += __builtin_convertvector(at, Positions) == here ? g : Values{};
          }
        }
      }
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        store<past>(dx + x * c + d + v * lanes, sum[v], size - (x * c + d + v * lanes));
      }
    });
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
      store<false>(dx, average ? v : Values(at == here ? v : Values{}), begin + size - dx);
    }
  }
  memset(dx, 0, static_cast<size_t>(begin + size - dx) * sizeof(T));
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

// One row of dx.
template <typename T, bool average, bool past>
void backward_task(const Plan& plan, int64_t task, T* dx, const T* dy, const int32_t* argmax,
                   int64_t* windows) {
  const Pool2dShape& s = plan.s;
  const int64_t image_size = s.out_h * plan.row_size();
  const bool tiled = s.stride_w == s.kernel_w && s.dilation_w == 1 && s.pad_left == 0 &&
                     s.out_w > 0 && plan.full_columns;
  const int64_t image = task / s.in_h * image_size, row = task % s.in_h;
  const int64_t count =
      Plan::cover(row + s.pad_top, s.stride_h, s.dilation_h, s.kernel_h, s.out_h, windows);
  const int64_t read = count > 0 ? (windows[count - 1] + 1) * plan.row_size() : 0;
  with_lanes<T>(s.channels, image + read, s.images * image_size, [&](auto types) {
    constexpr int lanes = lanes_in(decltype(types){});
    T* to = dx + task * s.in_w * s.channels;
    const int32_t* positions = average ? nullptr : argmax + image;
    if (tiled && count == 1 && s.channels <= lanes) {
      backward_row_tiled<T, lanes, average>(plan, row, to, dy + image, positions, windows[0]);
    } else {
      backward_row<T, lanes, average, past>(plan, row, to, dy + image, positions, windows, count);
    }
  });
  if (past) stream_done();
}

template <typename T, bool average>
void backward(T* dx, const T* dy, const int32_t* argmax, const Pool2dShape& s) {
  const ScratchMark mark;
  const Plan plan(s, true);
  const bool past = rows_worth_streaming(dx, s.images * s.in_h * s.in_w,
                                         s.channels * static_cast<int64_t>(sizeof(T)));
  const auto run = past ? backward_task<T, average, true> : backward_task<T, average, false>;
  parallel(s.images * s.in_h, plan.grain(), [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    int64_t* windows = scratch<int64_t>(s.kernel_h);
    for (int64_t task = begin; task < end; ++task) run(plan, task, dx, dy, argmax, windows);
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
