// Products of a few rows with weights that are used again and again, block by block, as recurrent
// networks need them: a block is kGates x kUnits columns, those of all gates for the same units, so
// that the gates' functions run on a block's sums while these are still in L1.
//
//   weights [k, gates * units]      packed: block 0 [k][gate 0: 16 units | gate 1: 16 units | ...]
//    gate 0    gate 1    ...                block 1 [k][...]
//
// A sum is one FMA chain over k ascending, begun with what the sums held: it depends neither on the
// number of rows taken at once nor on the split between threads.
#pragma once

#include "ops/gemm/gemm_pack.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// sums[MR, NV vectors] += a[MR, k] b[k, NV vectors]
template <typename T, int MR, int NV>
void add_products(T* sums, int64_t ld, const T* a, int64_t lda, const T* b, int64_t k) {
  using V = VectorOf<T>;
  V acc[MR][NV];
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) acc[i][j] = load(sums + i * ld + j * kLanes<T>);
  }
  for (; k > 0; --k) {
    V bv[NV];
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) bv[j] = load(b + j * kLanes<T>);
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
      const V av = splat(a[i * lda]);
#pragma GCC unroll 8
      for (int j = 0; j < NV; ++j) acc[i][j] += av * bv[j];
    }
    ++a;
    b += NV * kLanes<T>;
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) store(sums + i * ld + j * kLanes<T>, acc[i][j]);
  }
}

template <typename T, int NV>
void add_products(int rows, T* sums, int64_t ld, const T* a, int64_t lda, const T* b, int64_t k) {
  switch (rows) {
    case 1: return add_products<T, 1, NV>(sums, ld, a, lda, b, k);
    case 2: return add_products<T, 2, NV>(sums, ld, a, lda, b, k);
    case 3: return add_products<T, 3, NV>(sums, ld, a, lda, b, k);
    case 4: return add_products<T, 4, NV>(sums, ld, a, lda, b, k);
    case 5: return add_products<T, 5, NV>(sums, ld, a, lda, b, k);
    case 6: return add_products<T, 6, NV>(sums, ld, a, lda, b, k);
    case 7:
      if constexpr (NV <= 3 && kTileVectors == 4) return add_products<T, 7, NV>(sums, ld, a, lda, b, k);
      return;
    default:
      if constexpr (NV <= 3 && kTileVectors == 4) return add_products<T, 8, NV>(sums, ld, a, lda, b, k);
  }
}

// Weights of `gates` gates packed by blocks of kUnits units; lives in the scratch of who makes it.
template <typename T, int kGates, int kUnitsOfBlock>
class UnitBlocks {
 public:
  static constexpr int kUnits = kUnitsOfBlock;
  static constexpr int64_t kWidth = kGates * kUnits;
  static constexpr int64_t kRowsTogether = 1;  // rows are independent of each other

  // Of w [k, gates * units]: gate g of unit j is column g * gate_step + j. keep: for many products; otherwise
  // a block is packed when it is used.
  static UnitBlocks of(const T* w, int64_t ld, int64_t k, int64_t units, int64_t gate_step, bool keep = true) {
    return UnitBlocks(w, ld, k, units, gate_step, false, keep);
  }

  // Of w', with w [units, k] (one gate).
  static UnitBlocks of_transposed(const T* w, int64_t ld, int64_t k, int64_t units, bool keep = true) {
    static_assert(kGates == 1, "a block of the transposed weights has one gate");
    return UnitBlocks(w, ld, k, units, 0, true, keep);
  }

  int64_t blocks() const { return div_up(units_, kUnits); }
  int64_t units() const { return units_; }
  int64_t depth() const { return k_; }
  // Units of a block; the last one may have fewer than kUnits.
  int64_t valid(int64_t block) const { return min64(kUnits, units_ - block * kUnits); }

  // sums[rows, kWidth] += a[rows, k] times a block.
  void add(T* sums, const T* a, int64_t lda, int64_t rows, int64_t block) const {
    ScratchMark mark;
    const int64_t tiles = div_up(rows, kTileMost);
    const T* weights = packed_ == nullptr ? packed_now(block) : packed_ + block * kWidth * k_;
    for (int64_t from = 0; from < k_; from += kDepth) {
      const int64_t depth = min64(kDepth, k_ - from);
      for (int64_t column = 0; column < kWidth; column += kPanel) {
        const T* panel = weights + column * k_ + from * kPanel;
        int64_t row = 0;
        for (int64_t t = 0; t < tiles; ++t) {
          const int64_t count = (rows - row) / (tiles - t);
          add_products<T, kVectors>(static_cast<int>(count), sums + row * kWidth + column, kWidth,
                                    a + row * lda + from, lda, panel, depth);
          row += count;
        }
      }
    }
  }

 private:
  static constexpr int64_t kDepth = 2048 / static_cast<int64_t>(sizeof(T));  // rows of A stay in L1
  static constexpr int kAll = static_cast<int>(kWidth) / kLanes<T>;
  static constexpr int kVectors = kAll % kTileVectors == 0 ? kTileVectors
                                  : kAll % 3 == 0 && kTileVectors > 3 ? 3 : kAll % 2 == 0 ? 2 : 1;
  static constexpr int64_t kPanel = kVectors * kLanes<T>;
  // As many rows as give some 24 chains of FMAs.
  static constexpr int64_t kTileMost = kVectors <= 3 && kTileVectors == 4 ? 8 : 6;
  static_assert(kWidth % kPanel == 0 && kUnits % kLanes<T> == 0, "a vector holds units of one gate");

  UnitBlocks(const T* w, int64_t ld, int64_t k, int64_t units, int64_t gate_step, bool transposed, bool keep)
      : w_(w), ld_(ld), k_(k), units_(units), gate_step_(gate_step), transposed_(transposed) {
    if (!keep) return;
    packed_ = scratch<T>(blocks() * kWidth * k);
    const int64_t grain = max64(1, 32768 / max64(1, k_ * kWidth));
    parallel(blocks(), grain, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) pack(packed_ + b * kWidth * k_, b);
    });
  }

  const T* packed_now(int64_t block) const {
    T* to = scratch<T>(kWidth * k_);
    pack(to, block);
    return to;
  }

  void pack(T* to, int64_t block) const {
    for (int64_t column = 0; column < kWidth; column += kPanel, to += kPanel * k_) {
      if (transposed_) {
        turn_panel(to, block * kUnits + column);
      } else {
        copy_panel(to, column, block * kUnits);
      }
    }
  }

  void turn_panel(T* to, int64_t unit) const {
    const int64_t valid = max64(0, min64(kPanel, units_ - unit));
    if (valid < kPanel) memset(to, 0, static_cast<size_t>(k_ * kPanel) * sizeof(T));
    if (valid > 0) transpose(to, kPanel, w_ + unit * ld_, ld_, valid, k_);
  }

  void copy_panel(T* to, int64_t column, int64_t first) const {
    constexpr int64_t kAhead = 8;
    const T* w = w_;
    for (int64_t r = 0; r < k_; ++r, to += kPanel, w += ld_) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const int64_t at = column + v * kLanes<T>, unit = first + at % kUnits;
        const T* from = w + at / kUnits * gate_step_ + unit;
        if (r + kAhead < k_) __builtin_prefetch(from + kAhead * ld_);
        const int64_t valid = units_ - unit;
        if (valid >= kLanes<T>) {
          store(to + v * kLanes<T>, load(from));
        } else {
          store(to + v * kLanes<T>, valid > 0 ? load_part(from, static_cast<int>(valid)) : VectorOf<T>{});
        }
      }
    }
  }

  const T* w_;
  int64_t ld_, k_, units_, gate_step_;
  bool transposed_;
  T* packed_ = nullptr;
};

// A step's blocks [begin, end): load(sums, block) begins the sums of `rows` rows; the first rows_of_a of them get
// the products of a's rows; then gates(sums, block, first, last) takes rows [first, last) of the sums.
template <typename T, int kGates, int kUnits, typename Load, typename Gates>
void run_blocks(const UnitBlocks<T, kGates, kUnits>& weights, const T* a, int64_t lda, int64_t rows_of_a, int64_t rows,
                int64_t begin, int64_t end, const Load& load, const Gates& gates) {
  ScratchMark mark;
  T* sums = scratch<T>(rows * weights.kWidth);
  for (int64_t b = begin; b < end; ++b) {
    load(sums, b);
    if (rows_of_a > 0) weights.add(sums, a, lda, rows_of_a, b);
    gates(sums, b, int64_t{0}, rows);
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
