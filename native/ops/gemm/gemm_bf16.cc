// Float32 matrices rounded to bfloat16 (precision MEDIUM) on processors with AVX512_BF16: vdpbf16ps multiplies
// 32 pairs per instruction, twice the rate of float32 FMA. Compiled once, for that feature.
//
//   A [row][pairs]: a row's dwords in order of k, rows of a K block side by side in panels of 6
//   B [panel of 64][pair][columns]
//
// A dword holds k and k + 1: of A one conversion rounds 32 values in order, of B it rounds two rows, which one
// permutation interleaves. Rounding is to nearest even and takes subnormal numbers as zero.
#include <immintrin.h>

#include "ops/gemm/gemm_tile_kernels.h"
#include "ops/gemm/gemm_split.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kDepth = 1024;          // most k of a block
constexpr int64_t kSlabRows = 2048;       // of A rounded at once
constexpr int64_t kStripColumns = 4096;   // of B
constexpr int64_t kTaskRows = 240;
constexpr int64_t kColumns = kTileColumns<float>;
constexpr double kSerialOperations = 8e6;

int64_t depth_of_block(int64_t k) { return div_up(div_up(k, div_up(k, kDepth)), kTileDepth) * kTileDepth; }

inline VectorOf<float> dot_pairs(VectorOf<float> sum, uint32_t a, SplitWords b) {
  const __m512i pair = _mm512_set1_epi32(static_cast<int>(a));
  return reinterpret_cast<VectorOf<float>>(_mm512_dpbf16_ps(
      reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(pair), reinterpret_cast<__m512bh>(b)));
}

inline SplitWords words_at(const uint32_t* p) { return *reinterpret_cast<const SplitStore*>(p); }

// Six rows, of which t.rows are stored, times NV vectors of columns. a: rows a_row apart; b: NV vectors per pair.
template <int NV, bool Tail>
void pair_kernel(const Tile<float>& t, const uint32_t* a, int64_t a_row, const uint32_t* b, int64_t pairs) {
  using V = VectorOf<float>;
  const int last = t.columns - (NV - 1) * kLanes<float>;
  V acc[kTileRows][NV] = {};
  for (int64_t p = 0; p < pairs; ++p, ++a, b += NV * kTileSide) {
    SplitWords bv[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) bv[j] = words_at(b + j * kTileSide);
#pragma GCC unroll 6
    for (int i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] = dot_pairs(acc[i][j], a[i * a_row], bv[j]);
    }
  }
  V bias[NV] = {};
  if (t.bias != nullptr) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      const float* at = t.bias + j * kLanes<float>;
      bias[j] = Tail && j == NV - 1 ? load_part(at, last) : load(at);
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < kTileRows; ++i) {
    if (i < t.rows) store_row<float, NV, Tail>(t, t.c + i * t.ldc, acc[i], bias, last);
  }
}

void run_pairs(const Tile<float>& t, const uint32_t* a, int64_t a_row, const uint32_t* b, int64_t pairs) {
  const int vectors = (t.columns + kTileSide - 1) / kTileSide;
  const bool tail = t.columns % kTileSide != 0;
  switch (vectors) {
    case 1: (tail ? pair_kernel<1, true> : pair_kernel<1, false>)(t, a, a_row, b, pairs); break;
    case 2: (tail ? pair_kernel<2, true> : pair_kernel<2, false>)(t, a, a_row, b, pairs); break;
    case 3: (tail ? pair_kernel<3, true> : pair_kernel<3, false>)(t, a, a_row, b, pairs); break;
    default: (tail ? pair_kernel<4, true> : pair_kernel<4, false>)(t, a, a_row, b, pairs); break;
  }
  if (t.activation == kSigmoid || t.activation == kTanh) {
    activate_rows(t.c, t.ldc, t.rows, t.columns, t.activation);
  }
}

// Largest |bfloat16| seen, per lane.
struct LargestHalves {
  __m512i lanes = _mm512_setzero_si512();

  void see(__m512i halves) {
    lanes = _mm512_max_epu16(lanes, _mm512_and_si512(halves, _mm512_set1_epi16(0x7fff)));
  }
  // As bits of float32.
  uint32_t value() const {
    uint16_t each[32];
    memcpy(each, &lanes, sizeof each);
    uint32_t most = 0;
    for (uint16_t one : each) most = one > most ? one : most;
    return most << 16;
  }
};

// Low half from x, high half from y.
inline __m512i rounded_halves(VectorOf<float> x, VectorOf<float> y) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(y), reinterpret_cast<__m512>(x)));
}

// 32 values of one row of A.
inline void round_row(uint32_t* to, VectorOf<float> x, VectorOf<float> y, LargestHalves* largest) {
  const __m512i halves = rounded_halves(x, y);
  largest->see(halves);
  _mm512_storeu_si512(to, halves);
}

// Rows k and k + 1 of B, or of any square.
inline void round_two_rows(uint32_t* to, VectorOf<float> x, VectorOf<float> y, LargestHalves* largest) {
  static constexpr SplitWords kInterleave = {0x00100000, 0x00110001, 0x00120002, 0x00130003, 0x00140004, 0x00150005,
                                             0x00160006, 0x00170007, 0x00180008, 0x00190009, 0x001a000a, 0x001b000b,
                                             0x001c000c, 0x001d000d, 0x001e000e, 0x001f000f};
  const __m512i halves = rounded_halves(x, y);
  largest->see(halves);
  _mm512_storeu_si512(to, _mm512_permutexvar_epi16(reinterpret_cast<__m512i>(kInterleave), halves));
}

struct PairProduct {
  GemmProblem p;
  const uint32_t* kept_b = nullptr;
  int64_t depth, panels;
  SplitSource a, b;
  uint32_t* seen_a = nullptr;  // largest |bits| per six rows of the slab
  uint32_t* seen_b = nullptr;  // per panel

  explicit PairProduct(const GemmProblem& problem) : p(problem) {
    depth = depth_of_block(p.k);
    panels = div_up(p.n, kColumns);
    a = {static_cast<const float*>(p.a), p.lda, !p.trans_a};
    b = {static_cast<const float*>(p.b), p.ldb, p.trans_b};
  }

  static int64_t pairs_of(int64_t kc) { return div_up(kc, kTileDepth) * kTileSide; }
  static void see(uint32_t* most, const LargestHalves& largest) {
    const uint32_t value = largest.value();
    if (value > *most) *most = value;
  }
  int64_t width(int64_t panel) const { return div_up(min64(kColumns, p.n - panel * kColumns), kTileSide) * kTileSide; }
  // Dwords of a K block's panels before this one: all but the last are kColumns wide.
  static int64_t panel_start(int64_t panel, int64_t pairs) { return panel * kColumns * pairs; }
  int64_t width_all() const { return div_up(p.n, kTileSide) * kTileSide; }

  // Rows of A, row_words dwords apart (padded, so that they do not share an L1 set).
  static int64_t row_words(int64_t kc) { return pairs_of(kc) + kTileSide; }

  void round_rows(uint32_t* to, int64_t i, int64_t rows, int64_t pc, int64_t kc, uint32_t* most) const {
    const int64_t ld = row_words(kc);
    LargestHalves largest;
    for (int64_t r = 0; r < rows && a.k_lanes; ++r) {
      const float* from = a.shifted(i + r, pc).at;
      uint32_t* row = to + r * ld;
      int64_t k = 0;
      for (; k + kTileDepth <= kc; k += kTileDepth) {
        round_row(row + k / 2, load(from + k), load(from + k + kTileSide), &largest);
      }
      if (k < kc) {
        const int first = clamped(kc - k), second = clamped(kc - k - kTileSide);
        round_row(row + k / 2, load_part(from + k, first),
                  second > 0 ? load_part(from + k + kTileSide, second) : VectorOf<float>{}, &largest);
      }
    }
    for (int64_t k = 0; k < kc && !a.k_lanes; k += kTileDepth) {
      for (int64_t r = 0; r < rows; r += kTileSide) {
        VectorOf<float> x[kTileSide], y[kTileSide];
        load_square(x, a.shifted(i + r, pc + k).at, a.ld, clamped(kc - k), clamped(rows - r));
        load_square(y, a.shifted(i + r, pc + k + kTileSide).at, a.ld, clamped(kc - k - kTileSide), clamped(rows - r));
        transpose_blocks<float, kTileSide / 2>(x);
        transpose_blocks<float, kTileSide / 2>(y);
        for (int l = 0; l < clamped(rows - r); ++l) round_row(to + (r + l) * ld + k / 2, x[l], y[l], &largest);
      }
    }
    see(most, largest);
  }

  void round_panel(uint32_t* to, int64_t panel, int64_t pc, int64_t kc, uint32_t* most) const {
    constexpr int kAhead = 16;
    const int64_t j0 = panel * kColumns, columns = min64(kColumns, p.n - j0), wide = width(panel);
    LargestHalves largest;
    int64_t k = 0;
    if (!b.k_lanes && columns == kColumns) {
      for (; k + 2 <= kc; k += 2, to += wide) {
        const float* x = b.shifted(j0, pc + k).at;
        const float* y = x + b.ld;
        if (k + kAhead + 2 <= kc) {
#pragma GCC unroll 4
          for (int j = 0; j < kColumns; j += kTileSide) {
            __builtin_prefetch(x + kAhead * b.ld + j);
            __builtin_prefetch(y + kAhead * b.ld + j);
          }
        }
#pragma GCC unroll 4
        for (int j = 0; j < kColumns; j += kTileSide) round_two_rows(to + j, load(x + j), load(y + j), &largest);
      }
    }
    const int64_t padded = div_up(kc, kTileDepth) * kTileDepth;
    while (k < padded) {  // squares; behind whole pairs only what is left of a block of 32
      const int64_t rows = min64(kTileSide, padded - k);
      for (int64_t j = 0; j < columns; j += kTileSide) {
        VectorOf<float> x[kTileSide];
        const SplitSource from = b.shifted(j0 + j, pc + k);
        if (b.k_lanes) {
          load_square(x, from.at, b.ld, clamped(columns - j), clamped(kc - k));
          transpose_blocks<float, kTileSide / 2>(x);
        } else {
          load_square(x, from.at, b.ld, clamped(kc - k), clamped(columns - j));
        }
        for (int64_t l = 0; l < rows; l += 2) round_two_rows(to + l / 2 * wide + j, x[l], x[l + 1], &largest);
      }
      k += rows;
      to += rows / 2 * wide;
    }
    see(most, largest);
  }

  // Rows [i0, i1) of C x panels [q0, q1) of one K block.
  void multiply_block(const uint32_t* rows, const uint32_t* b_panels, int64_t first_panel, int64_t i0, int64_t i1,
                      int64_t q0, int64_t q1, int64_t pc, int64_t kc) const {
    const int64_t pairs = pairs_of(kc), ld = row_words(kc);
    const bool last = pc + kc >= p.k;
    for (int64_t q = q0; q < q1; ++q) {
      const int64_t j = q * kColumns;
      Tile<float> t = {};
      t.columns = static_cast<int>(min64(kColumns, p.n - j));
      t.bias = last && p.bias != nullptr ? static_cast<const float*>(p.bias) + j : nullptr;
      t.activation = last ? p.activation : static_cast<int32_t>(kIdentity);
      t.alpha = static_cast<float>(p.alpha);
      t.beta = pc == 0 ? static_cast<float>(p.beta) : 1.0f;
      t.ldc = p.ldc;
      for (int64_t i = i0; i < i1; i += kTileRows) {
        t.rows = static_cast<int>(min64(kTileRows, i1 - i));
        t.c = static_cast<float*>(p.c) + i * p.ldc + j;
        run_pairs(t, rows + (i - i0) * ld, ld, b_panels + panel_start(q - first_panel, pairs), pairs);
      }
    }
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

  void block(int64_t i0, int64_t i1, int64_t pc, bool alone) {
    const int64_t kc = min64(depth, p.k - pc), pairs = pairs_of(kc), ld = row_words(kc);
    constexpr int64_t kUnit = 48;  // rows rounded at a time; a multiple of six and of sixteen
    const int64_t units = div_up(i1 - i0, kUnit);
    ScratchMark mark;
    uint32_t* rows = scratch<uint32_t>(div_up(i1 - i0, kTileRows) * kTileRows * ld);
    for_each(units, alone, [&](int64_t u) {
      const int64_t i = i0 + u * kUnit;
      round_rows(rows + u * kUnit * ld, i, min64(kUnit, i1 - i), pc, kc, seen_a + u);
    });
    for (int64_t i = i1 - i0; i % kTileRows != 0; ++i) memset(rows + i * ld, 0, static_cast<size_t>(ld) * 4);
    constexpr int64_t kStrip = kStripColumns / kColumns;
    for (int64_t q0 = 0; q0 < panels; q0 += kStrip) {
      const int64_t q1 = min64(panels, q0 + kStrip);
      ScratchMark inner;
      const uint32_t* ready = kept_b == nullptr ? nullptr : kept_b + pc / 2 * width_all() + panel_start(q0, pairs);
      if (ready == nullptr) {
        uint32_t* shared = scratch<uint32_t>((q1 - q0) * kColumns * pairs);
        for_each(q1 - q0, alone, [&](int64_t q) {
          round_panel(shared + panel_start(q, pairs), q0 + q, pc, kc, seen_b + q0 + q);
        });
        ready = shared;
      }
      tasks(rows, ready, i0, i1, q0, q1, pc, kc, alone);
    }
  }

  void tasks(const uint32_t* rows, const uint32_t* ready, int64_t i0, int64_t i1, int64_t q0, int64_t q1, int64_t pc,
             int64_t kc, bool alone) const {
    const int64_t row_tasks = div_up(i1 - i0, kTaskRows);
    const int64_t tall = div_up(div_up(i1 - i0, row_tasks), kTileRows) * kTileRows;
    const int64_t parts = alone ? 1 : min64(q1 - q0, div_up(3 * parallel_threads(), row_tasks));
    const int64_t wide = div_up(q1 - q0, parts);
    const int64_t column_tasks = div_up(q1 - q0, wide);
    for_each(row_tasks * column_tasks, alone, [&](int64_t index) {
      const int64_t i = i0 + index % row_tasks * tall, q = q0 + index / row_tasks * wide;
      if (i >= i1) return;
      multiply_block(rows + (i - i0) * row_words(kc), ready, q0, i, min64(i1, i + tall), q, min64(q1, q + wide), pc, kc);
    });
  }

  static uint32_t most_of(const uint32_t* seen, int64_t n) {
    uint32_t most = 0;
    for (int64_t i = 0; i < n; ++i) most = seen[i] > most ? seen[i] : most;
    return most;
  }

  uint32_t scanned_a() const { return largest_of(a, p.trans_a ? p.k : p.m, p.trans_a ? p.m : p.k); }
  uint32_t scanned_b() const { return largest_of(b, p.trans_b ? p.n : p.k, p.trans_b ? p.k : p.n); }

  // Nothing but zeros after rounding: subnormal numbers, or zeros indeed.
  uint32_t largest_b() const {
    const uint32_t most = most_of(seen_b, panels);
    return most != 0 ? most : scanned_b();
  }

  // A magnitude as it looks after rounding, so that a decision beforehand is the one afterwards.
  static uint32_t as_seen(uint32_t bits) {
    if (bits < 1u << 23 || bits >= 255u << 23) return bits;
    return (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
  }

  bool multiply(const SplitWeights* split) {
    if (p.beta != 0 && !split_is_safe(as_seen(scanned_a()), split != nullptr ? split->largest : as_seen(scanned_b()))) {
      return false;
    }
    ScratchMark mark;
    if (split != nullptr) kept_b = static_cast<const uint32_t*>(split->panels);
    const double work = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
    const bool alone = work < kSerialOperations || parallel_threads() == 1;
    const int64_t units = div_up(min64(p.m, kSlabRows), 48);
    seen_a = scratch<uint32_t>(units);
    seen_b = scratch<uint32_t>(panels);
    memset(seen_a, 0, static_cast<size_t>(units) * sizeof(uint32_t));
    memset(seen_b, 0, static_cast<size_t>(panels) * sizeof(uint32_t));
    for (int64_t i = 0; i < p.m; i += kSlabRows) {
      for (int64_t pc = 0; pc < p.k; pc += depth) block(i, min64(p.m, i + kSlabRows), pc, alone);
    }
    if (p.beta != 0) return true;
    uint32_t most_a = most_of(seen_a, units);
    if (most_a == 0) most_a = scanned_a();
    return split_is_safe(most_a, split != nullptr ? split->largest : largest_b());
  }

  uint32_t round_all(uint32_t* to) {
    ScratchMark mark;
    seen_b = scratch<uint32_t>(panels);
    memset(seen_b, 0, static_cast<size_t>(panels) * sizeof(uint32_t));
    for_each(panels, p.n * p.k < 1 << 16, [&](int64_t q) {
      for (int64_t pc = 0; pc < p.k; pc += depth) {
        const int64_t kc = min64(depth, p.k - pc);
        round_panel(to + pc / 2 * width_all() + panel_start(q, pairs_of(kc)), q, pc, kc, seen_b + q);
      }
    });
    return largest_b();
  }
};

bool run(const GemmProblem& p, int32_t, const SplitWeights* split) { return PairProduct(p).multiply(split); }

int64_t split_bytes(int32_t, int64_t n, int64_t k) {
  return div_up(n, kTileSide) * kTileSide * div_up(k, kTileDepth) * kTileSide * 4;
}

uint32_t split(int32_t, void* to, const void* b, int64_t n, int64_t k, int64_t ldb, bool trans_b) {
  GemmProblem p = {};
  p.b = b;
  p.n = n, p.k = k, p.ldb = ldb, p.trans_b = trans_b;
  return PairProduct(p).round_all(static_cast<uint32_t*>(to));
}

}  // namespace

extern const GemmTileKernels gemm_pair_kernels;
const GemmTileKernels gemm_pair_kernels = {run, split_bytes, split};

}  // namespace NRT_ISA_NS
}  // namespace nrt
