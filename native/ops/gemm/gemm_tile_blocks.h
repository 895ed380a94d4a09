// The weights of recurrent steps, by blocks of units as in gemm_blocks.h, in parts for tiles (gemm_split.h). The
// weights are split once, a step's rows once per step; what follows a block's products (the gates) runs between
// the tiles of the next block. Rows go together in panels of 32: where a panel's magnitudes forbid parts, its
// products are float32 FMA, so a sum depends on its panel, never on threads.
#pragma once

#include "ops/gemm/gemm_blocks.h"
#include "ops/gemm/gemm_tiles.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// The gates of the block before, a few rows at a time.
template <typename Gates>
struct HiddenGates {
  const Gates& gates;
  float* sums;
  int64_t block, rows;
  int64_t turns;  // how often advance will be called
  int64_t turn = 0, done = 0;

  void advance(int) { until(min64(rows, rows * ++turn / turns)); }
  void finish() {}  // a block has several tiles; the rest comes with complete
  void complete() { until(rows); }

 private:
  void until(int64_t end) {
    if (end <= done) return;
    gates(sums, block, done, end);
    done = end;
  }
};

template <int kGates, int kUnitsOfBlock>
class TileBlocks {
 public:
  static constexpr int kUnits = kUnitsOfBlock;
  static constexpr int64_t kWidth = kGates * kUnits;
  static constexpr int64_t kRowsTogether = kPanelSide;
  static_assert(kUnits % kPanelSide == 0, "a panel holds units of one gate");

  // As UnitBlocks'.
  static TileBlocks of(const float* w, int64_t ld, int64_t k, int64_t units, int64_t gate_step, int32_t products) {
    return TileBlocks(Plain::of(w, ld, k, units, gate_step, false), w, ld, gate_step, false, products);
  }
  static TileBlocks of_transposed(const float* w, int64_t ld, int64_t k, int64_t units, int32_t products) {
    return TileBlocks(Plain::of_transposed(w, ld, k, units, false), w, ld, 0, true, products);
  }

  int64_t blocks() const { return plain_.blocks(); }
  int64_t units() const { return plain_.units(); }
  int64_t valid(int64_t block) const { return plain_.valid(block); }
  int64_t depth_blocks() const { return div_up(plain_.depth(), kTileDepth); }

  // At most 64 rows in parts.
  struct Operand {
    const float* plain;
    int64_t ld, rows;
    const uint32_t* panels;
    bool safe[2];
  };

  Operand operand(const float* a, int64_t lda, int64_t rows) const {
    switch (products_) {
      case 6: return split_rows<3>(a, lda, rows);
      case 3: return split_rows<2>(a, lda, rows);
      default: return split_rows<1>(a, lda, rows);
    }
  }

  // sums[rows, kWidth] += a's rows times a block.
  template <typename Gates>
  void add(float* sums, const Operand& a, int64_t block, HiddenGates<Gates>* hidden) const {
    switch (products_) {
      case 6: return add_products_of<6>(sums, a, block, hidden);
      case 3: return add_products_of<3>(sums, a, block, hidden);
      default: return add_products_of<1>(sums, a, block, hidden);
    }
  }

  static constexpr int64_t turns(int64_t rows, int64_t depth_blocks) {
    return div_up(rows, kPanelSide) * (kWidth / kPanelSide) * depth_blocks;
  }

 private:
  using Plain = UnitBlocks<float, kGates, kUnits>;

  TileBlocks(const Plain& plain, const float* w, int64_t ld, int64_t gate_step, bool transposed, int32_t products)
      : plain_(plain), products_(products) {
    const int64_t panels = blocks() * (kWidth / kPanelSide);
    panels_ = scratch<uint32_t>(panels * panel_words());
    uint32_t* seen = scratch<uint32_t>(panels);
    parallel(panels, max64(1, 65536 / max64(1, plain.depth() * kPanelSide)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t column = i % (kWidth / kPanelSide) * kPanelSide;
        const int64_t unit = i / (kWidth / kPanelSide) * kUnits + column % kUnits;
        const float* from = transposed ? w + unit * ld : w + column / kUnits * gate_step + unit;
        seen[i] = split_weights(panels_ + i * panel_words(), {from, ld, transposed}, units() - unit);
      }
    });
    for (int64_t i = 0; i < panels; ++i) largest_ = seen[i] > largest_ ? seen[i] : largest_;
  }

  int64_t panel_words() const { return depth_blocks() * block_words(parts_of(products_)); }

  uint32_t split_weights(uint32_t* to, const SplitSource& from, int64_t units) const {
    LargestBits largest;
    const int64_t side = min64(kPanelSide, units);
    if (side < kPanelSide) memset(to, 0, static_cast<size_t>(panel_words()) * sizeof(uint32_t));
    if (side <= 0) return 0;
    switch (products_) {
      case 6: split_panel<3, false>(to, from, side, plain_.depth(), &largest); break;
      case 3: split_panel<2, false>(to, from, side, plain_.depth(), &largest); break;
      default: split_panel<1, false>(to, from, side, plain_.depth(), &largest);
    }
    return largest.value();
  }

  template <int Parts>
  Operand split_rows(const float* a, int64_t lda, int64_t rows) const {
    const int64_t words = panel_words(), panels = div_up(rows, kPanelSide);
    uint32_t* to = scratch<uint32_t>(panels * words);
    Operand split = {a, lda, rows, to, {false, false}};
    for (int64_t i = 0; i < panels; ++i) {
      LargestBits largest;
      split_panel<Parts, true>(to + i * words, {a + i * kPanelSide * lda, lda, true},
                               min64(kPanelSide, rows - i * kPanelSide), plain_.depth(), &largest);
      split.safe[i] = split_is_safe(largest.value(), largest_);
    }
    return split;
  }

  template <int Products, typename Gates>
  void add_products_of(float* sums, const Operand& a, int64_t block, HiddenGates<Gates>* hidden) const {
    for (int64_t i = 0, row = 0; row < a.rows; ++i, row += kPanelSide) {
      const int64_t rows = min64(kPanelSide, a.rows - row);
      float* to = sums + row * kWidth;
      if (a.safe[i]) {
        add_panel<Products>(to, a.panels + i * panel_words(), rows, block, hidden);
      } else {
        plain_.add(to, a.plain + row * a.ld, a.ld, rows, block);
      }
    }
  }

  template <int Products, typename Gates>
  void add_panel(float* sums, const uint32_t* a, int64_t rows, int64_t block, HiddenGates<Gates>* hidden) const {
    alignas(64) float products[kPanelSide * kPanelSide];
    alignas(64) float dummy[kTileWords];
    const uint32_t* weights = panels_ + block * (kWidth / kPanelSide) * panel_words();
    const int64_t units = valid(block);
    Tiles tiles;
    for (int64_t column = 0; column < kWidth; column += kPanelSide, weights += panel_words()) {
      const int64_t columns = min64(kPanelSide, units - column % kUnits);
      if (columns <= 0) continue;
      tile_block<Products>(tiles, products, a, weights, depth_blocks(), static_cast<int>(rows),
                           static_cast<int>(columns), hidden, TileTarget{nullptr, 0, 0}, dummy);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t j = 0; j < (columns > kTileSide ? kPanelSide : kTileSide); j += kTileSide) {
          float* to = sums + r * kWidth + column + j;
          store(to, load(to) + load(products + r * kPanelSide + j));
        }
      }
    }
  }

  Plain plain_;
  int32_t products_;
  uint32_t* panels_;
  uint32_t largest_ = 0;
};

template <int kGates, int kUnits, typename Load, typename Gates>
void run_blocks(const TileBlocks<kGates, kUnits>& weights, const float* a, int64_t lda, int64_t rows_of_a,
                int64_t rows, int64_t begin, int64_t end, const Load& load, const Gates& gates) {
  ScratchMark mark;
  using Weights = TileBlocks<kGates, kUnits>;
  float* sums = scratch<float>(rows * Weights::kWidth);
  float* before = scratch<float>(rows * Weights::kWidth);
  typename Weights::Operand operand{};
  if (rows_of_a > 0) operand = weights.operand(a, lda, rows_of_a);
  const int64_t turns = Weights::turns(rows_of_a, weights.depth_blocks());
  for (int64_t b = begin; b < end; ++b) {
    load(sums, b);
    HiddenGates<Gates> hidden{gates, before, b - 1, b > begin ? rows : 0, max64(turns, 1)};
    if (rows_of_a > 0) weights.add(sums, operand, b, &hidden);
    hidden.complete();
    float* swap = sums;
    sums = before;
    before = swap;
  }
  if (end > begin) gates(before, end - 1, int64_t{0}, rows);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
