// Attention in tiles of 64 queries by 64 keys. Forward keeps a running maximum and sum per query and
// rescales (Milakov & Gimelshein 2018); backward computes the scores of a tile again, once for dq
// (parallel over queries) and once for dk and dv (parallel over keys), so that no two threads ever add
// into the same place. Memory besides the results: a few tiles per thread.
#include "ops/attention/attention.h"

#include "core/kernel_math.h"
#include "core/rows.h"
#include "ops/attention/attention_kernels.h"
#include "ops/attention/attention_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Multiply-adds worth handing to another thread.
constexpr int64_t kGrainWork = 400000;

// One batch element and head; `keys` of them may be attended at all.
struct Head {
  int64_t batch, head, kv_head, keys;
};

inline int64_t keys_of(const AttentionPlan& p, int64_t batch) {
  return p.lengths == nullptr ? p.keys : max64(0, min64(p.lengths[batch], p.keys));
}

inline Head head_of(const AttentionPlan& p, int64_t batch, int64_t head) {
  return {batch, head, head / (p.heads / p.kv_heads), keys_of(p, batch)};
}

// In double: stretched axes are long at no cost in memory, so their product may leave int64.
inline int64_t grain(const AttentionPlan& p, int64_t rows, int64_t other) {
  const double work = static_cast<double>(min64(rows, kTile)) * static_cast<double>(other) *
                      (static_cast<double>(p.width) + static_cast<double>(p.value_width));
  return work < kGrainWork ? static_cast<int64_t>(kGrainWork / (work < 1 ? 1 : work)) : 1;
}

// Sets the scores of a row that must not count to minus infinity, adds an additive mask. The row runs
// over `count` columns: keys of one query, or queries of one key; `mask` points at its first entry.
template <typename T>
void mask_row(const AttentionPlan& p, T* NRT_RESTRICT s, int64_t mask_first, int64_t mask_step,
              int64_t count) {
  if (p.mask_kind == NRT_ATTENTION_MASK_BOOL) {
    const uint8_t* mask = static_cast<const uint8_t*>(p.mask) + mask_first;
    for (int64_t c = 0; c < count; ++c) s[c] = mask[c * mask_step] ? s[c] : negative_infinity<T>();
  } else if (p.mask_kind == NRT_ATTENTION_MASK_ADDED) {
    const T* mask = static_cast<const T*>(p.mask) + mask_first;
    for (int64_t c = 0; c < count; ++c) s[c] += mask[c * mask_step];
  }
}

inline int64_t mask_at(const AttentionPlan& p, const Head& h, int64_t query, int64_t key) {
  return h.batch * p.mask_batch + h.head * p.mask_head + query * p.mask_query + key * p.mask_key;
}

template <typename T>
inline void fill(T* s, int64_t from, int64_t to, T value) {
  for (int64_t c = from; c < to; ++c) s[c] = value;
}

// s [rows, kTile]: queries from q0 down, `keys` keys from k0 across, padded to `padded`.
template <typename T>
void mask_queries(const AttentionPlan& p, const Head& h, T* s, int64_t q0, int64_t rows, int64_t k0,
                  int64_t keys, int64_t padded) {
  for (int64_t r = 0; r < rows; ++r) {
    T* row = s + r * kTile;
    mask_row(p, row, mask_at(p, h, q0 + r, k0), p.mask_key, keys);
    const int64_t last = p.causal ? max64(0, min64(keys, q0 + r + 1 - k0)) : keys;
    fill(row, last, padded, negative_infinity<T>());
  }
}

// s [rows, kTile]: keys from k0 down, `queries` queries from q0 across, padded to `padded`.
template <typename T>
void mask_keys(const AttentionPlan& p, const Head& h, T* s, int64_t k0, int64_t rows, int64_t q0,
               int64_t queries, int64_t padded) {
  for (int64_t r = 0; r < rows; ++r) {
    T* row = s + r * kTile;
    mask_row(p, row, mask_at(p, h, q0, k0 + r), p.mask_query, queries);
    const int64_t first = p.causal ? max64(0, min64(queries, k0 + r - q0)) : 0;
    fill(row, 0, first, negative_infinity<T>());
    fill(row, queries, padded, negative_infinity<T>());
  }
}

// Keys that any query of a tile may attend.
inline int64_t key_limit(const AttentionPlan& p, const Head& h, int64_t q0, int64_t queries) {
  return p.causal ? min64(h.keys, q0 + queries) : h.keys;
}

// One row of scores to unnormalised probabilities; rescales what was summed before.
template <typename T>
void soften(T* NRT_RESTRICT s, int64_t padded, T* max, T* sum, T* NRT_RESTRICT out, int64_t width) {
  const T found = row_max(s, padded);
  const T best = found > *max ? found : *max;
  // With nothing allowed so far every exponent is minus infinity, whatever finite value is taken off.
  const T shift = best == negative_infinity<T>() ? T(0) : best;
  const T factor = math::exp(*max - shift);
  for (int64_t c = 0; c < padded; ++c) s[c] = math::exp(s[c] - shift);
  *sum = *sum * factor + row_sum<T>(padded, [&](int64_t c) { return s[c]; });
  *max = best;
  if (factor != T(1)) {
    for (int64_t c = 0; c < width; ++c) out[c] *= factor;
  }
}

template <typename T>
void forward_tile(const AttentionPlan& p, const Head& h, int64_t q0, T* y, T* lse, const T* q, const T* k,
                  const T* v) {
  const ScratchMark mark;
  const int64_t queries = min64(kTile, p.queries - q0), rows = rows_up(queries);
  const int64_t width = lanes_up<T>(p.value_width), limit = key_limit(p, h, q0, queries);
  T* qs = scratch<T>(rows * p.width);
  T* s = scratch<T>(rows * kTile);
  T* out = scratch<T>(rows * width);
  T* ks = scratch<T>(p.width * kTile);
  T* vs = scratch<T>(kTile * width);
  T max[kTile], sum[kTile];
  fill(max, 0, kTile, negative_infinity<T>());
  fill(sum, 0, kTile, T(0));
  fill(out, 0, rows * width, T(0));
  pack_rows(qs, p.width, q + p.q.at(h.batch, h.head, q0), p.q.row, queries, p.width, static_cast<T>(p.scale));
  for (int64_t k0 = 0; k0 < limit; k0 += kTile) {
    const int64_t keys = min64(kTile, limit - k0), padded = lanes_up<T>(keys);
    pack_columns(ks, k + p.k.at(h.batch, h.kv_head, k0), p.k.row, keys, p.width);
    pack_rows(vs, width, v + p.v.at(h.batch, h.kv_head, k0), p.v.row, keys, p.value_width, T(1));
    multiply(s, kTile, qs, p.width, ks, kTile, rows, padded, p.width, false);
    mask_queries(p, h, s, q0, queries, k0, keys, padded);
    for (int64_t r = 0; r < queries; ++r) {
      soften(s + r * kTile, padded, max + r, sum + r, out + r * width, width);
    }
    multiply(out, width, s, kTile, vs, width, rows, width, keys, true);
  }
  for (int64_t r = 0; r < queries; ++r) {
    const T factor = sum[r] == 0 ? T(0) : 1 / sum[r];
    T* to = y + p.y.at(h.batch, h.head, q0 + r);
    for (int64_t c = 0; c < p.value_width; ++c) to[c] = out[r * width + c] * factor;
    // Infinity makes backward's exp(score - lse) zero for a query that attends nothing.
    lse[(h.batch * p.heads + h.head) * p.queries + q0 + r] =
        sum[r] == 0 ? -negative_infinity<T>() : max[r] + math::log(sum[r]);
  }
}

template <typename T>
void forward(const AttentionPlan& p, T* y, T* lse, const T* q, const T* k, const T* v) {
  const int64_t tiles = div_up(p.queries, kTile);
  parallel(p.batch * p.heads * tiles, grain(p, p.queries, p.keys), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t head = i / tiles;
      forward_tile(p, head_of(p, head / p.heads, head % p.heads), i % tiles * kTile, y, lse, q, k, v);
    }
  });
}

// delta = sum dy y per query.
template <typename T>
void deltas(const AttentionPlan& p, T* delta, const T* dy, const T* y) {
  const int64_t rows = p.batch * p.heads * p.queries;
  parallel(rows, max64(1, kRowGrainElements / max64(1, p.value_width)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t query = i % p.queries, head = i / p.queries % p.heads, batch = i / p.queries / p.heads;
      const T* a = dy + p.dy.at(batch, head, query);
      const T* b = y + p.y.at(batch, head, query);
      delta[i] = row_sum<T>(p.value_width, [&](int64_t c) { return a[c] * b[c]; });
    }
  });
}

template <typename T>
void queries_backward(const AttentionPlan& p, const Head& h, int64_t q0, T* dq, const T* delta,
                      const T* dy, const T* lse, const T* q, const T* k, const T* v) {
  const ScratchMark mark;
  const int64_t queries = min64(kTile, p.queries - q0), rows = rows_up(queries);
  const int64_t width = lanes_up<T>(p.width), limit = key_limit(p, h, q0, queries);
  const int64_t first = (h.batch * p.heads + h.head) * p.queries + q0;
  T* qs = scratch<T>(rows * p.width);
  T* dys = scratch<T>(rows * p.value_width);
  T* s = scratch<T>(rows * kTile);
  T* dp = scratch<T>(rows * kTile);
  T* out = scratch<T>(rows * width);
  T* kt = scratch<T>(p.width * kTile);
  T* vt = scratch<T>(p.value_width * kTile);
  T* ks = scratch<T>(kTile * width);
  fill(out, 0, rows * width, T(0));
  pack_rows(qs, p.width, q + p.q.at(h.batch, h.head, q0), p.q.row, queries, p.width, static_cast<T>(p.scale));
  pack_rows(dys, p.value_width, dy + p.dy.at(h.batch, h.head, q0), p.dy.row, queries, p.value_width, T(1));
  for (int64_t k0 = 0; k0 < limit; k0 += kTile) {
    const int64_t keys = min64(kTile, limit - k0), padded = lanes_up<T>(keys);
    const T* key = k + p.k.at(h.batch, h.kv_head, k0);
    pack_columns(kt, key, p.k.row, keys, p.width);
    pack_rows(ks, width, key, p.k.row, keys, p.width, T(1));
    pack_columns(vt, v + p.v.at(h.batch, h.kv_head, k0), p.v.row, keys, p.value_width);
    multiply(s, kTile, qs, p.width, kt, kTile, rows, padded, p.width, false);
    mask_queries(p, h, s, q0, queries, k0, keys, padded);
    multiply(dp, kTile, dys, p.value_width, vt, kTile, rows, padded, p.value_width, false);
    for (int64_t r = 0; r < queries; ++r) {
      const T log_sum = lse[first + r], offset = delta[first + r];
      T* NRT_RESTRICT score = s + r * kTile;
      const T* NRT_RESTRICT slope = dp + r * kTile;
      for (int64_t c = 0; c < padded; ++c) score[c] = math::exp(score[c] - log_sum) * (slope[c] - offset);
    }
    multiply(out, width, s, kTile, ks, width, rows, width, keys, true);
  }
  for (int64_t r = 0; r < queries; ++r) {
    T* to = dq + p.dq.at(h.batch, h.head, q0 + r);
    for (int64_t c = 0; c < p.width; ++c) to[c] = out[r * width + c] * static_cast<T>(p.scale);
  }
}

// What one tile of keys needs; sums over the query heads that share the keys.
template <typename T>
struct KeyTile {
  int64_t k0, keys, rows, width, value_width;
  T *ks, *vs;          // [rows, width] scaled, [rows, value width]
  T *s, *dp;           // [rows, kTile]
  T *qt, *dyt;         // [width, kTile], [value width, kTile]
  T *qs, *dys;         // [kTile, padded width], [kTile, padded value width]
  T *dk, *dv;          // sums
};

template <typename T>
KeyTile<T> key_tile(const AttentionPlan& p, const Head& h, int64_t k0, const T* k, const T* v) {
  KeyTile<T> t{};
  t.k0 = k0;
  t.keys = max64(0, min64(kTile, h.keys - k0));
  t.rows = rows_up(t.keys);
  t.width = lanes_up<T>(p.width);
  t.value_width = lanes_up<T>(p.value_width);
  t.ks = scratch<T>(t.rows * p.width);
  t.vs = scratch<T>(t.rows * p.value_width);
  t.s = scratch<T>(t.rows * kTile);
  t.dp = scratch<T>(t.rows * kTile);
  t.qt = scratch<T>(p.width * kTile);
  t.dyt = scratch<T>(p.value_width * kTile);
  t.qs = scratch<T>(kTile * t.width);
  t.dys = scratch<T>(kTile * t.value_width);
  t.dk = scratch<T>(t.rows * t.width);
  t.dv = scratch<T>(t.rows * t.value_width);
  fill(t.dk, 0, t.rows * t.width, T(0));
  fill(t.dv, 0, t.rows * t.value_width, T(0));
  pack_rows(t.ks, p.width, k + p.k.at(h.batch, h.kv_head, k0), p.k.row, t.keys, p.width,
            static_cast<T>(p.scale));
  pack_rows(t.vs, p.value_width, v + p.v.at(h.batch, h.kv_head, k0), p.v.row, t.keys, p.value_width, T(1));
  return t;
}

// Adds what the queries from q0 contribute to a tile of keys.
template <typename T>
void add_queries(const AttentionPlan& p, const Head& h, const KeyTile<T>& t, int64_t q0, const T* delta,
                 const T* dy, const T* lse, const T* q) {
  const int64_t queries = min64(kTile, p.queries - q0), padded = lanes_up<T>(queries);
  const int64_t first = (h.batch * p.heads + h.head) * p.queries + q0;
  const T* query = q + p.q.at(h.batch, h.head, q0);
  const T* up = dy + p.dy.at(h.batch, h.head, q0);
  T log_sum[kTile], offset[kTile];
  fill(log_sum, 0, kTile, T(0));
  fill(offset, 0, kTile, T(0));
  for (int64_t c = 0; c < queries; ++c) log_sum[c] = lse[first + c];
  for (int64_t c = 0; c < queries; ++c) offset[c] = delta[first + c];
  pack_columns(t.qt, query, p.q.row, queries, p.width);
  pack_columns(t.dyt, up, p.dy.row, queries, p.value_width);
  pack_rows(t.qs, t.width, query, p.q.row, queries, p.width, T(1));
  pack_rows(t.dys, t.value_width, up, p.dy.row, queries, p.value_width, T(1));
  multiply(t.s, kTile, t.ks, p.width, t.qt, kTile, t.rows, padded, p.width, false);
  mask_keys(p, h, t.s, t.k0, t.keys, q0, queries, padded);
  multiply(t.dp, kTile, t.vs, p.value_width, t.dyt, kTile, t.rows, padded, p.value_width, false);
  for (int64_t r = 0; r < t.keys; ++r) {
    T* NRT_RESTRICT score = t.s + r * kTile;
    T* NRT_RESTRICT slope = t.dp + r * kTile;
    for (int64_t c = 0; c < padded; ++c) {
      score[c] = math::exp(score[c] - log_sum[c]);
      slope[c] = score[c] * (slope[c] - offset[c]);
    }
  }
  multiply(t.dv, t.value_width, t.s, kTile, t.dys, t.value_width, t.rows, t.value_width, queries, true);
  multiply(t.dk, t.width, t.dp, kTile, t.qs, t.width, t.rows, t.width, queries, true);
}

template <typename T>
void keys_backward(const AttentionPlan& p, const Head& shared, int64_t k0, T* dk, T* dv, const T* delta,
                   const T* dy, const T* lse, const T* q, const T* k, const T* v) {
  const ScratchMark mark;
  const KeyTile<T> t = key_tile(p, shared, k0, k, v);
  const int64_t group = p.heads / p.kv_heads;
  const int64_t q_first = p.causal ? k0 / kTile * kTile : 0;
  for (int64_t g = 0; g < group && t.keys > 0; ++g) {
    const Head h = {shared.batch, shared.kv_head * group + g, shared.kv_head, shared.keys};
    for (int64_t q0 = q_first; q0 < p.queries; q0 += kTile) add_queries(p, h, t, q0, delta, dy, lse, q);
  }
  for (int64_t r = 0; r < min64(kTile, p.keys - k0); ++r) {
    const bool inside = r < t.keys;  // keys behind the length get zeros, whatever they hold
    T* to_k = dk + p.dk.at(shared.batch, shared.kv_head, k0 + r);
    T* to_v = dv + p.dv.at(shared.batch, shared.kv_head, k0 + r);
    for (int64_t c = 0; c < p.width; ++c) to_k[c] = inside ? t.dk[r * t.width + c] * static_cast<T>(p.scale) : 0;
    for (int64_t c = 0; c < p.value_width; ++c) to_v[c] = inside ? t.dv[r * t.value_width + c] : 0;
  }
}

template <typename T>
void backward(const AttentionPlan& p, T* dq, T* dk, T* dv, T* delta, const T* dy, const T* y, const T* lse,
              const T* q, const T* k, const T* v) {
  if (p.batch == 0 || p.kv_heads == 0) return;
  deltas(p, delta, dy, y);
  if (p.width == 0 && p.value_width == 0) return;  // empty gradients, of keys however many
  const int64_t query_tiles = div_up(p.queries, kTile), key_tiles = div_up(p.keys, kTile);
  parallel(p.batch * p.heads * query_tiles, grain(p, p.queries, 2 * p.keys), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t head = i / query_tiles;
      queries_backward(p, head_of(p, head / p.heads, head % p.heads), i % query_tiles * kTile, dq, delta, dy,
                       lse, q, k, v);
    }
  });
  const int64_t group = p.heads / p.kv_heads;
  parallel(p.batch * p.kv_heads * key_tiles, grain(p, p.keys, 2 * group * p.queries),
           [&](int64_t begin, int64_t end) {
             for (int64_t i = begin; i < end; ++i) {
               const int64_t batch = i / key_tiles / p.kv_heads, kv_head = i / key_tiles % p.kv_heads;
               const Head h = {batch, kv_head * group, kv_head, keys_of(p, batch)};
               keys_backward(p, h, i % key_tiles * kTile, dk, dv, delta, dy, lse, q, k, v);
             }
           });
}

template <typename T>
constexpr AttentionKernels<T> table() {
  return {forward<T>, backward<T>};
}

}  // namespace

extern const AttentionLevel attention_kernels;
const AttentionLevel attention_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
