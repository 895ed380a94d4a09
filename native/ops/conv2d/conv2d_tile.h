// Micro-kernel of forward and backward-data: `pixels` neighbouring results of one row times one
// panel of output channels, all sums in registers. For kernel files only.
//
//   acc[r][lane] = sum over tap rows i, runs j, k < run of
//                  a[i * row_gap + j * run_gap + r * step + k] * b[..][lane]
//
// a is the padded input itself (no im2col): a run is contiguous there, (kw, c) when columns are not
// dilated, c otherwise. b is the packed panel [taps * c][lanes], read once, in order. Per k one
// broadcast serves all vectors of the panel; three pixels share a base pointer (base, base + step,
// base + 2 * step are addressing modes), so 14 pixels need 5 pointers.
#pragma once

#include "ops/conv2d/conv2d_vector.h"
#include "ops/unary/unary.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Pixels per tile. 14 x 2 accumulators + 2 vectors of b + the broadcast fill 32 registers and fit
// the usual widths (56, 28, 14); 6 x 2 fill 16.
constexpr int kTilePixels[3] = {kRegisters == 32 ? 14 : 12, kRegisters == 32 ? 14 : 12,
                                kRegisters == 32 ? 14 : 6};

template <typename T>
struct TileInput {
  const T* a;
  int64_t step;               // elements from one pixel to the next
  int64_t tap_rows, row_gap;  // kernel rows, elements between them
  int64_t runs, run_gap;      // contiguous runs per kernel row, elements between them
  int64_t run;                // elements of one run
  const T* b;
  int64_t b_row;              // elements of b from one tap row to the next
  const int8_t* skips;        // for edge_tile, one per run
  const char* ahead;          // memory to fetch into the second-level cache meanwhile,
  int64_t ahead_step;         // bytes per step of k
};

template <typename T>
struct TileOutput {
  T* out;
  int64_t pitch;     // elements from one pixel to the next
  int64_t valid;     // channels of the panel that exist
  const T* bias;     // padded to the panel's lanes, or null
  int32_t activation;
  bool streamed;     // whole aligned panels that no cache should keep
};

template <typename T, int width>
struct TileTypes {
  static constexpr int lanes = width == kHalf ? kLanes<T> / 2 : kLanes<T>;
  static constexpr int vectors = width == kTwo ? 2 : 1;
  typedef typename VectorOf<T, lanes>::type V;
};

inline float exponential(float x) { return expf(x); }
inline double exponential(double x) { return exp(x); }
inline float hyperbolic_tangent(float x) { return tanhf(x); }
inline double hyperbolic_tangent(double x) { return tanh(x); }

template <typename T>
void activate(T* v, int64_t count, int32_t activation) {
  if (activation == NRT_UNARY_SIGMOID) {
    for (int64_t i = 0; i < count; ++i) v[i] = T(1) / (T(1) + exponential(-v[i]));
  } else if (activation == NRT_UNARY_TANH) {
    for (int64_t i = 0; i < count; ++i) v[i] = hyperbolic_tangent(v[i]);
  }
}

// Adds the bias, applies relu and stores pixel r of a tile. A NaN stays one under relu.
//
// Channels that do not fill the panel (LeNet's six): where pixels are neighbours in memory the
// whole panel is stored and the next pixel overwrites the surplus; only a tile's last pixels, which
// nothing follows, are stored channel by channel.
template <typename T, int width>
inline __attribute__((always_inline)) void finish_pixel(typename TileTypes<T, width>::V* acc,
                                                        const TileOutput<T>& o, int64_t r,
                                                        int64_t pixels) {
  typedef typename TileTypes<T, width>::V V;
  constexpr int vectors = TileTypes<T, width>::vectors, lanes = TileTypes<T, width>::lanes;
  const V zero = {};
#pragma GCC unroll 2
  for (int v = 0; v < vectors; ++v) {
    if (o.bias != nullptr) {
      V bias;
      load(bias, o.bias + v * lanes);
      acc[v] += bias;
    }
    if (o.activation == NRT_UNARY_RELU) acc[v] = acc[v] < zero ? zero : acc[v];
  }
  T* to = o.out + r * o.pitch;
  if (o.streamed) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) stream(to + v * lanes, acc[v]);
    return;
  }
  const int64_t surplus = vectors * lanes - o.valid;
  if (surplus == 0 || (o.pitch == o.valid && surplus <= (pixels - 1 - r) * o.pitch)) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) store(to + v * lanes, acc[v]);
    return;
  }
  T all[vectors * lanes];
#pragma GCC unroll 2
  for (int v = 0; v < vectors; ++v) store(all + v * lanes, acc[v]);
  for (int64_t i = 0; i < o.valid; ++i) to[i] = all[i];
}

// acc[r] += a[r * step + k] * b[k] for the pixels r in [low, high) and k < run.
template <typename T, int width, int pixels, int low, int high>
inline __attribute__((always_inline)) void multiply_run(
    typename TileTypes<T, width>::V (&acc)[pixels][TileTypes<T, width>::vectors], const T* a,
    int64_t step, const T* b, int64_t run, const char*& ahead, int64_t ahead_step) {
  typedef typename TileTypes<T, width>::V V;
  constexpr int vectors = TileTypes<T, width>::vectors, lanes = TileTypes<T, width>::lanes;
  constexpr int bases = (high - low + 2) / 3;
  const T* base[bases];
#pragma GCC unroll 8
  for (int r = 0; r < bases; ++r) base[r] = a + (low + 3 * r) * step;
  for (int64_t k = run; k > 0; --k) {
    V panel[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) load(panel[v], b + v * lanes);
    b += vectors * lanes;
    __builtin_prefetch(ahead, 0, 2);
    ahead += ahead_step;
#pragma GCC unroll 16
    for (int r = low; r < high; ++r) {
      const T value = base[(r - low) / 3][((r - low) % 3) * step];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) acc[r][v] += panel[v] * value;
    }
#pragma GCC unroll 8
    for (int r = 0; r < bases; ++r) ++base[r];
  }
}

template <typename T, int width, int pixels>
inline __attribute__((always_inline)) void finish_tile(
    typename TileTypes<T, width>::V (&acc)[pixels][TileTypes<T, width>::vectors],
    const TileOutput<T>& o) {
#pragma GCC unroll 16
  for (int r = 0; r < pixels; ++r) finish_pixel<T, width>(acc[r], o, r, pixels);
  if (o.activation != NRT_UNARY_IDENTITY && o.activation != NRT_UNARY_RELU) {
    for (int r = 0; r < pixels; ++r) activate(o.out + r * o.pitch, o.valid, o.activation);
  }
}

template <typename T, int width, int pixels>
void tile(const TileInput<T>& in, const TileOutput<T>& o) {
  constexpr int vectors = TileTypes<T, width>::vectors, lanes = TileTypes<T, width>::lanes;
  typename TileTypes<T, width>::V acc[pixels][vectors] = {};
  const char* ahead = in.ahead;
  for (int64_t i = 0; i < in.tap_rows; ++i) {
    const T* b = in.b + i * in.b_row;
    for (int64_t j = 0; j < in.runs; ++j, b += in.run * vectors * lanes) {
      multiply_run<T, width, pixels, 0, pixels>(acc, in.a + i * in.row_gap + j * in.run_gap,
                                                in.step, b, in.run, ahead, in.ahead_step);
    }
  }
  finish_tile<T, width, pixels>(acc, o);
}

// The same at the left or right end of a row, on the input without its zero padding: run j leaves
// out the first skips[j] pixels, or the last -skips[j], which would see only padding. They are
// neither copied nor multiplied.
constexpr int kMostSkipped = 2;

template <typename T, int width, int pixels>
void edge_tile(const TileInput<T>& in, const TileOutput<T>& o) {
  constexpr int vectors = TileTypes<T, width>::vectors, lanes = TileTypes<T, width>::lanes;
  constexpr int one = pixels > 1 ? 1 : 0, two = pixels > 2 ? 2 : one;
  typename TileTypes<T, width>::V acc[pixels][vectors] = {};
  const char* ahead = in.ahead;
  for (int64_t i = 0; i < in.tap_rows; ++i) {
    const T* a = in.a + i * in.row_gap;
    const T* b = in.b + i * in.b_row;
    for (int64_t j = 0; j < in.runs; ++j, a += in.run_gap, b += in.run * vectors * lanes) {
      switch (in.skips[j]) {
        case 0:
          multiply_run<T, width, pixels, 0, pixels>(acc, a, in.step, b, in.run, ahead,
                                                       in.ahead_step);
          break;
        case 1:
          multiply_run<T, width, pixels, one, pixels>(acc, a, in.step, b, in.run, ahead,
                                                       in.ahead_step);
          break;
        case -1:
          multiply_run<T, width, pixels, 0, pixels - one>(acc, a, in.step, b, in.run, ahead,
                                                       in.ahead_step);
          break;
        case 2:
          multiply_run<T, width, pixels, two, pixels>(acc, a, in.step, b, in.run, ahead,
                                                       in.ahead_step);
          break;
        default:
          multiply_run<T, width, pixels, 0, pixels - two>(acc, a, in.step, b, in.run, ahead,
                                                       in.ahead_step);
          break;
      }
    }
  }
  finish_tile<T, width, pixels>(acc, o);
}

// The same for one input channel and step 1 (the first layer of LeNet): neighbouring pixels share
// their inputs, so every input is broadcast once for all columns of the kernel, whose weights stay
// in registers, instead of once per pixel and column.
template <typename T, int width, int pixels, int taps>
void line_tile(const TileInput<T>& in, const TileOutput<T>& o) {
  typedef typename TileTypes<T, width>::V V;
  constexpr int lanes = TileTypes<T, width>::lanes;
  V acc[pixels][1] = {};
  for (int64_t i = 0; i < in.tap_rows; ++i) {
    const T* a = in.a + i * in.row_gap;
    V w[taps];
#pragma GCC unroll 8
    for (int q = 0; q < taps; ++q) load(w[q], in.b + (i * taps + q) * lanes);
#pragma GCC unroll 32
    for (int t = 0; t < pixels + taps - 1; ++t) {
      const V value = V{} + a[t];
#pragma GCC unroll 8
      for (int q = 0; q < taps; ++q) {
        if (t - q >= 0 && t - q < pixels) acc[t - q][0] += w[q] * value;
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < pixels; ++r) finish_pixel<T, width>(acc[r], o, r, pixels);
  if (o.activation != NRT_UNARY_IDENTITY && o.activation != NRT_UNARY_RELU) {
    for (int r = 0; r < pixels; ++r) activate(o.out + r * o.pitch, o.valid, o.activation);
  }
}

template <typename T>
using TileFunction = void (*)(const TileInput<T>&, const TileOutput<T>&);

// A line_tile for these numbers, or null: kernels of three or five columns, at most one vector of
// channels, eight to fourteen pixels, levels with enough registers.
template <typename T>
TileFunction<T> line_tile_for(int width, int64_t pixels, int64_t taps) {
  constexpr int fewest = 8;
  if (kRegisters < 32 || width == kTwo || pixels < fewest || (taps != 3 && taps != 5)) {
    return nullptr;
  }
#define NRT_LINE_TILE(w, n, t) \
  line_tile<T, kRegisters < 32 ? kOne : (w), kRegisters < 32 ? 1 : (n), t>
#define NRT_LINE_TILES(w, t)                                                                \
  {NRT_LINE_TILE(w, 8, t),  NRT_LINE_TILE(w, 9, t),  NRT_LINE_TILE(w, 10, t),               \
   NRT_LINE_TILE(w, 11, t), NRT_LINE_TILE(w, 12, t), NRT_LINE_TILE(w, 13, t),               \
   NRT_LINE_TILE(w, 14, t)}
  constexpr int half = kHasHalf<T> ? kHalf : kOne;
  static const TileFunction<T> table[2][2][7] = {
      {NRT_LINE_TILES(half, 3), NRT_LINE_TILES(half, 5)},
      {NRT_LINE_TILES(kOne, 3), NRT_LINE_TILES(kOne, 5)}};
#undef NRT_LINE_TILES
#undef NRT_LINE_TILE
  return table[width][taps == 5][pixels - fewest];
}

// tile_for<T>(width, pixels) and edge_tile_for, pixels from 1 to kTilePixels[width].
#define NRT_TILES(f, w, n) f<T, w, (n) <= kTilePixels[w] ? (n) : 1>
#define NRT_TILE_ROW(f, w)                                                                        \
  {NRT_TILES(f, w, 1),  NRT_TILES(f, w, 2),  NRT_TILES(f, w, 3),  NRT_TILES(f, w, 4),             \
   NRT_TILES(f, w, 5),  NRT_TILES(f, w, 6),  NRT_TILES(f, w, 7),  NRT_TILES(f, w, 8),             \
   NRT_TILES(f, w, 9),  NRT_TILES(f, w, 10), NRT_TILES(f, w, 11), NRT_TILES(f, w, 12),            \
   NRT_TILES(f, w, 13), NRT_TILES(f, w, 14)}
template <typename T>
TileFunction<T> tile_for(int width, int64_t pixels) {
  constexpr int half = kHasHalf<T> ? kHalf : kOne;
  static const TileFunction<T> table[3][14] = {NRT_TILE_ROW(tile, half), NRT_TILE_ROW(tile, kOne),
                                               NRT_TILE_ROW(tile, kTwo)};
  return table[width][pixels - 1];
}

template <typename T>
TileFunction<T> edge_tile_for(int width, int64_t pixels) {
  constexpr int half = kHasHalf<T> ? kHalf : kOne;
  static const TileFunction<T> table[3][14] = {NRT_TILE_ROW(edge_tile, half),
                                               NRT_TILE_ROW(edge_tile, kOne),
                                               NRT_TILE_ROW(edge_tile, kTwo)};
  return table[width][pixels - 1];
}
#undef NRT_TILE_ROW
#undef NRT_TILES

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
