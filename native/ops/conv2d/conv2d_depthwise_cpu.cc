// Depthwise convolution (one input and one output channel per group): the lanes are channels.
//
//   y[i, j, d]  = sum over (p, q) of x[.., d] * w[p, q, d]
//   dx          the same over dy with the kernel reversed, one phase per stride (see Axis)
//   dw[p, q, d] = sum over pixels of x[.., d] * dy[i, j, d]
//
// Nothing is padded or copied: kernel rows outside the image are left out per result row, kernel
// columns per result pixel at the two ends of a row; the pixels between them run four at a time, so
// that a weight is loaded once for four pixels. Limited by memory for 3x3 kernels.
#include "ops/conv2d/conv2d_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kChunkWork = 1 << 19;  // multiply-adds; few per byte here
constexpr int64_t kMostChunks = 16;
constexpr int kPixels = 4;

template <typename T>
struct DepthTile {
  const T* in;
  int64_t in_step, row_gap, col_gap;
  int64_t tap_rows, tap_cols;
  int64_t next_row;  // from the first tap to the row that the next row of results sees first
  const T* w;
  int64_t w_row, w_col;  // elements from one tap row or column to the next, maybe negative
  const T* bias;
  T* out;
  int64_t out_step;
  int32_t activation;
};

// Channels [d, d + lanes * vectors) of `pixels` neighbouring results; `columns` of the kernel, or 0
// where their number is not known to the compiler.
template <typename T, int lanes, int vectors, int pixels, int columns>
inline __attribute__((always_inline)) void depth_block(const DepthTile<T>& t, int64_t d) {
  typedef typename VectorOf<T, lanes>::type V;
  V acc[pixels][vectors] = {};
  if (lanes == kLanes<T>) {
#pragma GCC unroll 4
    for (int r = 0; r < pixels; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        __builtin_prefetch(t.in + t.next_row + r * t.in_step + d + v * lanes);
      }
    }
  }
  for (int64_t a = 0; a < t.tap_rows; ++a) {
#pragma GCC unroll 3
    for (int64_t b = 0; b < (columns > 0 ? columns : t.tap_cols); ++b) {
      const T* in = t.in + a * t.row_gap + b * t.col_gap + d;
      const T* w = t.w + a * t.w_row + b * t.w_col + d;
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        V weight;
        load(weight, w + v * lanes);
#pragma GCC unroll 4
        for (int r = 0; r < pixels; ++r) {
          V value;
          load(value, in + r * t.in_step + v * lanes);
          acc[r][v] += value * weight;
        }
      }
    }
  }
  const V zero = {};
#pragma GCC unroll 2
  for (int v = 0; v < vectors; ++v) {
    V bias = {};
    if (t.bias != nullptr) load(bias, t.bias + d + v * lanes);
#pragma GCC unroll 4
    for (int r = 0; r < pixels; ++r) {
      V sum = acc[r][v] + bias;
      if (t.activation == NRT_UNARY_RELU) sum = sum < zero ? zero : sum;
      store(t.out + r * t.out_step + d + v * lanes, sum);
    }
  }
}

// Calls body(first channel, vector of lanes, number of vectors) over all channels: pairs of
// vectors, one, half a vector, then single channels.
template <int n>
struct Count {};
template <typename T, typename F>
inline __attribute__((always_inline)) void each_block(int64_t channels, const F& body) {
  constexpr int lanes = kLanes<T>;
  int64_t d = 0;
  for (; d + 2 * lanes <= channels; d += 2 * lanes) body(d, Count<lanes>{}, Count<2>{});
  for (; d + lanes <= channels; d += lanes) body(d, Count<lanes>{}, Count<1>{});
  if (kHasHalf<T> && d + lanes / 2 <= channels) {
    body(d, Count<kHasHalf<T> ? lanes / 2 : 1>{}, Count<1>{});
    d += lanes / 2;
  }
  for (; d < channels; ++d) body(d, Count<1>{}, Count<1>{});
}

template <typename T, int pixels, int columns, int lanes, int vectors>
inline void depth_block(const DepthTile<T>& t, int64_t d, Count<lanes>, Count<vectors>) {
  depth_block<T, lanes, vectors, pixels, columns>(t, d);
}

template <typename T, int pixels>
void depth_pixels(const DepthTile<T>& t, int64_t channels) {
  if (pixels > 1 && t.tap_cols == 3) {
    each_block<T>(channels, [&](int64_t d, auto lanes, auto vectors) {
      depth_block<T, pixels, 3>(t, d, lanes, vectors);
    });
  } else {
    each_block<T>(channels, [&](int64_t d, auto lanes, auto vectors) {
      depth_block<T, pixels, 0>(t, d, lanes, vectors);
    });
  }
  if (t.activation != NRT_UNARY_IDENTITY && t.activation != NRT_UNARY_RELU) {
    for (int r = 0; r < pixels; ++r) activate(t.out + r * t.out_step, channels, t.activation);
  }
}

template <typename T>
struct Depth {
  Axis rows, cols;
  int64_t images, channels, kernel_w;
  int64_t out_h, out_w;
  T* out;
  const T* in;
  const T* w;
  const T* bias;
  int32_t activation;
};

// One row of results.
template <typename T>
void depth_row(const Depth<T>& d, int64_t image, int64_t t) {
  const int64_t c = d.channels;
  const Taps rows = d.rows.taps_inside(t);
  DepthTile<T> tile;
  tile.in_step = d.cols.step * c;
  tile.row_gap = d.rows.gap * d.cols.source * c;
  tile.col_gap = d.cols.gap * c;
  tile.tap_rows = rows.count;
  tile.next_row = ((rows.count - 1) * d.rows.gap + d.rows.step) * d.cols.source * c;
  tile.w_row = d.rows.tap_step * d.kernel_w * c;
  tile.w_col = d.cols.tap_step * c;
  tile.bias = d.bias;
  tile.out_step = d.cols.out_step * c;
  tile.activation = d.activation;
  const T* w = d.w + (d.rows.tap_first * d.kernel_w + d.cols.tap_first) * c +
               rows.first * tile.w_row;
  const int64_t source_row = d.rows.begin(t) + rows.first * d.rows.gap;
  T* out = d.out + ((image * d.out_h + d.rows.out_first + t * d.rows.out_step) * d.out_w +
                    d.cols.out_first) * c;
  for (int64_t u = 0; u < d.cols.positions;) {
    const Taps cols = d.cols.taps_inside(u);
    const bool whole = cols.count == d.cols.taps && u + kPixels <= d.cols.positions &&
                       d.cols.taps_inside(u + kPixels - 1).count == d.cols.taps;
    const int64_t source_col = d.cols.begin(u) + cols.first * d.cols.gap;
    tile.tap_cols = cols.count;
    tile.in = rows.count > 0 && cols.count > 0
                  ? d.in + ((image * d.rows.source + source_row) * d.cols.source + source_col) * c
                  : nullptr;
    tile.w = w + cols.first * tile.w_col;
    tile.out = out + u * tile.out_step;
    if (whole) {
      depth_pixels<T, kPixels>(tile, c);
      u += kPixels;
    } else {
      depth_pixels<T, 1>(tile, c);
      ++u;
    }
  }
}

template <typename T>
void run(const Depth<T>& d) {
  if (d.rows.positions <= 0 || d.cols.positions <= 0) return;
  const int64_t work = d.cols.positions * d.channels * (d.rows.taps * d.cols.taps + 1);
  parallel(d.images * d.rows.positions, max64(kChunkWork / work, 1),
           [&](int64_t begin, int64_t end) {
             for (int64_t task = begin; task < end; ++task) {
               depth_row(d, task / d.rows.positions, task % d.rows.positions);
             }
           });
}

// sum[d ..] += sum over pixels of x * dy for one tap and one row; four partial sums in turn.
template <typename T, int lanes, int vectors>
void tap_block(T* sum, const T* x, int64_t x_step, const T* dy, int64_t dy_step, int64_t pixels) {
  typedef typename VectorOf<T, lanes>::type V;
  V acc[4][vectors] = {};
  int64_t j = 0;
  for (; j + 4 <= pixels; j += 4) {
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u, x += x_step, dy += dy_step) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        V a, b;
        load(a, x + v * lanes);
        load(b, dy + v * lanes);
        acc[u][v] += a * b;
      }
    }
  }
  for (; j < pixels; ++j, x += x_step, dy += dy_step) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      V a, b;
      load(a, x + v * lanes);
      load(b, dy + v * lanes);
      acc[0][v] += a * b;
    }
  }
#pragma GCC unroll 2
  for (int v = 0; v < vectors; ++v) {
    V total;
    load(total, sum + v * lanes);
    total += (acc[0][v] + acc[1][v]) + (acc[2][v] + acc[3][v]);
    store(sum + v * lanes, total);
  }
}

template <typename T, int lanes, int vectors>
inline void tap_block(Count<lanes>, Count<vectors>, T* sum, const T* x, int64_t x_step, const T* dy,
                      int64_t dy_step, int64_t pixels) {
  tap_block<T, lanes, vectors>(sum, x, x_step, dy, dy_step, pixels);
}

// Adds to the sums of one tap over single pixels, all channels.
template <typename T>
void tap_channels(T* sum, const T* x, const T* dy, int64_t channels) {
  NRT_INDEPENDENT
  for (int64_t d = 0; d < channels; ++d) sum[d] += x[d] * dy[d];
}

// A rectangle of pixels all of whose taps (of kernel rows [p, p + taps)) lie inside the image.
template <typename T>
struct TapsInput {
  T* sum;
  int64_t sum_row, sum_col;
  const T* x;
  int64_t x_row, x_step, x_gap_row, x_gap_col;
  const T* dy;
  int64_t dy_row, dy_step;
  int64_t rows, cols;
};

// The sums of kh x kw taps and one or two vectors of channels stay in registers over the rectangle.
template <typename T, int lanes, int vectors, int kh, int kw>
void taps_block(const TapsInput<T>& in, int64_t d) {
  typedef typename VectorOf<T, lanes>::type V;
  V acc[kh][kw][vectors];
#pragma GCC unroll 8
  for (int p = 0; p < kh; ++p) {
#pragma GCC unroll 8
    for (int q = 0; q < kw; ++q) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        load(acc[p][q][v], in.sum + p * in.sum_row + q * in.sum_col + d + v * lanes);
      }
    }
  }
  for (int64_t i = 0; i < in.rows; ++i) {
    const T* x = in.x + i * in.x_row + d;
    const T* dy = in.dy + i * in.dy_row + d;
    for (int64_t j = 0; j < in.cols; ++j, x += in.x_step, dy += in.dy_step) {
      __builtin_prefetch(dy + in.dy_row);
      __builtin_prefetch(x + (kh - 1) * in.x_gap_row + in.x_row);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        V gradient;
        load(gradient, dy + v * lanes);
#pragma GCC unroll 8
        for (int p = 0; p < kh; ++p) {
#pragma GCC unroll 8
          for (int q = 0; q < kw; ++q) {
            V value;
            load(value, x + p * in.x_gap_row + q * in.x_gap_col + v * lanes);
            acc[p][q][v] += value * gradient;
          }
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < kh; ++p) {
#pragma GCC unroll 8
    for (int q = 0; q < kw; ++q) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        store(in.sum + p * in.sum_row + q * in.sum_col + d + v * lanes, acc[p][q][v]);
      }
    }
  }
}

template <typename T, int kh, int kw, int lanes, int vectors>
inline void taps_block(const TapsInput<T>& in, int64_t d, Count<lanes>, Count<vectors>) {
  // Two vectors of nine taps need more than sixteen registers.
  constexpr int at_once = kRegisters == 32 || kh * kw * vectors <= 12 ? vectors : 1;
#pragma GCC unroll 2
  for (int v = 0; v < vectors; v += at_once) taps_block<T, lanes, at_once, kh, kw>(in, d + v * lanes);
}

template <typename T, int kh, int kw>
void taps(const TapsInput<T>& in, int64_t channels) {
  if (in.rows <= 0 || in.cols <= 0) return;
  each_block<T>(channels, [&](int64_t d, auto lanes, auto vectors) {
    taps_block<T, kh, kw>(in, d, lanes, vectors);
  });
}

// Adds result rows [begin, end) of one image to dw, for kernels of three columns: whole rectangles
// of pixels at once, and the two ends of each row pixel by pixel.
template <typename T>
void weights_rows(const Conv2dShape& s, T* sums, const T* x, const T* dy, int64_t begin,
                  int64_t end) {
  const int64_t c = s.in_c;
  const Axis rows = forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
  const Axis cols = forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
  int64_t left = 0, right = s.out_w;
  while (left < right && cols.taps_inside(left).count < cols.taps) ++left;
  while (right > left && cols.taps_inside(right - 1).count < cols.taps) --right;
  TapsInput<T> in;
  in.sum_col = c;
  in.sum_row = s.kernel_w * c;
  in.x_step = s.stride_w * c;
  in.x_row = s.stride_h * s.in_w * c;
  in.x_gap_row = s.dilation_h * s.in_w * c;
  in.x_gap_col = s.dilation_w * c;
  in.dy_step = c;
  in.dy_row = s.out_w * c;
  in.cols = right - left;
  for (int64_t i = begin; i < end;) {
    const Taps inside = rows.taps_inside(i);
    const bool whole = s.kernel_h == 3 && inside.count == 3;
    int64_t last = i + 1;
    while (whole && last < end && rows.taps_inside(last).count == 3) ++last;
    in.dy = dy + (i * s.out_w + left) * c;
    for (int64_t p = inside.first; p < inside.first + inside.count; p += whole ? 3 : 1) {
      in.sum = sums + p * in.sum_row;
      in.x = x + ((rows.begin(i) + p * rows.gap) * s.in_w + cols.begin(left)) * c;
      in.rows = last - i;
      if (whole) {
        taps<T, 3, 3>(in, c);
      } else {
        taps<T, 1, 3>(in, c);
      }
    }
    i = last;
  }
  for (int64_t i = begin; i < end; ++i) {
    const Taps inside = rows.taps_inside(i);
    for (int64_t at = 0; at < s.out_w - (right - left); ++at) {
      const int64_t j = at < left ? at : at + (right - left);
      const Taps within = cols.taps_inside(j);
      for (int64_t p = inside.first; p < inside.first + inside.count; ++p) {
        for (int64_t q = within.first; q < within.first + within.count; ++q) {
          tap_channels(sums + (p * s.kernel_w + q) * c,
                       x + ((rows.begin(i) + p * rows.gap) * s.in_w + cols.begin(j) + q * cols.gap) * c,
                       dy + (i * s.out_w + j) * c, c);
        }
      }
    }
  }
}

// The same for one row and any kernel, tap by tap.
template <typename T>
void weights_row(const Conv2dShape& s, T* sums, const T* x, const T* dy, int64_t i) {
  const int64_t c = s.in_c;
  for (int64_t p = 0; p < s.kernel_h; ++p) {
    const int64_t row = i * s.stride_h + p * s.dilation_h - s.pad_top;
    if (row < 0 || row >= s.in_h) continue;
    for (int64_t q = 0; q < s.kernel_w; ++q) {
      const int64_t offset = q * s.dilation_w - s.pad_left;
      const int64_t begin = offset >= 0 ? 0 : div_up(-offset, s.stride_w);
      const int64_t end =
          offset >= s.in_w ? 0 : min64((s.in_w - 1 - offset) / s.stride_w + 1, s.out_w);
      if (begin >= end) continue;
      const T* from = x + (row * s.in_w + begin * s.stride_w + offset) * c;
      T* sum = sums + (p * s.kernel_w + q) * c;
      each_block<T>(c, [&](int64_t d, auto lanes, auto vectors) {
        tap_block(lanes, vectors, sum + d, from + d, s.stride_w * c, dy + begin * c + d, c,
                  end - begin);
      });
    }
  }
}

// Adds result rows [begin, end) of one image to the chunk's dw [taps][c] and dbias [c] (or null).
template <typename T>
void add_rows(const Conv2dShape& s, T* sums, T* biases, const T* x, const T* dy, int64_t begin,
              int64_t end) {
  const int64_t row = s.out_w * s.in_c;
  if (s.kernel_w == 3) {
    weights_rows(s, sums, x, dy, begin, end);
  } else {
    for (int64_t i = begin; i < end; ++i) weights_row(s, sums, x, dy + i * row, i);
  }
  for (int64_t j = begin * s.out_w; biases != nullptr && j < end * s.out_w; ++j) {
    const T* from = dy + j * s.in_c;
    for (int64_t d = 0; d < s.in_c; ++d) biases[d] += from[d];
  }
}

}  // namespace

bool conv2d_is_depthwise(const Conv2dShape& s) {
  return s.groups > 1 && s.groups == s.in_c && s.groups == s.out_c;
}

template <typename T>
void conv2d_depthwise(T* y, const T* x, const T* w, const T* bias, const Conv2dShape& s) {
  const Axis rows =
      forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
  const Axis cols =
      forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
  run(Depth<T>{rows, cols, s.images, s.in_c, s.kernel_w, s.out_h, s.out_w, y, x, w, bias,
               s.activation});
}

template <typename T>
void conv2d_depthwise_data(T* dx, const T* dy, const T* w, const Conv2dShape& s) {
  for (int64_t i = 0; i < s.stride_h; ++i) {
    const Axis rows =
        phase_axis(i, s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
    for (int64_t j = 0; j < s.stride_w; ++j) {
      const Axis cols =
          phase_axis(j, s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
      run(Depth<T>{rows, cols, s.images, s.in_c, s.kernel_w, s.in_h, s.in_w, dx, dy, w, nullptr,
                   NRT_UNARY_IDENTITY});
    }
  }
}

template <typename T>
void conv2d_depthwise_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& s) {
  const ScratchMark mark;
  const int64_t size = s.kernel_h * s.kernel_w * s.in_c, tasks = s.images * s.out_h;
  const int64_t grain =
      max64(max64(div_up(tasks, kMostChunks), kChunkWork / max64(s.out_w * size, 1)), 1);
  const int64_t chunks = max64(div_up(tasks, grain), 1), stride = size + s.in_c;
  T* partials = scratch<T>(chunks * stride);
  memset(partials, 0, static_cast<size_t>(chunks * stride) * sizeof(T));
  parallel(tasks, grain, [&](int64_t begin, int64_t end) {
    T* sums = partials + begin / grain * stride;
    for (int64_t task = begin; task < end;) {
      const int64_t image = task / s.out_h, row = task % s.out_h;
      const int64_t last = min64(row + end - task, s.out_h);
      add_rows(s, sums, dbias == nullptr ? nullptr : sums + size,
               x + image * s.in_h * s.in_w * s.in_c, dy + image * s.out_h * s.out_w * s.in_c, row,
               last);
      task += last - row;
    }
  });
  for (int64_t chunk = 1; chunk < chunks; ++chunk) {
    const T* NRT_RESTRICT from = partials + chunk * stride;
    for (int64_t k = 0; k < stride; ++k) partials[k] += from[k];
  }
  memcpy(dw, partials, static_cast<size_t>(size) * sizeof(T));
  if (dbias != nullptr) memcpy(dbias, partials + size, static_cast<size_t>(s.in_c) * sizeof(T));
}

#define NRT_INSTANTIATE(T)                                                                       \
  template void conv2d_depthwise<T>(T*, const T*, const T*, const T*, const Conv2dShape&);       \
  template void conv2d_depthwise_data<T>(T*, const T*, const T*, const Conv2dShape&);            \
  template void conv2d_depthwise_weights<T>(T*, T*, const T*, const T*, const Conv2dShape&);
NRT_INSTANTIATE(float)
NRT_INSTANTIATE(double)
#undef NRT_INSTANTIATE

}  // namespace NRT_ISA_NS
}  // namespace nrt
