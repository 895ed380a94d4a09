// C = act(alpha * op(A) op(B) + beta * C + bias) of float32 matrices on tiles, by 6, 3 or 1 bfloat16 products:
// blocking around the micro-kernel of gemm_tiles.h.
//
//   for each slab of rows              A is split once per slab and K block
//     for each K block (<= 512)
//       for each strip of columns      B: kept split, split once for all threads, or per task
//         task = rows x block of columns (B block of 0.5 to 1 MB, L2)
//           for each panel of 32 rows, each panel of 32 columns: micro-kernel
//
// K blocks depend on K only and every element's sum is one task's: threads change no bit.
#include "ops/gemm/gemm_tile_kernels.h"
#include "ops/gemm/gemm_tiles.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kDepth = 512;                 // most k of a block
constexpr int64_t kSlabBytes = 3 << 20;         // of A split at once
constexpr int64_t kStripColumns = 4096;         // of B split at once for all threads
constexpr double kSerialOperations = 6e6;       // below this no thread is woken

int64_t depth_of_block(int64_t k) { return div_up(div_up(k, div_up(k, kDepth)), kTileDepth) * kTileDepth; }
int64_t columns_of_block(int products) { return products == 1 ? 1024 : products == 3 ? 384 : 256; }

template <int Products>
struct TileProduct {
  static constexpr int kParts = parts_of(Products);
  static constexpr int64_t kWords = block_words(kParts);

  GemmProblem p;
  const uint32_t* split_b = nullptr;  // all of op(B), kept
  int64_t depth, panels;
  SplitSource a, b;
  uint32_t* seen_a = nullptr;  // largest |bits| per panel of A's slab
  uint32_t* seen_b = nullptr;  // per panel of B

  explicit TileProduct(const GemmProblem& problem) : p(problem) {
    depth = depth_of_block(p.k);
    panels = div_up(p.n, kPanelSide);
    a = {static_cast<const float*>(p.a), p.lda, !p.trans_a};
    b = {static_cast<const float*>(p.b), p.ldb, p.trans_b};
  }

  static void see(uint32_t* most, const LargestBits& largest) {
    const uint32_t value = largest.value();
    if (value > *most) *most = value;
  }

  void split_a_panel(uint32_t* to, int64_t i, int64_t i1, int64_t pc, int64_t kc, uint32_t* most) const {
    LargestBits largest;
    split_panel<kParts, true>(to, a.shifted(i, pc), min64(kPanelSide, i1 - i), kc, &largest);
    see(most, largest);
  }

  void split_b_panel(uint32_t* to, int64_t panel, int64_t pc, int64_t kc, uint32_t* most) const {
    const int64_t j = panel * kPanelSide;
    LargestBits largest;
    split_panel<kParts, false>(to, b.shifted(j, pc), min64(kPanelSide, p.n - j), kc, &largest);
    see(most, largest);
  }

  // Dwords of `depth` k of one panel.
  static int64_t panel_words(int64_t kc) { return div_up(kc, kTileDepth) * kWords; }

  // What one task works on.
  struct Task {
    int64_t i0, i1, panel0, panel1, pc, kc;
    const uint32_t* a;  // split rows from i0 on, or null: split here, panel by panel
    const uint32_t* b;  // split panels from panel0 on, or null: split here
    uint32_t* most_a;   // one per panel of rows where a is null
  };

  TileMerge merge_of(const Task& t, int64_t i, int64_t panel) const {
    const bool last = t.pc + t.kc >= p.k;
    const int64_t j = panel * kPanelSide;
    TileMerge m;
    m.c = static_cast<float*>(p.c) + i * p.ldc + j;
    m.ldc = p.ldc;
    m.bias = last && p.bias != nullptr ? static_cast<const float*>(p.bias) + j : nullptr;
    m.alpha = static_cast<float>(p.alpha);
    m.beta = t.pc == 0 ? static_cast<float>(p.beta) : 1.0f;
    m.activation = last ? p.activation : static_cast<int32_t>(kIdentity);
    m.rows = static_cast<int>(min64(kPanelSide, t.i1 - i));
    m.columns = static_cast<int>(min64(kPanelSide, p.n - j));
    return m;
  }

  void run(const Task& t) const {
    ScratchMark mark;
    constexpr int64_t kSums = kPanelSide * kPanelSide;
    float* sums = scratch<float>(2 * kSums + kTileWords);
    float* dummy = sums + 2 * kSums;
    const int64_t words = panel_words(t.kc), blocks = div_up(t.kc, kTileDepth);
    const uint32_t* b_panels = t.b;
    if (b_panels == nullptr) {
      uint32_t* own = scratch<uint32_t>((t.panel1 - t.panel0) * words);
      for (int64_t q = t.panel0; q < t.panel1; ++q) {
        split_b_panel(own + (q - t.panel0) * words, q, t.pc, t.kc, seen_b + q);
      }
      b_panels = own;
    }
    uint32_t* own_a = t.a == nullptr ? scratch<uint32_t>(words) : nullptr;
    const int64_t most_merges = div_up(t.i1 - t.i0, kPanelSide);
    for (int64_t panel = 0; panel < most_merges && own_a != nullptr; ++panel) {
      split_a_panel(own_a, t.i0 + panel * kPanelSide, t.i1, t.pc, t.kc, t.most_a + panel);
      rows_of_tiles(t, t.i0 + panel * kPanelSide, own_a, b_panels, blocks, sums, dummy);
    }
    for (int64_t panel = 0; panel < most_merges && own_a == nullptr; ++panel) {
      rows_of_tiles(t, t.i0 + panel * kPanelSide, t.a + panel * words, b_panels, blocks, sums, dummy);
    }
  }

  // One panel of rows against the task's panels of columns. The tiles are configured for just this long.
  void rows_of_tiles(const Task& t, int64_t i, const uint32_t* a_panel, const uint32_t* b_panels, int64_t blocks,
                     float* sums, float* dummy) const {
    const int64_t words = blocks * kWords;
    Tiles tiles;
    TileMerge pending{};
    pending.rows = 0;
    for (int64_t q = t.panel0; q < t.panel1; ++q) {
      TileMerge next = merge_of(t, i, q);
      float* to = sums + (q - t.panel0) % 2 * kPanelSide * kPanelSide;
      const TileTarget target{next.c, next.ldc, next.rows};
      tile_block<Products>(tiles, to, a_panel, b_panels + (q - t.panel0) * words, blocks, next.rows, next.columns,
                           &pending, target, dummy);
      next.sums = to;
      pending = next;
    }
    pending.finish();
  }

  // Rows [i0, i1) of K block pc: splits what is to be split once, then tasks over rows x blocks of columns.
  void block(int64_t i0, int64_t i1, int64_t pc, bool slab_a, bool alone) {
    const int64_t kc = min64(depth, p.k - pc), words = panel_words(kc);
    const int64_t rows = div_up(i1 - i0, kPanelSide);
    ScratchMark mark;
    uint32_t* slab = nullptr;
    if (slab_a) {
      slab = scratch<uint32_t>(rows * words);
      for_each(rows, alone, [&](int64_t r) {
        split_a_panel(slab + r * words, i0 + r * kPanelSide, i1, pc, kc, seen_a + r);
      });
    }
    const int64_t strip = kStripColumns / kPanelSide;
    for (int64_t q0 = 0; q0 < panels; q0 += strip) {
      const int64_t q1 = min64(panels, q0 + strip);
      ScratchMark inner;
      const uint32_t* ready = nullptr;
      if (split_b != nullptr) {
        ready = split_b + pc / kTileDepth * kWords * panels + q0 * words;
      } else if (!alone) {
        uint32_t* shared = scratch<uint32_t>((q1 - q0) * words);
        for_each(q1 - q0, false, [&](int64_t q) {
          split_b_panel(shared + q * words, q0 + q, pc, kc, seen_b + q0 + q);
        });
        ready = shared;
      }
      columns(i0, i1, q0, q1, pc, kc, slab, ready, alone);
    }
  }

  void columns(int64_t i0, int64_t i1, int64_t q0, int64_t q1, int64_t pc, int64_t kc, const uint32_t* slab,
               const uint32_t* ready, bool alone) {
    const int64_t words = panel_words(kc), rows = div_up(i1 - i0, kPanelSide);
    const int64_t wide = min64(q1 - q0, columns_of_block(Products) / kPanelSide);
    const int64_t column_tasks = div_up(q1 - q0, wide);
    const int64_t wanted = alone ? 1 : div_up(3 * parallel_threads(), column_tasks);
    const int64_t tall = div_up(rows, min64(rows, wanted));
    const int64_t row_tasks = div_up(rows, tall);
    for_each(row_tasks * column_tasks, alone, [&](int64_t index) {
      const int64_t r = index % row_tasks * tall, q = q0 + index / row_tasks * wide;
      Task t;
      t.i0 = i0 + r * kPanelSide;
      t.i1 = min64(i1, t.i0 + tall * kPanelSide);
      t.panel0 = q;
      t.panel1 = min64(q1, q + wide);
      t.pc = pc;
      t.kc = kc;
      t.a = slab == nullptr ? nullptr : slab + r * words;
      t.b = ready == nullptr ? nullptr : ready + (q - q0) * words;
      t.most_a = seen_a + r;
      run(t);
    });
  }

  template <typename F>
  static void for_each(int64_t n, bool alone, const F& body) {
    if (alone) {
      for (int64_t i = 0; i < n; ++i) body(i);
      return;
    }
    parallel(n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) body(i);
    });
  }

  static uint32_t most_of(const uint32_t* seen, int64_t n) {
    uint32_t most = 0;
    for (int64_t i = 0; i < n; ++i) most = seen[i] > most ? seen[i] : most;
    return most;
  }

  bool multiply(const SplitWeights* split) {
    // With beta the old C is part of the sum: it must be known beforehand that no other way is needed.
    if (p.beta != 0 && !split_is_safe_beforehand(p, split)) return false;
    ScratchMark mark;
    if (split != nullptr) split_b = static_cast<const uint32_t*>(split->panels);
    const double work = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
    const bool alone = work < kSerialOperations || parallel_threads() == 1;
    const bool slab_a = p.n > columns_of_block(Products);
    const int64_t fits = kSlabBytes / (panel_words(depth) * 4) * kPanelSide;
    const int64_t rows = slab_a ? max64(8 * kPanelSide, fits) : p.m;
    const int64_t row_panels = div_up(min64(rows, p.m), kPanelSide);
    seen_a = scratch<uint32_t>(row_panels);
    seen_b = scratch<uint32_t>(panels);
    memset(seen_b, 0, static_cast<size_t>(panels) * sizeof(uint32_t));
    uint32_t most_a = 0;
    for (int64_t i = 0; i < p.m; i += rows) {
      memset(seen_a, 0, static_cast<size_t>(row_panels) * sizeof(uint32_t));
      for (int64_t pc = 0; pc < p.k; pc += depth) block(i, min64(p.m, i + rows), pc, slab_a, alone);
      const uint32_t most = most_of(seen_a, row_panels);
      if (most > most_a) most_a = most;
    }
    return p.beta != 0 || split_is_safe(most_a, split != nullptr ? split->largest : most_of(seen_b, panels));
  }

  uint32_t split_all(uint32_t* to) {
    ScratchMark mark;
    seen_b = scratch<uint32_t>(panels);
    memset(seen_b, 0, static_cast<size_t>(panels) * sizeof(uint32_t));
    for_each(panels, p.n * p.k < 1 << 16, [&](int64_t q) {
      for (int64_t pc = 0; pc < p.k; pc += depth) {
        const int64_t kc = min64(depth, p.k - pc);
        split_b_panel(to + pc / kTileDepth * kWords * panels + q * panel_words(kc), q, pc, kc, seen_b + q);
      }
    });
    return most_of(seen_b, panels);
  }
};

bool run(const GemmProblem& p, int32_t products, const SplitWeights* split) {
  switch (products) {
    case 6: return TileProduct<6>(p).multiply(split);
    case 3: return TileProduct<3>(p).multiply(split);
    default: return TileProduct<1>(p).multiply(split);
  }
}

int64_t split_bytes(int32_t products, int64_t n, int64_t k) {
  return div_up(n, kPanelSide) * div_up(k, kTileDepth) * block_words(parts_of(products)) * 4;
}

uint32_t split(int32_t products, void* to, const void* b, int64_t n, int64_t k, int64_t ldb, bool trans_b) {
  GemmProblem p = {};
  p.b = b;
  p.n = n, p.k = k, p.ldb = ldb, p.trans_b = trans_b;
  uint32_t* words = static_cast<uint32_t*>(to);
  switch (products) {
    case 6: return TileProduct<6>(p).split_all(words);
    case 3: return TileProduct<3>(p).split_all(words);
    default: return TileProduct<1>(p).split_all(words);
  }
}

}  // namespace

extern const GemmTileKernels gemm_tile_kernels;
const GemmTileKernels gemm_tile_kernels = {run, split_bytes, split};

}  // namespace NRT_ISA_NS
}  // namespace nrt
