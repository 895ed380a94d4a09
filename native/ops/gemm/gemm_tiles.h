// The micro-kernel of tile products: 32 x 32 of C in four tiles, one pass over the blocks of k, and the
// epilogue of the block before in between.
//
//   tmm0 tmm1   C     tmm4   A      tmm6 tmm7   B
//   tmm2 tmm3         tmm5
//
// Six products stand for one of float32: a1 b3 + a1 b2 + a2 b2 + a2 b1 + a3 b1 + a1 b1, small ones first, in
// an order that changes one operand at a time: 14 tile loads for 24 multiplies. A tile is loaded anew right
// behind its last reader.
//
// Tiles never touch C: rows of C may be a power of two apart (one L1 set), may end inside a tile, and need
// alpha, beta, bias and activation. They are stored to 4 KB of scratch, which is merged into C a few rows per
// block of k of the next micro-kernel, where the tile unit hides it.
#pragma once

#include "ops/gemm/gemm_split.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// 32 x 32 sums on their way into C.
struct TileMerge {
  const float* sums = nullptr;  // rows 32 apart
  float* c;
  int64_t ldc;
  const float* bias;  // of the first column, or null
  float alpha, beta;
  int32_t activation;
  int rows, columns;
  int done = 0;

  void vector_of(int i, int j) const {
    const int last = columns - j;
    float* at = c + i * ldc + j;
    const bool part = last < kTileSide;
    VectorOf<float> v = rounded(load(sums + i * kPanelSide + j) * alpha);
    if (beta != 0) v += (part ? load_part(at, last) : load(at)) * beta;
    if (bias != nullptr) v += part ? load_part(bias + j, last) : load(bias + j);
    v = activate<float>(v, activation);
    if (part) {
      store_part(at, v, last);
    } else {
      store(at, v);
    }
  }

  // Merges up to `count` more rows.
  void advance(int count) {
    const int end = done + count < rows ? done + count : rows;
    for (; done < end; ++done) {
      vector_of(done, 0);
      if (columns > kTileSide) vector_of(done, kTileSide);
    }
  }
  void finish() { advance(static_cast<int>(kPanelSide)); }
};

// Rows of C that will be merged later.
struct TileTarget {
  const float* c;
  int64_t ldc;
  int rows;
  int done = 0;

  void prefetch(int count) {
    const int end = done + count < rows ? done + count : rows;
    for (; done < end; ++done) {
      __builtin_prefetch(c + done * ldc, 1, 2);
      __builtin_prefetch(c + done * ldc + kPanelSide - 1, 1, 2);
    }
  }
};

// One product of all pairs of tiles. next_a, next_b: what replaces A or B then, where LoadA, LoadB say so.
template <int MT, int NT, bool LoadA, bool LoadB>
inline void multiply_tiles(Tiles& t, const uint32_t* next_a, const uint32_t* next_b) {
  t.multiply<0, 4, 6>();
  if constexpr (LoadB) {  // down the columns, so that B's first tile is free early
    if constexpr (MT == 2) t.multiply<2, 5, 6>();
    t.load<6>(next_b, kTileRowBytes);
    if constexpr (NT == 2) t.multiply<1, 4, 7>();
    if constexpr (LoadA) t.load<4>(next_a, kTileRowBytes);
    if constexpr (MT == 2 && NT == 2) t.multiply<3, 5, 7>();
    if constexpr (NT == 2) t.load<7>(next_b + kTileWords, kTileRowBytes);
  } else {
    if constexpr (NT == 2) t.multiply<1, 4, 7>();
    if constexpr (LoadA) t.load<4>(next_a, kTileRowBytes);
    if constexpr (MT == 2) t.multiply<2, 5, 6>();
    if constexpr (MT == 2 && NT == 2) t.multiply<3, 5, 7>();
  }
  if constexpr (LoadA && MT == 2) t.load<5>(next_a + kTileWords, kTileRowBytes);
}

// sums (rows 32 apart) = the products of `blocks` blocks of k of a panel of A and one of B; meanwhile what is
// pending (a merge, or anything with its advance and finish) goes on and the block's own part of C is fetched.
// dummy: 1 KB that is overwritten: a tile store after long without one takes a thousand cycles, one now and then
// avoids it.
template <int Products, int MT, int NT, typename Pending>
void tile_block(Tiles& t, float* sums, const uint32_t* a, const uint32_t* b, int64_t blocks, Pending* pending,
                TileTarget target, float* dummy) {
  constexpr int64_t kStep = block_words(parts_of(Products));
  constexpr int64_t kPart = 2 * kTileWords;
  constexpr int kStoreEvery = Products == 6 ? 4 : Products == 3 ? 8 : 24;
  const int rows_per_block = static_cast<int>(div_up(kPanelSide, blocks));
  t.zero<0>();
  if constexpr (NT == 2) t.zero<1>();
  if constexpr (MT == 2) t.zero<2>();
  if constexpr (MT == 2 && NT == 2) t.zero<3>();
  const uint32_t* const last_a = a + (blocks - 1) * kStep;
  const uint32_t* smallest = b + (parts_of(Products) - 1) * kPart;
  t.load<4>(a, kTileRowBytes);
  t.load<6>(smallest, kTileRowBytes);
  if constexpr (NT == 2) t.load<7>(smallest + kTileWords, kTileRowBytes);
  if constexpr (MT == 2) t.load<5>(a + kTileWords, kTileRowBytes);
  for (int64_t k = 0; k < blocks; ++k, b += kStep) {
    if constexpr (Products == 6) {
      multiply_tiles<MT, NT, false, true>(t, nullptr, b + kPart);   // a1 b3
      multiply_tiles<MT, NT, true, false>(t, a + kPart, nullptr);   // a1 b2
      multiply_tiles<MT, NT, false, true>(t, nullptr, b);           // a2 b2
      multiply_tiles<MT, NT, true, false>(t, a + 2 * kPart, nullptr);  // a2 b1
      multiply_tiles<MT, NT, true, false>(t, a, nullptr);           // a3 b1
    } else if constexpr (Products == 3) {
      multiply_tiles<MT, NT, false, true>(t, nullptr, b);           // a1 b2
      multiply_tiles<MT, NT, true, false>(t, a + kPart, nullptr);   // a1 b1
    }
    if (a != last_a) {  // behind the last block nothing may be read: the same one is loaded again
      a += kStep;
      smallest += kStep;
    }
    multiply_tiles<MT, NT, true, true>(t, a, smallest);  // a1 b1, of three products a2 b1
    pending->advance(rows_per_block);
    target.prefetch(rows_per_block);
    if (k % kStoreEvery == kStoreEvery - 1) t.store<6>(dummy, kTileRowBytes);
  }
  pending->finish();
  constexpr int64_t kSumsBytes = kPanelSide * static_cast<int64_t>(sizeof(float));
  t.store<0>(sums, kSumsBytes);
  if constexpr (NT == 2) t.store<1>(sums + kTileSide, kSumsBytes);
  if constexpr (MT == 2) t.store<2>(sums + kTileSide * kPanelSide, kSumsBytes);
  if constexpr (MT == 2 && NT == 2) t.store<3>(sums + kTileSide * kPanelSide + kTileSide, kSumsBytes);
}

template <int Products, typename Pending>
void tile_block(Tiles& t, float* sums, const uint32_t* a, const uint32_t* b, int64_t blocks, int rows, int columns,
                Pending* pending, const TileTarget& target, float* dummy) {
  const bool tall = rows > kTileSide, broad = columns > kTileSide;
  if (tall && broad) {
    tile_block<Products, 2, 2>(t, sums, a, b, blocks, pending, target, dummy);
  } else if (tall) {
    tile_block<Products, 2, 1>(t, sums, a, b, blocks, pending, target, dummy);
  } else if (broad) {
    tile_block<Products, 1, 2>(t, sums, a, b, blocks, pending, target, dummy);
  } else {
    tile_block<Products, 1, 1>(t, sums, a, b, blocks, pending, target, dummy);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
