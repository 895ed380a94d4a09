// Operands of tile products: float32 split into bfloat16 parts, in the order in which tiles are read.
//
// Split: h = the nearest bfloat16 (ties away from zero), rest = x - h exactly, and again. Three parts hold
// all 24 bits: a = a1 + a2 + a3. Rounded, not cut: remainders of either sign stay half as large.
//
// A side has panels of 32 rows of A or 32 columns of B, and blocks of 32 k:
//
//   [panel][block][part][2 tiles of 16]    tile of A: row m, dword j = (A[m][j], A[m][j + 16])
//                                          tile of B: row j, dword n = (B[j][n], B[j + 16][n])
//
// Pairing k with k + 16 makes a dword of two parts one shift and one OR, the same for A and B. Rows, columns
// and k behind the end are zero; of a panel with at most 16 the second tiles are never written nor read.
#pragma once

#include "core/tile.h"
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_pack.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kPanelSide = 2 * kTileSide;
constexpr int64_t kTileWords = kTileBytes / 4;

constexpr int parts_of(int products) { return products == 6 ? 3 : products == 3 ? 2 : 1; }
// Dwords of one panel's block of k.
constexpr int64_t block_words(int parts) { return parts * 2 * kTileWords; }

typedef uint32_t SplitWords __attribute__((vector_size(64)));
typedef uint32_t SplitStore __attribute__((vector_size(64), may_alias));

// A matrix as stored. k_lanes: neighbours in memory are neighbours in k.
struct SplitSource {
  const float* at;
  int64_t ld;
  bool k_lanes;

  // Moves along the side (rows of A, columns of B) and along k.
  SplitSource shifted(int64_t side, int64_t k) const {
    return {at + (k_lanes ? side * ld + k : k * ld + side), ld, k_lanes};
  }
};

// The largest |bits| seen, per lane: what the guards look at.
struct LargestBits {
  SplitWords lanes = {};

  void see(VectorOf<float> x) {
    const SplitWords bits = reinterpret_cast<SplitWords>(x) & 0x7fffffffu;
    lanes = bits > lanes ? bits : lanes;
  }
  uint32_t value() const {
    uint32_t most = 0;
    for (int i = 0; i < kTileSide; ++i) most = lanes[i] > most ? lanes[i] : most;
    return most;
  }
};

// One tile row of each part from the values at k (x) and k + 16 (y).
template <int Parts>
inline void split_row(uint32_t* to, VectorOf<float> x, VectorOf<float> y, LargestBits* largest) {
  largest->see(x);
  largest->see(y);
#pragma GCC unroll 3
  for (int part = 0; part < Parts; ++part) {
    const SplitWords low = (reinterpret_cast<SplitWords>(x) + 0x8000u) & 0xffff0000u;
    const SplitWords high = (reinterpret_cast<SplitWords>(y) + 0x8000u) & 0xffff0000u;
    *reinterpret_cast<SplitStore*>(to + part * 2 * kTileWords) = (low >> 16) | high;
    if (part + 1 < Parts) {
      x -= reinterpret_cast<VectorOf<float>>(low);
      y -= reinterpret_cast<VectorOf<float>>(high);
    }
  }
}

inline int clamped(int64_t n) { return static_cast<int>(n < 0 ? 0 : n > kTileSide ? kTileSide : n); }

// Sixteen vectors of `lanes` floats from `rows` rows, the rest zero.
inline void load_square(VectorOf<float>* square, const float* from, int64_t ld, int rows, int lanes) {
  if (rows == kTileSide && lanes == kTileSide) {
#pragma GCC unroll 16
    for (int i = 0; i < kTileSide; ++i) square[i] = load(from + i * ld);
    return;
  }
  for (int i = 0; i < kTileSide; ++i) {
    square[i] = i < rows && lanes > 0 ? load_part(from + i * ld, lanes) : VectorOf<float>{};
  }
}

// One tile of every part: `side` (<= 16) rows or columns, `depth` (<= 32) of k.
template <int Parts, bool Turn>
void split_tile(uint32_t* to, const SplitSource& s, int64_t side, int64_t depth, LargestBits* largest) {
  VectorOf<float> x[kTileSide], y[kTileSide];
  const int sides = clamped(side), first = clamped(depth), second = clamped(depth - kTileSide);
  const SplitSource behind = s.shifted(0, kTileSide);
  load_square(x, s.at, s.ld, s.k_lanes ? sides : first, s.k_lanes ? first : sides);
  load_square(y, behind.at, s.ld, s.k_lanes ? sides : second, s.k_lanes ? second : sides);
  if constexpr (Turn) {
    transpose_blocks<float, kTileSide / 2>(x);
    transpose_blocks<float, kTileSide / 2>(y);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kTileSide; ++i) split_row<Parts>(to + i * kTileSide, x[i], y[i], largest);
}

// Full tiles in the order of memory: rows of A two blocks (256 bytes) per visit, rows of B the whole panel.
template <int Parts>
void split_rows_of_a(uint32_t* to, const float* from, int64_t ld, int64_t blocks, LargestBits* largest) {
  constexpr int kAhead = 4;
  for (int i = 0; i < kTileSide; ++i, from += ld) {
    for (int64_t b = 0; b < blocks; ++b) {
      const float* at = from + b * kTileDepth;
      if (i + kAhead < kTileSide) {
        __builtin_prefetch(at + kAhead * ld);
        __builtin_prefetch(at + kAhead * ld + kTileSide);
      }
      split_row<Parts>(to + b * block_words(Parts) + i * kTileSide, load(at), load(at + kTileSide), largest);
    }
  }
}

template <int Parts>
void split_rows_of_b(uint32_t* to, const float* from, int64_t ld, LargestBits* largest) {
  constexpr int kAhead = 4;
  for (int j = 0; j < kTileSide; ++j, from += ld) {
    const float* behind = from + kTileSide * ld;
    __builtin_prefetch(from + kAhead * ld);
    __builtin_prefetch(behind + kAhead * ld);
    split_row<Parts>(to + j * kTileSide, load(from), load(behind), largest);
    split_row<Parts>(to + kTileWords + j * kTileSide, load(from + kTileSide), load(behind + kTileSide), largest);
  }
}

// A panel: `side` (<= 32) rows of A or columns of B, `depth` of k. Turn: s.k_lanes != Rows.
template <int Parts, bool Rows, bool Turn>
void split_panel_as(uint32_t* to, const SplitSource& s, int64_t side, int64_t depth, LargestBits* largest) {
  const int64_t whole = side == kPanelSide ? depth / kTileDepth : 0;
  int64_t k = 0;
  if constexpr (!Turn) {
    for (int64_t b = 0; b < whole;) {
      const SplitSource from = s.shifted(0, k);
      const int64_t blocks = Rows ? min64(2, whole - b) : 1;
      if constexpr (Rows) {
        split_rows_of_a<Parts>(to, from.at, s.ld, blocks, largest);
        split_rows_of_a<Parts>(to + kTileWords, from.at + kTileSide * s.ld, s.ld, blocks, largest);
      } else {
        split_rows_of_b<Parts>(to, from.at, s.ld, largest);
      }
      b += blocks;
      k += blocks * kTileDepth;
      to += blocks * block_words(Parts);
    }
  }
  for (; k < depth; k += kTileDepth, to += block_words(Parts)) {
    for (int64_t first = 0; first < side; first += kTileSide) {
      split_tile<Parts, Turn>(to + first / kTileSide * kTileWords, s.shifted(first, k), side - first, depth - k,
                              largest);
    }
  }
}

template <int Parts, bool Rows>
void split_panel(uint32_t* to, const SplitSource& s, int64_t side, int64_t depth, LargestBits* largest) {
  if (s.k_lanes == Rows) {
    split_panel_as<Parts, Rows, false>(to, s, side, depth, largest);
  } else {
    split_panel_as<Parts, Rows, true>(to, s, side, depth, largest);
  }
}

// Guards (normwise error not above float32's): may operands with these largest magnitudes be multiplied in
// parts? Beyond 2^127 rounding a part could overflow; where products near float32's largest number, parts of
// either sign would make NaN of IEEE's infinity; with products near its smallest, parts and products reach the
// range that tiles take as zero. All zero is fine.
inline bool split_is_safe(uint32_t largest_a, uint32_t largest_b) {
  constexpr int kBias = 127, kTop = 254, kReach = 96;
  const int a = static_cast<int>(largest_a >> 23), b = static_cast<int>(largest_b >> 23);
  if (a >= kTop || b >= kTop) return false;
  if (largest_a == 0 || largest_b == 0) return true;
  const int product = a + b - 2 * kBias;
  return a - kBias >= -kReach && b - kBias >= -kReach && product >= -kReach && product <= kReach;
}

// Largest magnitude of a matrix of rows x columns as stored.
inline uint32_t largest_of(const SplitSource& s, int64_t rows, int64_t columns) {
  LargestBits largest;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; j += kTileSide) {
      const int last = clamped(columns - j);
      largest.see(last == kTileSide ? load(s.at + i * s.ld + j) : load_part(s.at + i * s.ld + j, last));
    }
  }
  return largest.value();
}

// The guards before anything is computed.
inline bool split_is_safe_beforehand(const GemmProblem& p, const SplitWeights* split) {
  const SplitSource a = {static_cast<const float*>(p.a), p.lda, !p.trans_a};
  const SplitSource b = {static_cast<const float*>(p.b), p.ldb, p.trans_b};
  const uint32_t of_a = largest_of(a, p.trans_a ? p.k : p.m, p.trans_a ? p.m : p.k);
  const uint32_t of_b =
      split != nullptr ? split->largest : largest_of(b, p.trans_b ? p.n : p.k, p.trans_b ? p.k : p.n);
  return split_is_safe(of_a, of_b);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
