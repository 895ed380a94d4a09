// Backward-data for few input channels (LeNet's second layer has 6, an image has 3):
//
//   dx[row(i, p), j*sw - pl + q, d] += sum over o of dy[i, j, o] * w[p, q, d, o]
//
// The direct form (conv2d_direct_cpu.cc) puts dx's channels in the lanes of a vector and would
// leave most of them empty. Here the lanes are (q, d), which lie side by side in dx as well: one
// pixel of dy adds one or two whole vectors to each of kh rows of dx. It also visits only pixels of
// dy that exist, where the direct form multiplies the zeros of the padding.
//
//   acc[p][u][lane] over all o in registers, for kernel rows p and pixels u of one row of dy,
//   then added to a zeroed padded copy of the dx rows of this task, which is cut out at the end.
//
// The pixels of a block lie a whole kernel width apart, so that no addition has to wait for an
// overlapping store just before it. A task is one image x strip of dx rows and owns them: it runs
// over every dy row that reaches its rows, with just those kernel rows.
#include "ops/conv2d/conv2d_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kBufferBytes = 192 << 10;
constexpr int64_t kChunkWork = 1 << 21;  // multiply-adds, about 40 us of one core
constexpr int kMostTaps = 7;             // kernel rows at once

template <typename T>
struct Scatter {
  Conv2dShape s;
  T* dx;
  const T* dy;
  const T* packed;  // [o][kernel row][lanes]
  int width;
  int64_t lanes;
  int64_t spacing;  // pixels between the members of a block
  int64_t pitch;    // elements of a buffer row
};

template <typename T>
struct BlockInput {
  const T* dy;
  int64_t dy_step;         // elements between the members of a block
  const T* packed;
  int64_t packed_step;     // from one output channel to the next
  int64_t depth;           // output channels
  T* to;
  int64_t to_step, to_gap;  // from one member, one kernel row, to the next
};

// Members of a block: as many as the registers hold, at most four.
template <int width>
constexpr int block_pixels(int taps) {
  const int used = taps * (width == kTwo ? 2 : 1), most = kRegisters == 32 ? 28 : 12;
  return used * 4 <= most ? 4 : used * 2 <= most ? 2 : 1;
}

template <typename T, int width, int taps, int pixels>
void block(const BlockInput<T>& in) {
  typedef typename TileTypes<T, width>::V V;
  constexpr int vectors = TileTypes<T, width>::vectors, lanes = TileTypes<T, width>::lanes;
  V acc[taps][pixels][vectors] = {};
  const T* w = in.packed;
  const T* dy[pixels];
#pragma GCC unroll 4
  for (int u = 0; u < pixels; ++u) dy[u] = in.dy + u * in.dy_step;
  for (int64_t o = 0; o < in.depth; ++o) {
#pragma GCC unroll 8
    for (int p = 0; p < taps; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        V weight;
        load(weight, w + (p * vectors + v) * lanes);
#pragma GCC unroll 4
        for (int u = 0; u < pixels; ++u) acc[p][u][v] += weight * dy[u][o];
      }
    }
    w += in.packed_step;
  }
#pragma GCC unroll 4
  for (int u = 0; u < pixels; ++u) {
#pragma GCC unroll 8
    for (int p = 0; p < taps; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) {
        T* to = in.to + u * in.to_step + p * in.to_gap + v * lanes;
        V sum;
        load(sum, to);
        sum += acc[p][u][v];
        store(to, sum);
      }
    }
  }
}

template <typename T>
struct Blocks {
  void (*several)(const BlockInput<T>&);
  void (*single)(const BlockInput<T>&);
  int64_t pixels;
};

template <typename T>
Blocks<T> blocks_for(int width, int64_t taps) {
#define NRT_BLOCKS(w, n) {block<T, w, n, block_pixels<w>(n)>, block<T, w, n, 1>, block_pixels<w>(n)}
#define NRT_BLOCK_ROW(w)                                                              \
  {NRT_BLOCKS(w, 1), NRT_BLOCKS(w, 2), NRT_BLOCKS(w, 3), NRT_BLOCKS(w, 4), NRT_BLOCKS(w, 5), \
   NRT_BLOCKS(w, 6), NRT_BLOCKS(w, 7)}
  constexpr int half = kHasHalf<T> ? kHalf : kOne;
  static const Blocks<T> table[3][kMostTaps] = {NRT_BLOCK_ROW(half), NRT_BLOCK_ROW(kOne),
                                                NRT_BLOCK_ROW(kTwo)};
#undef NRT_BLOCK_ROW
#undef NRT_BLOCKS
  return table[width][taps - 1];
}

// One row of dy into `taps` rows of the buffer, the first of which is `to`.
template <typename T>
void scatter_row(const Scatter<T>& d, const T* dy, int64_t tap, int64_t taps, T* to) {
  const Conv2dShape& s = d.s;
  const Blocks<T> blocks = blocks_for<T>(d.width, taps);
  BlockInput<T> in;
  in.dy_step = d.spacing * s.out_c;
  in.packed = d.packed + tap * d.lanes;
  in.packed_step = s.kernel_h * d.lanes;
  in.depth = s.out_c;
  in.to_step = d.spacing * s.stride_w * s.in_c;
  in.to_gap = s.dilation_h * d.pitch;
  const int64_t group = d.spacing * blocks.pixels;
  const int64_t whole = blocks.pixels > 1 ? s.out_w / group * group : 0;
  for (int64_t j = 0; j < s.out_w; ++j) {
    if (j < whole && j % group >= d.spacing) continue;  // a later member of its block
    in.dy = dy + j * s.out_c;
    in.to = to + j * s.stride_w * s.in_c;
    (j < whole ? blocks.several : blocks.single)(in);
  }
}

// dx rows [begin, end) of one image.
template <typename T>
void scatter_strip(const Scatter<T>& d, int64_t image, int64_t begin, int64_t end, T* buffer) {
  const Conv2dShape& s = d.s;
  memset(buffer, 0, static_cast<size_t>((end - begin) * d.pitch) * sizeof(T));
  const int64_t reach = (s.kernel_h - 1) * s.dilation_h;
  const int64_t first = max64(div_up(max64(begin + s.pad_top - reach, 0), s.stride_h), 0);
  const int64_t last = min64((end - 1 + s.pad_top) / s.stride_h, s.out_h - 1);
  for (int64_t i = first; i <= last; ++i) {
    const int64_t top = i * s.stride_h - s.pad_top;  // row of kernel row 0
    const int64_t low = top >= begin ? 0 : div_up(begin - top, s.dilation_h);
    const int64_t high = min64(div_up(max64(end - top, 0), s.dilation_h), s.kernel_h);
    const T* dy = d.dy + (image * s.out_h + i) * s.out_w * s.out_c;
    for (int64_t p = low; p < high; p += kMostTaps) {
      scatter_row(d, dy, p, min64(kMostTaps, high - p),
                  buffer + (top + p * s.dilation_h - begin) * d.pitch);
    }
  }
  for (int64_t row = begin; row < end; ++row) {
    memcpy(d.dx + (image * s.in_h + row) * s.in_w * s.in_c,
           buffer + (row - begin) * d.pitch + s.pad_left * s.in_c,
           static_cast<size_t>(s.in_w * s.in_c) * sizeof(T));
  }
}

template <typename T>
T* pack(const Scatter<T>& d, const T* w) {
  const Conv2dShape& s = d.s;
  T* packed = scratch<T>(s.out_c * s.kernel_h * d.lanes);
  const int64_t run = s.kernel_w * s.in_c;
  for (int64_t o = 0; o < s.out_c; ++o) {
    for (int64_t p = 0; p < s.kernel_h; ++p) {
      T* to = packed + (o * s.kernel_h + p) * d.lanes;
      for (int64_t l = 0; l < d.lanes; ++l) {
        to[l] = l < run ? w[(p * run + l) * s.out_c + o] : T(0);
      }
    }
  }
  return packed;
}

}  // namespace

// Vectors per multiply-add row are what both forms spend; additions to dx cost about a sixth more.
template <typename T>
bool conv2d_scatters(const Conv2dShape& s) {
  const int64_t run = s.kernel_w * s.in_c;
  if (s.groups != 1 || s.dilation_w != 1 || run > 2 * kLanes<T>) return false;
  const double scattered = static_cast<double>(lanes_of<T>(width_for<T>(run))) *
                           static_cast<double>(s.out_h * s.out_w * s.kernel_h);
  const double direct = static_cast<double>(Panels<T>(s.in_c).padded()) *
                        static_cast<double>(s.in_h * s.in_w) *
                        static_cast<double>(s.kernel_h * s.kernel_w) /
                        static_cast<double>(s.stride_h * s.stride_w);
  return scattered * 7 < direct * 6;
}

template <typename T>
void conv2d_scatter(T* dx, const T* dy, const T* w, const Conv2dShape& s) {
  const ScratchMark mark;
  Scatter<T> d;
  d.s = s;
  d.dx = dx;
  d.dy = dy;
  d.width = width_for<T>(s.kernel_w * s.in_c);
  d.lanes = lanes_of<T>(d.width);
  d.packed = pack(d, w);
  d.spacing = div_up(s.kernel_w, s.stride_w);
  d.pitch = max64((s.out_w - 1) * s.stride_w * s.in_c + d.lanes, (s.in_w + s.pad_left) * s.in_c);
  const int64_t most = max64(kBufferBytes / (d.pitch * static_cast<int64_t>(sizeof(T))), 1);
  const int64_t strips = div_up(s.in_h, min64(most, s.in_h)), rows = div_up(s.in_h, strips);
  const int64_t work = s.out_h * s.out_w * s.out_c * s.kernel_h * d.lanes / strips;
  parallel(s.images * strips, max64(kChunkWork / max64(work, 1), 1),
           [&](int64_t begin, int64_t end) {
             const ScratchMark inner;
             T* buffer = scratch<T>(rows * d.pitch);
             for (int64_t task = begin; task < end; ++task) {
               const int64_t row = task % strips * rows;
               if (row >= s.in_h) continue;
               scatter_strip(d, task / strips, row, min64(row + rows, s.in_h), buffer);
             }
           });
}

template bool conv2d_scatters<float>(const Conv2dShape&);
template bool conv2d_scatters<double>(const Conv2dShape&);
template void conv2d_scatter<float>(float*, const float*, const float*, const Conv2dShape&);
template void conv2d_scatter<double>(double*, const double*, const double*, const Conv2dShape&);

}  // namespace NRT_ISA_NS
}  // namespace nrt
