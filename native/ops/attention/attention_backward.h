// Backward of attention, five products per pair of query and key: scores, slopes of the weights, and the
// gradients of queries, keys and values. A task is a range of keys of one key head: it owns their
// gradients and keeps those of the queries of one head at a time. For kernel files only.
#pragma once

#include "ops/attention/attention_scores.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kStrip = 96;       // queries worked on at a time
constexpr int64_t kKeyBlock = 256;   // keys worked on at a time
constexpr int64_t kPadding = 16;     // keeps the rows of a block of weights out of one set of L1
constexpr int64_t kTasks = 16;       // heads below this number are split
constexpr double kGrainWork = 400000;  // multiply-adds worth handing to another thread

inline int64_t keys_of(const AttentionPlan& p, int64_t batch) {
  return p.lengths == nullptr ? p.keys : max64(0, min64(p.lengths[batch], p.keys));
}

// Parts into which the work on one key head is split, at most `most`; depends on the shape only.
inline int64_t parts_of(const AttentionPlan& p, int64_t most) {
  return max64(1, min64(most, div_up(kTasks, max64(1, p.batch * p.kv_heads))));
}

// In double: stretched axes are long at no cost in memory, so their product may leave int64.
inline int64_t grain_of(const AttentionPlan& p, int64_t queries, double products) {
  const double work = products * static_cast<double>(queries) * static_cast<double>(p.keys) *
                      (static_cast<double>(p.width) + static_cast<double>(p.value_width));
  return work < kGrainWork ? static_cast<int64_t>(kGrainWork / (work < 1 ? 1 : work)) : 1;
}

template <typename T>
inline void fill(T* to, int64_t count, T value) {
  for (int64_t i = 0; i < count; ++i) to[i] = value;
}

// Rows as the right-hand side of a product reads them: in place when they are contiguous and whole vectors.
template <typename T>
struct StripRows {
  const T* rows;
  int64_t ld;

  StripRows(const T* from, int64_t stride, int64_t count, int64_t width) : rows(from), ld(stride) {
    if (stride == width && width % kLanes<T> == 0) return;
    ld = lanes_up<T>(width);
    T* packed = scratch<T>(count * ld);
    pack_rows(packed, ld, from, stride, count, width);
    rows = packed;
  }
};

// What a task knows: keys [first, last) of a key head, packed, and their gradients.
template <typename T>
struct KeyRange {
  int64_t first, last, width, value_width;  // widths in whole vectors
  const T *key_panels, *value_panels;       // the keys' times the scale
  const T* keys;                            // rows
  int64_t keys_ld;
  T *dk, *dv;
};

// Keys [first, first + count) with their gradients at zero; nothing is packed yet.
template <typename T>
KeyRange<T> key_sums(const AttentionPlan& p, int64_t first, int64_t count) {
  const int64_t width = lanes_up<T>(p.width), value_width = lanes_up<T>(p.value_width);
  T* dk = scratch<T>(count * width);
  T* dv = scratch<T>(count * value_width);
  fill(dk, count * width, T(0));
  fill(dv, count * value_width, T(0));
  return {first, first + count, width, value_width, nullptr, nullptr, nullptr, 0, dk, dv};
}

template <typename T>
KeyRange<T> key_range(const AttentionPlan& p, const Head& h, int64_t first, int64_t last, const T* k, const T* v) {
  const int64_t count = max64(0, last - first), padded = round_up(count, kPanel<T>);
  T* key_panels = scratch<T>(padded * p.width);
  T* value_panels = scratch<T>(padded * p.value_width);
  const T* key = k + p.k.at(h.batch, h.kv_head, first);
  pack_panels(key_panels, key, p.k.row, count, p.width, static_cast<T>(p.scale * Unit<T>::kPerNatural));
  pack_panels(value_panels, v + p.v.at(h.batch, h.kv_head, first), p.v.row, count, p.value_width, T(1));
  const StripRows<T> rows(key, p.k.row, count, p.width);
  KeyRange<T> range = key_sums<T>(p, first, count);
  range.key_panels = key_panels;
  range.value_panels = value_panels;
  range.keys = rows.rows;
  range.keys_ld = rows.ld;
  return range;
}

// A strip of queries against a block of keys.
template <typename T>
struct StripBlock {
  int64_t q0, rows, k0, keys;
  T *weights, *slopes;  // [rows, kLd]
  static constexpr int64_t kLd = kKeyBlock + kPadding;

  // Whether all queries [r, r + step) of the strip lie before the keys from c on.
  bool before(const AttentionPlan& p, int64_t r, int64_t step, int64_t c) const {
    return p.causal && k0 + c >= q0 + r + step;
  }
  // The first register block of rows that reaches the keys from c on.
  int64_t first_row(const AttentionPlan& p, int64_t c) const {
    int64_t r = 0;
    while (r < rows && before(p, r, next_rows(rows - r), c)) r += next_rows(rows - r);
    return r;
  }
};

// Weights and slopes of a strip and a block; log_sum and delta are the strip's.
template <typename T>
void restore_block(const AttentionPlan& p, const Head& h, const StripBlock<T>& b, const KeyRange<T>& t,
                   const T* log_sum, const T* delta, const T* query, const T* up) {
  for (int64_t c = 0; c < b.keys; c += kPanel<T>) {
    const int64_t panel = b.k0 - t.first + c;
    for (int64_t r = b.first_row(p, c), step; r < b.rows; r += step) {
      step = next_rows(b.rows - r);
      const Place at = {p, h, b.q0 + r, step, b.k0 + c, min64(kPanel<T>, b.keys - c)};
      with_rows(step, [&](auto count) {
        restore_tile<T, decltype(count)::kCount>(at, b.weights + r * b.kLd + c, b.kLd, log_sum + r,
                                                 query + r * p.q.row, p.q.row, t.key_panels + panel * p.width,
                                                 p.width);
      });
    }
    for (int64_t r = b.first_row(p, c), step; r < b.rows; r += step) {
      step = next_rows(b.rows - r);
      const int64_t at = r * b.kLd + c;
      with_rows(step, [&](auto count) {
        slope_tile<T, decltype(count)::kCount>(b.slopes + at, b.weights + at, b.kLd, delta + r, up + r * p.dy.row,
                                               p.dy.row, t.value_panels + panel * p.value_width, p.value_width);
      });
    }
  }
}

// sums [keys, width] += block' rows, for the keys of a block; `block` is its weights or slopes.
template <typename T>
void add_to_keys(const AttentionPlan& p, const StripBlock<T>& b, T* sums, int64_t width, const T* block,
                 const StripRows<T>& strip) {
  for (int64_t c = 0; c < b.keys; c += kPanel<T>) {
    const int64_t r = b.first_row(p, c), count = min64(kPanel<T>, b.keys - c);
    for (int64_t j = 0, step; j < count; j += step) {
      step = next_rows(count - j);
      product<T, true>(sums + (c + j) * width, width, block + r * b.kLd + c + j, b.kLd, strip.rows + r * strip.ld,
                       strip.ld, step, width, b.rows - r, false);
    }
  }
}

// What backward reads besides the packed keys.
template <typename T>
struct Given {
  const T *dy, *y, *lse, *q;
};

template <typename T>
void add_strip(const AttentionPlan& p, const Head& h, const KeyRange<T>& t, StripBlock<T> b, const Given<T>& given,
               const T* log_sum, const T* delta, T* dq) {
  const ScratchMark mark;
  const T* query = given.q + p.q.at(h.batch, h.head, b.q0);
  const T* up = given.dy + p.dy.at(h.batch, h.head, b.q0);
  b.weights = scratch<T>(b.rows * b.kLd);
  b.slopes = scratch<T>(b.rows * b.kLd);
  restore_block(p, h, b, t, log_sum, delta, query, up);
  const int64_t key = b.k0 - t.first;
  for (int64_t r = 0, step; r < b.rows; r += step) {
    step = next_rows(b.rows - r);
    const int64_t depth = p.causal ? min64(b.keys, b.q0 + r + step - b.k0) : b.keys;
    if (depth <= 0) continue;
    product<T, false>(dq + r * t.width, t.width, b.slopes + r * b.kLd, b.kLd, t.keys + key * t.keys_ld, t.keys_ld,
                      step, t.width, depth, false);
  }
  add_to_keys(p, b, t.dv + key * t.value_width, t.value_width, b.weights,
              StripRows<T>(up, p.dy.row, b.rows, p.value_width));
  add_to_keys(p, b, t.dk + key * t.width, t.width, b.slopes, StripRows<T>(query, p.q.row, b.rows, p.width));
}

// delta[i] = sum dy y for the queries of a head.
template <typename T>
void deltas(const AttentionPlan& p, const Head& h, T* delta, const Given<T>& given) {
  for (int64_t i = 0; i < p.queries; ++i) {
    const T* a = given.dy + p.dy.at(h.batch, h.head, i);
    const T* b = given.y + p.y.at(h.batch, h.head, i);
    VectorOf<T> sum = {};
    int64_t c = 0;
    for (; c + kLanes<T> <= p.value_width; c += kLanes<T>) sum += load(a + c) * load(b + c);
    T total = lane_total<T>(sum);
    for (; c < p.value_width; ++c) total += a[c] * b[c];
    delta[i] = total;
  }
}

// Adds what the queries of one head contribute to a range of keys, in strips of `strip` queries by
// add(block, log sums, deltas, dq of the strip); dq [queries, width] is this range's part of the gradient by the
// queries, not yet scaled.
template <typename T, typename Add>
void add_head(const AttentionPlan& p, const Head& h, const KeyRange<T>& t, const Given<T>& given, T* dq,
              int64_t strip, const Add& add) {
  const ScratchMark mark;
  const T* lse = given.lse + (h.batch * p.heads + h.head) * p.queries;
  T* log_sum = scratch<T>(p.queries);
  T* delta = scratch<T>(p.queries);
  for (int64_t i = 0; i < p.queries; ++i) log_sum[i] = lse[i] * static_cast<T>(Unit<T>::kPerNatural);
  deltas(p, h, delta, given);
  fill(dq, p.queries * t.width, T(0));
  for (int64_t k0 = t.first; k0 < t.last; k0 += kKeyBlock) {
    for (int64_t q0 = p.causal ? k0 / strip * strip : 0; q0 < p.queries; q0 += strip) {
      StripBlock<T> b = {q0, min64(strip, p.queries - q0), k0, min64(kKeyBlock, t.last - k0), nullptr, nullptr};
      if (p.causal) b.keys = min64(b.keys, q0 + b.rows - k0);
      if (b.keys > 0) add(b, log_sum + q0, delta + q0, dq + q0 * t.width);
    }
  }
}

template <typename T>
void write_keys(const AttentionPlan& p, const Head& h, const KeyRange<T>& t, int64_t end, T* dk, T* dv) {
  const int64_t count = t.last - t.first;
  T* to_k = dk + p.dk.at(h.batch, h.kv_head, t.first);
  T* to_v = dv + p.dv.at(h.batch, h.kv_head, t.first);
  write_rows(to_k, p.dk.row, t.dk, t.width, count, p.width, static_cast<T>(p.scale));
  write_rows(to_v, p.dv.row, t.dv, t.value_width, count, p.value_width, T(1));
  for (int64_t r = count; r < end - t.first; ++r) {  // behind the length: zeros, whatever these keys hold
    fill(to_k + r * p.dk.row, p.width, T(0));
    fill(to_v + r * p.dv.row, p.value_width, T(0));
  }
}

// dq = scale * the sum of the parts that the key ranges found, in their order.
template <typename T>
void sum_parts(const AttentionPlan& p, T* dq, const T* found, int64_t parts, int64_t width) {
  const int64_t rows = p.batch * p.heads * p.queries;
  parallel(rows, max64(1, 16384 / max64(1, width)), [&](int64_t begin, int64_t end) {
    const ScratchMark mark;
    T* sum = scratch<T>(width);
    for (int64_t i = begin; i < end; ++i) {
      const T* from = found + i * width;
      for (int64_t c = 0; c < width; ++c) sum[c] = from[c];
      for (int64_t part = 1; part < parts; ++part) {
        from += rows * width;
        for (int64_t c = 0; c < width; ++c) sum[c] += from[c];
      }
      const int64_t query = i % p.queries, head = i / p.queries % p.heads, batch = i / p.queries / p.heads;
      write_rows(dq + p.dq.at(batch, head, query), p.dq.row, sum, width, 1, p.width, static_cast<T>(p.scale));
    }
  });
}

// range_of(head, first, last): a task's keys; add(head, range, dq): what a head's queries contribute.
template <typename T, typename Range, typename Add>
void backward_walk(const AttentionPlan& p, T* dq, T* dk, T* dv, const Range& range_of, const Add& add) {
  if (p.batch == 0 || p.kv_heads == 0) return;
  if (p.width == 0 && p.value_width == 0) return;  // empty gradients, of keys however many
  const int64_t group = p.heads / p.kv_heads, width = lanes_up<T>(p.width);
  const int64_t share = round_up(div_up(max64(p.keys, 1), parts_of(p, div_up(p.keys, kKeyBlock))), kKeyBlock);
  const int64_t parts = max64(1, div_up(p.keys, share)), head_size = p.queries * width;
  const ScratchMark mark;
  T* found = parts == 1 ? nullptr : scratch<T>(parts * p.batch * p.heads * head_size);
  parallel(p.batch * p.kv_heads * parts, grain_of(p, p.queries * group, 2.5), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const ScratchMark inner;
      const int64_t batch = i / parts / p.kv_heads, kv_head = i / parts % p.kv_heads, part = i % parts;
      const int64_t first = part * share, last = min64(p.keys, first + share);
      Head h = {batch, 0, kv_head, keys_of(p, batch)};
      const auto t = range_of(h, first, min64(last, h.keys));
      T* own = parts == 1 ? scratch<T>(head_size) : nullptr;
      for (int64_t g = 0; g < group; ++g) {
        h.head = kv_head * group + g;
        const int64_t at = (part * p.batch + batch) * p.heads + h.head;
        T* to = parts == 1 ? own : found + at * head_size;
        add(h, t, to);
        if (parts == 1) {
          write_rows(dq + p.dq.at(batch, h.head, 0), p.dq.row, to, width, p.queries, p.width, static_cast<T>(p.scale));
        }
      }
      write_keys<T>(p, h, t, last, dk, dv);
    }
  });
  if (parts > 1) sum_parts(p, dq, found, parts, width);
}

template <typename T>
void backward(const AttentionPlan& p, T* dq, T* dk, T* dv, const T* dy, const T* y, const T* lse, const T* q,
              const T* k, const T* v) {
  const Given<T> given = {dy, y, lse, q};
  backward_walk(
      p, dq, dk, dv,
      [&](const Head& h, int64_t first, int64_t last) { return key_range(p, h, first, last, k, v); },
      [&](const Head& h, const KeyRange<T>& t, T* to) {
        add_head(p, h, t, given, to, kStrip,
                 [&](const StripBlock<T>& b, const T* log_sum, const T* delta, T* rows_of_dq) {
                   add_strip(p, h, t, b, given, log_sum, delta, rows_of_dq);
                 });
      });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
