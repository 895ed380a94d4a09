// Micro-kernel of backward-weights: a block of `rows` x `length` weights (kernel rows times
// neighbouring (kw, c) entries) by one panel of output channels, summed over a rectangle of pixels
// with all sums in registers. For kernel files only.
//
//   sum[s][l][lane] += sum over images m, pixels i, j of
//                      x[m * x_image + i * x_row + j * x_step + s * x_gap + l] * dy[m, i, j][lane]
//
// Both operands are read where they lie: the entries of one pixel's window are contiguous in the
// padded NHWC input, dy's panel is contiguous over channels. Per pixel rows * length broadcasts
// serve rows * length * vectors FMAs.
#pragma once

#include "ops/conv2d/conv2d_vector.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
struct OuterInput {
  const T* x;
  int64_t x_image, x_row, x_step, x_gap;
  const T* dy;
  int64_t dy_image, dy_row, dy_step;
  int64_t images, pixel_rows, pixel_cols;
  T* sum;             // of the first weight; [lanes] are neighbours
  int64_t sum_step;   // elements from one entry's sums to the next one's
  int64_t sum_gap;    // elements from one kernel row's sums to the next one's
  // Memory that outer<.., true> fetches into the second-level cache meanwhile, bytes per pixel.
  const char *ahead_x, *ahead_dy;
  int64_t ahead_x_step, ahead_dy_step;
};

template <typename T, int width>
struct OuterTypes {
  static constexpr int lanes = width == kHalf ? kLanes<T> / 2 : kLanes<T>;
  static constexpr int vectors = width == kTwo ? 2 : 1;
  typedef typename VectorOf<T, lanes>::type V;
};

// Largest block: accumulators, the panel's vectors and one broadcast stay in registers.
constexpr int kOuterBlock[3] = {kRegisters == 32 ? 28 : 12, kRegisters == 32 ? 28 : 12,
                                kRegisters == 32 ? 14 : 6};
constexpr int kOuterLength = 14;
constexpr int kOuterRows = 5;

template <typename T, int width, int rows, int length, bool ahead>
void outer(const OuterInput<T>& in) {
  typedef typename OuterTypes<T, width>::V V;
  constexpr int vectors = OuterTypes<T, width>::vectors, lanes = OuterTypes<T, width>::lanes;
  V acc[rows][length][vectors];
#pragma GCC unroll 8
  for (int s = 0; s < rows; ++s) {
#pragma GCC unroll 16
    for (int l = 0; l < length; ++l) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        load(acc[s][l][v], in.sum + s * in.sum_gap + l * in.sum_step + v * lanes);
      }
    }
  }
  const char *ahead_x = in.ahead_x, *ahead_dy = in.ahead_dy;
  int64_t m = 0, i = 0;
  for (int64_t line = in.images * in.pixel_rows; line > 0; --line) {
    const T* x[rows];
#pragma GCC unroll 8
    for (int s = 0; s < rows; ++s) x[s] = in.x + m * in.x_image + i * in.x_row + s * in.x_gap;
    const T* dy = in.dy + m * in.dy_image + i * in.dy_row;
    for (int64_t j = in.pixel_cols; j > 0; --j) {
      V panel[vectors];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) load(panel[v], dy + v * lanes);
      dy += in.dy_step;
      if (ahead) {
        __builtin_prefetch(ahead_x, 0, 2);
        ahead_x += in.ahead_x_step;
        __builtin_prefetch(ahead_dy, 0, 2);
        ahead_dy += in.ahead_dy_step;
      }
#pragma GCC unroll 8
      for (int s = 0; s < rows; ++s) {
#pragma GCC unroll 16
        for (int l = 0; l < length; ++l) {
          const T value = x[s][l];
#pragma GCC unroll 2
          for (int v = 0; v < vectors; ++v) acc[s][l][v] += panel[v] * value;
        }
        x[s] += in.x_step;
      }
    }
    if (++i == in.pixel_rows) {
      i = 0;
      ++m;
    }
  }
#pragma GCC unroll 8
  for (int s = 0; s < rows; ++s) {
#pragma GCC unroll 16
    for (int l = 0; l < length; ++l) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        store(in.sum + s * in.sum_gap + l * in.sum_step + v * lanes, acc[s][l][v]);
      }
    }
  }
}

// sum[lane] += sum over the same pixels of dy[m, i, j][lane]: the panel's share of dbias. Four sums
// run side by side, because one addition waits four cycles for the one before.
template <typename T, int width>
void sum_panel(const OuterInput<T>& in, T* sum) {
  typedef typename OuterTypes<T, width>::V V;
  constexpr int vectors = OuterTypes<T, width>::vectors, lanes = OuterTypes<T, width>::lanes;
  V acc[4][vectors] = {};
  for (int64_t line = 0; line < in.images * in.pixel_rows; ++line) {
    const T* dy = in.dy + line / in.pixel_rows * in.dy_image + line % in.pixel_rows * in.dy_row;
    int64_t j = 0;
    for (; j + 4 <= in.pixel_cols; j += 4) {
#pragma GCC unroll 4
      for (int u = 0; u < 4; ++u, dy += in.dy_step) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) {
          V value;
          load(value, dy + v * lanes);
          acc[u][v] += value;
        }
      }
    }
    for (; j < in.pixel_cols; ++j, dy += in.dy_step) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        V value;
        load(value, dy + v * lanes);
        acc[0][v] += value;
      }
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

template <typename T>
void sum_panel(int width, const OuterInput<T>& in, T* sum) {
  if (width == kTwo) {
    sum_panel<T, kTwo>(in, sum);
  } else if (width == kOne) {
    sum_panel<T, kOne>(in, sum);
  } else {
    sum_panel<T, kHasHalf<T> ? kHalf : kOne>(in, sum);
  }
}

template <typename T>
using OuterFunction = void (*)(const OuterInput<T>&);

template <int width, int rows, int length>
constexpr bool kOuterFits = rows * length <= kOuterBlock[width];

// outer_for<T>(width, rows, length), for rows in {1, 2, 3, 5} and blocks that fit.
#define NRT_OUTER(w, r, n, ahead) \
  outer<T, w, kOuterFits<w, r, n> ? (r) : 1, kOuterFits<w, r, n> ? (n) : 1, ahead>
#define NRT_OUTER_ROW(w, r, a)                                                              \
  {NRT_OUTER(w, r, 1, a),  NRT_OUTER(w, r, 2, a),  NRT_OUTER(w, r, 3, a),                   \
   NRT_OUTER(w, r, 4, a),  NRT_OUTER(w, r, 5, a),  NRT_OUTER(w, r, 6, a),                   \
   NRT_OUTER(w, r, 7, a),  NRT_OUTER(w, r, 8, a),  NRT_OUTER(w, r, 9, a),                   \
   NRT_OUTER(w, r, 10, a), NRT_OUTER(w, r, 11, a), NRT_OUTER(w, r, 12, a),                  \
   NRT_OUTER(w, r, 13, a), NRT_OUTER(w, r, 14, a)}
template <typename T>
OuterFunction<T> outer_for(int width, int64_t rows, int64_t length) {
#define NRT_OUTER_ROWS(w)                                       \
  {NRT_OUTER_ROW(w, 1, false), NRT_OUTER_ROW(w, 2, false),      \
   NRT_OUTER_ROW(w, 3, false), NRT_OUTER_ROW(w, 5, false)}
  constexpr int half = kHasHalf<T> ? kHalf : kOne;
  static const OuterFunction<T> table[3][4][kOuterLength] = {
      NRT_OUTER_ROWS(half), NRT_OUTER_ROWS(kOne), NRT_OUTER_ROWS(kTwo)};
#undef NRT_OUTER_ROWS
  return table[width][rows == 5 ? 3 : rows - 1][length - 1];
}

// The same for one kernel row and fetching ahead; or null.
template <typename T>
OuterFunction<T> outer_ahead_for(int width, int64_t length) {
  static const OuterFunction<T> table[kOuterLength] = NRT_OUTER_ROW(kTwo, 1, true);
  return width == kTwo ? table[length - 1] : nullptr;
}
#undef NRT_OUTER_ROW
#undef NRT_OUTER

// How the weights of one panel are cut into blocks: `rows` kernel rows at a time (5, 3, 2 or 1, the
// rest singly) and runs in balanced pieces of at most `length`.
inline int64_t outer_length(int width, int64_t run) {
  const int64_t most = kOuterBlock[width] < kOuterLength ? kOuterBlock[width] : kOuterLength;
  return div_up(run, div_up(run, most));
}
inline int64_t outer_rows(int width, int64_t kernel_rows, int64_t length) {
  const int64_t fits = min64(kOuterBlock[width] / length, kernel_rows);
  return fits >= kOuterRows ? kOuterRows : min64(fits, 3);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
