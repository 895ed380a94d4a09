// What all optimiser kernels share: pieces of a table of tensors, and what happens to a gradient
// before a rule sees it. Included by the kernel files only, inside their level's namespace.
#pragma once

#include "core/kernel.h"
#include "ops/optim/optim_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kPiece = 16384;
constexpr int64_t kPiecesPerChunk = 2;  // about 20 us in the cache, more from memory

template <typename T>
inline T* array(int64_t address) {
  return reinterpret_cast<T*>(static_cast<intptr_t>(address));
}

// Elements [begin, begin + n) of the tensor described by row.
struct Piece {
  const int64_t* row;
  int64_t begin, n;
};

// Calls body(piece, index) for all pieces of the table. Column `length` of a row is the tensor's
// number of elements. Returns the number of pieces.
template <typename F>
int64_t for_pieces(const int64_t* table, int64_t count, int64_t columns, const F& body) {
  const int64_t length = columns - 1;
  int64_t pieces = 0, total = 0;
  for (int64_t t = 0; t < count; ++t) {
    pieces += div_up(table[t * columns + length], kPiece);
    total += table[t * columns + length];
  }
  if (total <= kPiece) {  // a small model: no list, no threads
    int64_t index = 0;
    for (int64_t t = 0; t < count; ++t) {
      const int64_t* row = table + t * columns;
      if (row[length] > 0) body(Piece{row, 0, row[length]}, index++);
    }
    return pieces;
  }
  ScratchMark mark;
  Piece* list = scratch<Piece>(pieces);
  int64_t filled = 0;
  for (int64_t t = 0; t < count; ++t) {
    const int64_t* row = table + t * columns;
    for (int64_t begin = 0; begin < row[length]; begin += kPiece) {
      list[filled++] = {row, begin, min64(kPiece, row[length] - begin)};
    }
  }
  parallel(pieces, kPiecesPerChunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(list[i], i);
  });
  return pieces;
}

// g after scaling, clipping and the penalty. kPlain: scaling only, the usual case. The comparisons
// keep NaN.
template <typename T, bool kPlain>
struct Prepared {
  T scale, low, high, l2;
  explicit Prepared(const OptimGradient& g)
      : scale(static_cast<T>(g.scale)),
        low(static_cast<T>(g.clip > 0 ? -g.clip : -INFINITY)),
        high(static_cast<T>(g.clip > 0 ? g.clip : INFINITY)),
        l2(static_cast<T>(g.l2)) {}
  T operator()(T g, T w) const {
    T v = g * scale;
    if (kPlain) return v;
    v = v < low ? low : v;
    v = v > high ? high : v;
    return v + l2 * w;
  }
};

inline bool plain(const OptimGradient& g) { return g.clip <= 0 && g.l2 == 0; }

inline float root(float x) { return sqrtf(x); }
inline double root(double x) { return sqrt(x); }

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
