// Strided operands of an element-wise kernel: the plain description that <op>.cc builds (layout.h)
// and the walk over it that kernel files instantiate. Everything but the plain struct is in the
// per-level anonymous namespace, as kernel.h demands.
#pragma once

#include "core/kernel.h"
#include "core/stream.h"
#include "core/transpose_block.h"

namespace nrt {

enum { kMaxRank = 16, kMaxOperands = 4 };

// Operand 0 is the output. Axes of length 1 are gone and neighbouring axes that are contiguous in
// every operand are one; rank is at least 1. Strides count elements.
struct Strided {
  int32_t rank;
  int32_t operands;
  int64_t size;
  int64_t shape[kMaxRank];
  int64_t stride[kMaxOperands][kMaxRank];
};

namespace NRT_ISA_NS {
namespace {

// Elements per parallel chunk: about 20 us of memory-bound work.
constexpr int64_t kElementGrain = 32768;
// A tile is at most kTileRows steps along the axis where a transposed operand is contiguous (fewer
// for wide elements), times kTileColumns along the inner axis: one staged operand fills half of L1.
constexpr int64_t kTileRows = 64;
constexpr int64_t kTileColumns = 64;
constexpr int64_t kTileBytes = 16 * 1024;

struct Cursor {
  int64_t index[kMaxRank];
  int64_t offset[kMaxOperands];
};

template <int K>
inline void seek(const Strided& s, int64_t position, Cursor* c) {
  for (int k = 0; k < K; ++k) c->offset[k] = 0;
  for (int d = s.rank - 1; d >= 0; --d) {
    const int64_t i = position == 0 ? 0 : position % s.shape[d];
    if (position != 0) position /= s.shape[d];
    c->index[d] = i;
    for (int k = 0; k < K; ++k) c->offset[k] += i * s.stride[k][d];
  }
}

// Next index of the axes [0, axes).
template <int K>
inline void advance(const Strided& s, int axes, Cursor* c) {
  for (int d = axes - 1; d >= 0; --d) {
    for (int k = 0; k < K; ++k) c->offset[k] += s.stride[k][d];
    if (++c->index[d] < s.shape[d]) return;
    c->index[d] = 0;
    for (int k = 0; k < K; ++k) c->offset[k] -= s.shape[d] * s.stride[k][d];
  }
}

// Calls row(offset, n) for every piece of an inner row within elements [begin, end) in logical order.
template <int K, typename Row>
inline void walk(const Strided& s, int64_t begin, int64_t end, const Row& row) {
  Cursor c;
  seek<K>(s, begin, &c);
  const int last = s.rank - 1;
  while (begin < end) {
    const int64_t n = min64(s.shape[last] - c.index[last], end - begin);
    row(static_cast<const int64_t*>(c.offset), n);
    begin += n;
    if (begin >= end) return;
    for (int k = 0; k < K; ++k) c.offset[k] -= c.index[last] * s.stride[k][last];
    c.index[last] = 0;
    advance<K>(s, last, &c);
  }
}

// The axis along which a transposed operand is contiguous, or -1 when no tiles are needed.
template <int K>
inline int tile_axis(const Strided& s) {
  const int last = s.rank - 1;
  if (last < 1 || s.shape[last] < 8) return -1;
  for (int k = 1; k < K; ++k) {
    const int64_t inner = s.stride[k][last];
    if (inner >= -1 && inner <= 1) continue;
    for (int d = last - 1; d >= 0; --d) {
      if ((s.stride[k][d] == 1 || s.stride[k][d] == -1) && s.shape[d] >= 8) return d;
    }
  }
  return -1;
}

// to[r * kTileColumns + c] = from[r * down + c * across].
template <typename E>
inline void stage(E* NRT_RESTRICT to, const E* NRT_RESTRICT from, int64_t down, int64_t across,
                  int64_t rows, int64_t columns) {
  if (down == 1) return transpose_tile(to, kTileColumns, from, across, columns, rows);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[r * kTileColumns + c] = from[r * down + c * across];
  }
}

inline void stage_bytes(int64_t bytes, char* to, const char* from, int64_t down, int64_t across,
                        int64_t rows, int64_t columns) {
  switch (bytes) {
    case 1:
      return stage(reinterpret_cast<uint8_t*>(to), reinterpret_cast<const uint8_t*>(from), down,
                   across, rows, columns);
    case 2:
      return stage(reinterpret_cast<uint16_t*>(to), reinterpret_cast<const uint16_t*>(from), down,
                   across, rows, columns);
    case 4:
      return stage(reinterpret_cast<uint32_t*>(to), reinterpret_cast<const uint32_t*>(from), down,
                   across, rows, columns);
    default:
      return stage(reinterpret_cast<uint64_t*>(to), reinterpret_cast<const uint64_t*>(from), down,
                   across, rows, columns);
  }
}

// s without axis `axis` and without the inner one, for walking over tiles.
template <int K>
inline void outer_axes(const Strided& s, int axis, Strided* outer) {
  outer->rank = 0;
  outer->size = 1;
  for (int d = 0; d < s.rank - 1; ++d) {
    if (d == axis) continue;
    outer->shape[outer->rank] = s.shape[d];
    for (int k = 0; k < K; ++k) outer->stride[k][outer->rank] = s.stride[k][d];
    outer->size *= s.shape[d];
    ++outer->rank;
  }
}

template <int K>
struct Tiles {
  const Strided* s;
  Strided outer;
  int axis;
  int64_t rows;  // of a tile
  int64_t blocks_down, blocks_across;
};

// One tile: operands that are not contiguous (nor constant) along the inner axis are staged first.
template <int K, typename Row>
inline void do_tile(const Tiles<K>& t, int64_t tile, char* const* base, const int64_t* bytes,
                    const Row& row) {
  const Strided& s = *t.s;
  const int last = s.rank - 1;
  const int64_t c0 = tile % t.blocks_across * kTileColumns;
  const int64_t r0 = tile / t.blocks_across % t.blocks_down * t.rows;
  Cursor at;
  seek<K>(t.outer, tile / t.blocks_across / t.blocks_down, &at);
  const int64_t columns = min64(kTileColumns, s.shape[last] - c0);
  const int64_t rows = min64(t.rows, s.shape[t.axis] - r0);
  alignas(64) char staged[K > 1 ? K - 1 : 1][kTileBytes];
  char* origin[K];
  int64_t step[K], down[K];
  for (int k = 0; k < K; ++k) {
    step[k] = s.stride[k][last];
    down[k] = s.stride[k][t.axis] * bytes[k];
    origin[k] = base[k] + (at.offset[k] + r0 * s.stride[k][t.axis] + c0 * step[k]) * bytes[k];
    if (k > 0 && (step[k] < 0 || step[k] > 1)) {
      stage_bytes(bytes[k], staged[k - 1], origin[k], s.stride[k][t.axis], step[k], rows, columns);
      origin[k] = staged[k - 1];
      step[k] = 1;
      down[k] = kTileColumns * bytes[k];
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    char* p[K];
    for (int k = 0; k < K; ++k) p[k] = origin[k] + r * down[k];
    row(static_cast<char* const*>(p), static_cast<const int64_t*>(step), columns);
  }
}

// Calls row(pointers, steps, n) over all elements, in parallel when there is enough work. Steps are
// those of the inner axis; 0 and 1 are the ones worth a special loop. A row may stream its output.
template <int K, typename Row>
inline void for_rows(const Strided& s, char* const* base, const int64_t* bytes, int64_t grain,
                     const Row& row) {
  const int axis = tile_axis<K>(s);
  if (axis >= 0) {
    Tiles<K> t;
    t.s = &s;
    t.axis = axis;
    outer_axes<K>(s, axis, &t.outer);
    int64_t widest = 1;
    for (int k = 0; k < K; ++k) widest = max64(widest, bytes[k]);
    t.rows = min64(kTileRows, kTileBytes / (kTileColumns * widest));
    t.blocks_down = div_up(s.shape[axis], t.rows);
    t.blocks_across = div_up(s.shape[s.rank - 1], kTileColumns);
    parallel(t.outer.size * t.blocks_down * t.blocks_across,
             max64(1, grain / (t.rows * kTileColumns)), [&](int64_t begin, int64_t end) {
               for (int64_t i = begin; i < end; ++i) do_tile<K>(t, i, base, bytes, row);
               stream_fence();
             });
    return;
  }
  int64_t step[K];
  for (int k = 0; k < K; ++k) step[k] = s.stride[k][s.rank - 1];
  const auto piece = [&](const int64_t* offset, int64_t n) {
    char* p[K];
    for (int k = 0; k < K; ++k) p[k] = base[k] + offset[k] * bytes[k];
    row(static_cast<char* const*>(p), static_cast<const int64_t*>(step), n);
  };
  if (s.size <= grain) {
    walk<K>(s, 0, s.size, piece);
  } else {
    parallel(s.size, grain, [&](int64_t begin, int64_t end) {
      walk<K>(s, begin, end, piece);
      stream_fence();
    });
  }
}

// A contiguous copy of from[i * step] in `buffer` when step is not 1.
template <typename T>
inline const T* gathered(const T* from, int64_t step, int64_t n, T* NRT_RESTRICT buffer) {
  if (step == 1) return from;
  for (int64_t i = 0; i < n; ++i) buffer[i] = from[i * step];
  return buffer;
}
constexpr int64_t kGatherBlock = 256;

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
