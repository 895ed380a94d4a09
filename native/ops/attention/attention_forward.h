// Forward of attention. Keys and values of a head are packed once; queries go through in strips, keys in
// blocks, so that what a strip works on stays in L2. For kernel files only.
#pragma once

#include "ops/attention/attention_backward.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T>
Running<T> running(int64_t rows, int64_t width, int64_t ld) {
  const Running<T> run = {scratch<T>(rows),         scratch<T>(rows), scratch<VectorOf<T>>(rows),
                          scratch<T>(rows * width), width,            scratch<T>(rows * ld), ld};
  fill(run.shift, rows, T(0));
  fill(run.limit, rows, negative_infinity<T>());
  fill(run.sum, rows, VectorOf<T>{});
  fill(run.out, rows * width, T(0));
  return run;
}

// Results of the strip of queries from q0 on: sums divided by those of their weights.
template <typename T>
void finish_strip(const AttentionPlan& p, const Head& h, const Running<T>& run, int64_t q0, int64_t rows, T* y,
                  T* lse) {
  T* log_sum = lse + (h.batch * p.heads + h.head) * p.queries + q0;
  for (int64_t r = 0; r < rows; ++r) {
    const T sum = lane_total<T>(run.sum[r]);
    // Infinity makes backward's exp(score - lse) zero for a query that attends nothing.
    log_sum[r] = sum == 0 ? -negative_infinity<T>()
                          : run.shift[r] / static_cast<T>(Unit<T>::kPerNatural) + math::log(sum);
    write_rows(y + p.y.at(h.batch, h.head, q0 + r), p.y.row, run.out + r * run.width, run.width, 1, p.value_width,
               sum == 0 ? T(0) : 1 / sum);
  }
}

// Keys and values of one head as forward reads them.
template <typename T>
struct KeysAndValues {
  const T* panels;  // of keys, times the scale
  const T* values;
  int64_t values_ld;
};

template <typename T>
KeysAndValues<T> pack_head(const AttentionPlan& p, const Head& h, int64_t limit, const T* k, const T* v) {
  T* panels = scratch<T>(round_up(limit, kPanel<T>) * p.width);
  const T factor = static_cast<T>(p.scale * Unit<T>::kPerNatural);
  pack_panels(panels, k + p.k.at(h.batch, h.kv_head, 0), p.k.row, limit, p.width, factor);
  const StripRows<T> values(v + p.v.at(h.batch, h.kv_head, 0), p.v.row, limit, p.value_width);
  return {panels, values.rows, values.ld};
}

// Scores of a strip's rows and one block of keys, as weights.
template <typename T>
void weigh_block(const AttentionPlan& p, const Head& h, const Running<T>& run, int64_t q0, int64_t rows, int64_t k0,
                 int64_t keys, const T* query, const T* panels) {
  for (int64_t c = 0; c < keys; c += kPanel<T>) {
    const T* panel = panels + (k0 + c) * p.width;
    for (int64_t r = 0, step; r < rows; r += step) {
      step = next_rows(rows - r);
      if (p.causal && k0 + c >= q0 + r + step) continue;
      const Place at = {p, h, q0 + r, step, k0 + c, min64(kPanel<T>, keys - c)};
      with_rows(step, [&](auto count) {
        weigh_tile<T, decltype(count)::kCount>(at, run, r, c, query + r * p.q.row, p.q.row, panel, p.width);
      });
    }
  }
}

template <typename T>
void forward_strip(const AttentionPlan& p, const Head& h, const KeysAndValues<T>& packed, int64_t q0, T* y, T* lse,
                   const T* q) {
  const ScratchMark mark;
  const int64_t rows = min64(kStrip, p.queries - q0), width = lanes_up<T>(p.value_width);
  const int64_t limit = p.causal ? min64(h.keys, q0 + rows) : h.keys;
  constexpr int64_t kLd = kKeyBlock + kPadding;
  const Running<T> run = running<T>(rows, width, kLd);
  const T* query = q + p.q.at(h.batch, h.head, q0);
  for (int64_t k0 = 0; k0 < limit; k0 += kKeyBlock) {
    const int64_t keys = min64(kKeyBlock, limit - k0);
    weigh_block(p, h, run, q0, rows, k0, keys, query, packed.panels);
    for (int64_t r = 0, step; r < rows; r += step) {
      step = next_rows(rows - r);
      const int64_t depth = p.causal ? min64(keys, q0 + r + step - k0) : keys;
      product<T, false>(run.out + r * width, width, run.weights + r * kLd, kLd, packed.values + k0 * packed.values_ld,
                        packed.values_ld, step, width, depth, k0 == 0);
    }
  }
  finish_strip(p, h, run, q0, rows, y, lse);
}

// A task is some strips of the query heads that share a key head: pack(head, limit) for the keys that they reach,
// then run(head, packed, first query) for each strip of `rows` queries.
template <typename Pack, typename Run>
void forward_walk(const AttentionPlan& p, int64_t rows, const Pack& pack, const Run& run) {
  const int64_t strips = div_up(p.queries, rows);
  if (p.batch == 0 || p.heads == 0 || strips == 0) return;
  const int64_t group = p.heads / p.kv_heads, all = group * strips;
  const int64_t share = div_up(all, parts_of(p, all)), parts = div_up(all, share);
  const int64_t grain = grain_of(p, min64(p.queries * group, share * rows), 1);
  parallel(p.batch * p.kv_heads * parts, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const ScratchMark mark;
      const int64_t batch = i / parts / p.kv_heads, kv_head = i / parts % p.kv_heads;
      const int64_t first = i % parts * share, last = min64(all, first + share);
      const int64_t keys = keys_of(p, batch);
      // Strips of one head only: those behind the last query's key are not packed.
      const int64_t limit = p.causal ? min64(keys, group > 1 ? p.queries : last * rows) : keys;
      const auto packed = pack(Head{batch, 0, kv_head, keys}, limit);
      for (int64_t s = first; s < last; ++s) {
        run(Head{batch, kv_head * group + s / strips, kv_head, keys}, packed, s % strips * rows);
      }
    }
  });
}

template <typename T>
void forward(const AttentionPlan& p, T* y, T* lse, const T* q, const T* k, const T* v) {
  forward_walk(
      p, kStrip, [&](const Head& h, int64_t limit) { return pack_head(p, h, limit, k, v); },
      [&](const Head& h, const KeysAndValues<T>& packed, int64_t q0) { forward_strip(p, h, packed, q0, y, lse, q); });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
