// Attention whose products are products of bfloat16 parts on matrix tiles: the walk of the float32 FMA form, but
// blocks of scores large enough for whole tile products, which are stored and then softened row by row. The sides
// that belong to a key head are split once per task. For kernel files of the levels that tiles build on.
#pragma once

#include "core/precision.h"
#include "ops/attention/attention_backward.h"
#include "ops/gemm/gemm_call.h"
#include "ops/gemm/gemm_tile_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kTileStrip = 128;       // queries worked on at a time, forward
constexpr int64_t kTileKeys = 512;        // keys worked on at a time, forward: all parts of the products' depth
constexpr int64_t kTileCausalKeys = 128;  // the same where blocks behind the diagonal are left out
constexpr int64_t kTileBackwardStrip = 256;
// One bfloat16 product leaves errors of 2^-9 of a score, which the exponential makes relative errors of a weight
// many times as large: scores get three at least.
constexpr int32_t kFewestOfScores = 3;

// The tile products of a call; kernels is null where it has none. Made on the thread of the call.
struct TileCall {
  const GemmTileKernels* kernels = nullptr;
  int32_t products = 0, of_scores = 0;

  explicit TileCall(const AttentionPlan& p) {
    products = bf16_products(p.queries, p.keys, p.width, false);
    if (products > 0 && bf16_products(p.queries, p.value_width, p.keys, false) > 0) {
      kernels = gemm_tile_kernels_of_call();
    }
    of_scores = static_cast<int32_t>(max64(products, kFewestOfScores));
    note_products(kernels == nullptr ? 0 : products);
  }

  // Magnitudes that forbid parts: float32 FMA.
  void run(const GemmProblem& p, int32_t count, const SplitWeights* split) const {
    if (!kernels->run(p, count, split)) gemm_kernels.f32.run(p);
  }
};

// Rows in the memory of an operand or a result.
struct TileRows {
  const float* at;
  int64_t ld;
};

// c [m, n] = factor * op(a) op(b) + beta * c.
inline GemmProblem tile_product(float* c, int64_t ldc, const TileRows& a, bool down, const TileRows& b, bool turned,
                                int64_t m, int64_t n, int64_t k, double factor, double beta) {
  GemmProblem p = {};
  p.c = c, p.a = a.at, p.b = b.at;
  p.batch = 1;
  p.m = m, p.n = n, p.k = k;
  p.lda = a.ld, p.ldb = b.ld, p.ldc = ldc;
  p.trans_a = down, p.trans_b = turned;
  p.alpha = factor, p.beta = beta;
  return p;
}

// Rows of a key head as the right-hand side of products, each block of `step` rows split by itself: turned, the
// rows are columns of the product, else its depth.
struct SplitBlocks {
  TileRows rows;
  int64_t count, width, step, bytes;
  int32_t products;
  bool turned;
  char* panels;
  uint32_t* largest;

  SplitBlocks(const TileCall& call, int32_t products_of_rows, const float* from, int64_t stride, int64_t rows_of_head,
              int64_t width_of_row, int64_t rows_of_block, bool rows_are_columns)
      : rows{from, stride}, count(rows_of_head), width(width_of_row), step(rows_of_block),
        products(products_of_rows), turned(rows_are_columns) {
    const int64_t blocks = div_up(count, step);
    bytes = call.kernels->split_bytes(products, turned ? step : width, turned ? width : step);
    panels = scratch<char>(blocks * bytes);
    largest = scratch<uint32_t>(blocks);
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t size = rows_of(block * step);
      largest[block] = call.kernels->split(products, panels + block * bytes, rows.at + block * step * stride,
                                           turned ? size : width, turned ? width : size, stride, turned);
    }
  }

  int64_t rows_of(int64_t first) const { return min64(step, count - first); }

  // c = factor * a block + beta * c, or with `turned` a block'; the block is the one whose rows begin at `first`.
  void multiply(const TileCall& call, float* c, int64_t ldc, const TileRows& a, int64_t m, int64_t first,
                double factor, double beta) const {
    const int64_t block = first / step, size = rows_of(first);
    const SplitWeights split = {panels + block * bytes, products, largest[block]};
    const TileRows b = {rows.at + first * rows.ld, rows.ld};
    call.run(tile_product(c, ldc, a, false, b, turned, m, turned ? size : width, turned ? width : size, factor, beta),
             products, &split);
  }
};

inline double score_factor(const AttentionPlan& p) { return p.scale * Unit<float>::kPerNatural; }

// Where row r of a strip and the panel of keys from k0 + c on lie.
inline Place row_of_block(const AttentionPlan& p, const Head& h, int64_t query, int64_t key, int64_t keys) {
  return {p, h, query, 1, key, min64(kPanel<float>, keys)};
}

// ---- forward

struct TileHead {
  SplitBlocks keys, values;
};

inline int64_t keys_of_block(const AttentionPlan& p) { return p.causal ? kTileCausalKeys : kTileKeys; }

inline TileHead split_head(const AttentionPlan& p, const TileCall& call, const Head& h, int64_t limit, const float* k,
                           const float* v) {
  const int64_t step = keys_of_block(p);
  return {{call, call.of_scores, k + p.k.at(h.batch, h.kv_head, 0), p.k.row, limit, p.width, step, true},
          {call, call.products, v + p.v.at(h.batch, h.kv_head, 0), p.v.row, limit, p.value_width, step, false}};
}

// Scores of a strip's rows and one block of keys to weights.
inline void soften_block(const AttentionPlan& p, const Head& h, const Running<float>& run, int64_t q0, int64_t rows,
                         int64_t k0, int64_t keys) {
  using V = VectorOf<float>;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < keys; c += kPanel<float>) {
      const Place at = row_of_block(p, h, q0 + r, k0 + c, keys - c);
      float* s = run.weights + r * run.ld + c;
      if (at.masked<float>()) {
        soften(at, run, r, c, true);
        continue;
      }
      V v[kTileVectors];
      for (int j = 0; j < kTileVectors; ++j) v[j] = load(s + j * kLanes<float>);
      V top = v[0];
      for (int j = 1; j < kTileVectors; ++j) top = larger<float>(v[j], top);
      if (any_positive<float>(top - run.limit[r])) {
        soften(at, run, r, c, false);
        continue;
      }
      V sum = run.sum[r];
      for (int j = 0; j < kTileVectors; ++j) {
        const V w = power(v[j] - run.shift[r]);
        sum += w;
        store(s + j * kLanes<float>, w);
      }
      run.sum[r] = sum;
    }
  }
}

inline void forward_tile_strip(const AttentionPlan& p, const TileCall& call, const Head& h, const TileHead& head,
                               int64_t q0, float* y, float* lse, const float* q) {
  const ScratchMark mark;
  const int64_t rows = min64(kTileStrip, p.queries - q0), step = head.keys.step;
  const int64_t limit = p.causal ? min64(head.keys.count, q0 + rows) : head.keys.count;
  const Running<float> run = running<float>(rows, lanes_up<float>(p.value_width), step + kPadding);
  const TileRows query = {q + p.q.at(h.batch, h.head, q0), p.q.row}, weights = {run.weights, run.ld};
  for (int64_t k0 = 0; k0 < limit; k0 += step) {
    head.keys.multiply(call, run.weights, run.ld, query, rows, k0, score_factor(p), 0);
    soften_block(p, h, run, q0, rows, k0, head.keys.rows_of(k0));
    head.values.multiply(call, run.out, run.width, weights, rows, k0, 1, k0 == 0 ? 0 : 1);
  }
  finish_strip(p, h, run, q0, rows, y, lse);
}

inline void forward_on_tiles(const AttentionPlan& p, const TileCall& call, float* y, float* lse, const float* q,
                             const float* k, const float* v) {
  forward_walk(
      p, kTileStrip, [&](const Head& h, int64_t limit) { return split_head(p, call, h, limit, k, v); },
      [&](const Head& h, const TileHead& head, int64_t q0) { forward_tile_strip(p, call, h, head, q0, y, lse, q); });
}

// ---- backward

// A range of keys of one key head, whose gradients belong to the task.
struct TileRange : KeyRange<float> {
  SplitBlocks turned_keys, split_keys, turned_values;
};

inline TileRange split_range(const AttentionPlan& p, const TileCall& call, const Head& h, int64_t first, int64_t last,
                             const float* k, const float* v) {
  const int64_t count = max64(0, last - first);
  const float* key = k + p.k.at(h.batch, h.kv_head, first);
  const float* value = v + p.v.at(h.batch, h.kv_head, first);
  return {key_sums<float>(p, first, count),
          {call, call.of_scores, key, p.k.row, count, p.width, kKeyBlock, true},
          {call, call.products, key, p.k.row, count, p.width, kKeyBlock, false},
          {call, call.products, value, p.v.row, count, p.value_width, kKeyBlock, true}};
}

// Scores to weights, and the products of upstream gradients and values to slopes.
inline void restore_rows(const AttentionPlan& p, const Head& h, const StripBlock<float>& b, const float* log_sum,
                         const float* delta) {
  for (int64_t r = 0; r < b.rows; ++r) {
    for (int64_t c = 0; c < b.keys; c += kPanel<float>) {
      const Place at = row_of_block(p, h, b.q0 + r, b.k0 + c, b.keys - c);
      float* weights = b.weights + r * b.kLd + c;
      float* slopes = b.slopes + r * b.kLd + c;
      if (at.masked<float>()) mask_row(at, 0, weights);
      for (int64_t j = 0; j < kPanel<float>; j += kLanes<float>) {
        const VectorOf<float> w = power(load(weights + j) - log_sum[r]);
        store(weights + j, w);
        store(slopes + j, w * (load(slopes + j) - delta[r]));
      }
    }
  }
}

inline void add_tile_strip(const AttentionPlan& p, const TileCall& call, const Head& h, const TileRange& t,
                           StripBlock<float> b, const Given<float>& given, const float* log_sum, const float* delta,
                           float* dq) {
  const ScratchMark mark;
  const TileRows query = {given.q + p.q.at(h.batch, h.head, b.q0), p.q.row};
  const TileRows up = {given.dy + p.dy.at(h.batch, h.head, b.q0), p.dy.row};
  const int64_t key = b.k0 - t.first;
  b.keys = t.split_keys.rows_of(key);  // blocks are split whole, whatever the diagonal leaves of them
  b.weights = scratch<float>(b.rows * b.kLd);
  b.slopes = scratch<float>(b.rows * b.kLd);
  t.turned_keys.multiply(call, b.weights, b.kLd, query, b.rows, key, score_factor(p), 0);
  t.turned_values.multiply(call, b.slopes, b.kLd, up, b.rows, key, 1, 0);
  restore_rows(p, h, b, log_sum, delta);
  const TileRows weights = {b.weights, b.kLd}, slopes = {b.slopes, b.kLd};
  t.split_keys.multiply(call, dq, t.width, slopes, b.rows, key, 1, 1);
  call.run(tile_product(t.dv + key * t.value_width, t.value_width, weights, true, up, false, b.keys, p.value_width,
                        b.rows, 1, 1),
           call.products, nullptr);
  call.run(tile_product(t.dk + key * t.width, t.width, slopes, true, query, false, b.keys, p.width, b.rows, 1, 1),
           call.products, nullptr);
}

inline void backward_on_tiles(const AttentionPlan& p, const TileCall& call, float* dq, float* dk, float* dv,
                              const Given<float>& given, const float* k, const float* v) {
  backward_walk(
      p, dq, dk, dv,
      [&](const Head& h, int64_t first, int64_t last) { return split_range(p, call, h, first, last, k, v); },
      [&](const Head& h, const TileRange& t, float* to) {
        add_head(p, h, t, given, to, kTileBackwardStrip,
                 [&](const StripBlock<float>& b, const float* log_sum, const float* delta, float* rows_of_dq) {
                   add_tile_strip(p, call, h, t, b, given, log_sum, delta, rows_of_dq);
                 });
      });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
