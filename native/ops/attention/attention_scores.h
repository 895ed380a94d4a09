// Scores of one register block of queries against one panel of keys, and what becomes of them: forward
// turns them into weights relative to a reference value per query, backward into weights and slopes.
// For kernel files only.
#pragma once

#include "ops/attention/attention.h"
#include "ops/attention/attention_kernels.h"
#include "ops/attention/attention_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// A weight may exceed 1 by this power (of 2 or e): so far a score may rise above its query's reference
// before that is moved, and sums of weights still stay far from overflow.
constexpr double kHeadroom = 40;

template <typename T>
inline T negative_infinity() {
  return -static_cast<T>(__builtin_inf());
}

// One batch element and head; `keys` of them may be attended at all.
struct Head {
  int64_t batch, head, kv_head, keys;
};

// Where a block of scores [rows, panel] lies, and how many of the panel's keys exist.
struct Place {
  const AttentionPlan& p;
  const Head& h;
  int64_t query, rows, key, keys;

  // Whether some score of the block must be changed or left out.
  template <typename T>
  bool masked() const {
    return keys < kPanel<T> || p.mask_kind != NRT_ATTENTION_MASK_NONE || (p.causal && key + keys - 1 > query);
  }
};

// Row r of the block: what the mask adds, minus infinity where the query may not attend.
template <typename T>
void mask_row(const Place& at, int64_t r, T* NRT_RESTRICT s) {
  const AttentionPlan& p = at.p;
  const int64_t query = at.query + r, step = p.mask_key;
  const int64_t first = at.h.batch * p.mask_batch + at.h.head * p.mask_head + query * p.mask_query + at.key * step;
  if (p.mask_kind == NRT_ATTENTION_MASK_BOOL) {
    const uint8_t* mask = static_cast<const uint8_t*>(p.mask) + first;
    for (int64_t c = 0; c < at.keys; ++c) s[c] = mask[c * step] ? s[c] : negative_infinity<T>();
  } else if (p.mask_kind == NRT_ATTENTION_MASK_ADDED) {
    const T* mask = static_cast<const T*>(p.mask) + first;
    constexpr T kUnit = static_cast<T>(Unit<T>::kPerNatural);
    for (int64_t c = 0; c < at.keys; ++c) s[c] += mask[c * step] * kUnit;
  }
  const int64_t last = p.causal ? max64(0, min64(at.keys, query + 1 - at.key)) : at.keys;
  for (int64_t c = last; c < kPanel<T>; ++c) s[c] = negative_infinity<T>();
}

// ---- forward

// The running softmax of a strip of queries (Milakov & Gimelshein 2018), except that the reference is not
// the running maximum but any value near it: it moves only when a score exceeds it by more than kHeadroom.
// So nearly all blocks become weights in registers, without a search for their rows' maxima.
template <typename T>
struct Running {
  T* shift;             // [rows] the reference; 0 as long as nothing was attended
  T* limit;             // [rows] shift + headroom; minus infinity as long as nothing was attended
  VectorOf<T>* sum;     // [rows] of the weights, lane by lane
  T* out;               // [rows, width] weights times values of the blocks before
  int64_t width;
  T* weights;           // [rows, ld] of this block of keys
  int64_t ld;
};

// Moves row r's reference to `best`; what was computed with the old one is scaled.
template <typename T>
void move_reference(const Running<T>& run, int64_t r, T best, int64_t before) {
  if (run.limit[r] != negative_infinity<T>()) {
    const T factor = power_of(run.shift[r] - best);
    run.sum[r] *= factor;
    for (int64_t c = 0; c < run.width; ++c) run.out[r * run.width + c] *= factor;
    for (int64_t c = 0; c < before; ++c) run.weights[r * run.ld + c] *= factor;
  }
  run.shift[r] = best;
  run.limit[r] = best + static_cast<T>(kHeadroom);
}

// Scores [at.rows, panel] at column `before` of rows from r0 on to weights.
template <typename T>
void soften(const Place& at, const Running<T>& run, int64_t r0, int64_t before, bool masked) {
  for (int64_t i = 0; i < at.rows; ++i) {
    const int64_t r = r0 + i;
    T* s = run.weights + r * run.ld + before;
    if (masked) mask_row(at, i, s);
    VectorOf<T> v[kTileVectors];
    for (int j = 0; j < kTileVectors; ++j) v[j] = load(s + j * kLanes<T>);
    VectorOf<T> top = v[0];
    for (int j = 1; j < kTileVectors; ++j) top = larger<T>(v[j], top);
    const T best = largest_lane<T>(top);
    if (best > run.limit[r]) move_reference(run, r, best, before);
    for (int j = 0; j < kTileVectors; ++j) {
      const VectorOf<T> w = power(v[j] - run.shift[r]);
      run.sum[r] += w;
      store(s + j * kLanes<T>, w);
    }
  }
}

template <typename T>
NRT_INLINE bool any_positive(VectorOf<T> v) {
#if defined(NRT_ISA_AVX512)
  if constexpr (sizeof(T) == 4) {
    return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(v), _mm512_setzero_ps(), _CMP_GT_OQ) != 0;
  }
#elif defined(NRT_ISA_AVX2)
  if constexpr (sizeof(T) == 4) {
    return _mm256_movemask_ps(_mm256_cmp_ps(reinterpret_cast<__m256>(v), _mm256_setzero_ps(), _CMP_GT_OQ)) != 0;
  }
#endif
  return largest_lane<T>(v) > 0;
}

// Weights of MR queries (rows from r0 on of the strip, a at the first) and one panel of keys.
template <typename T, int MR>
void weigh_tile(const Place& at, const Running<T>& run, int64_t r0, int64_t before, const T* a, int64_t lda,
                const T* panel, int64_t k) {
  constexpr int NV = kTileVectors;
  VectorOf<T> acc[MR][NV] = {};
  accumulate<T, MR, NV>(acc, a, lda, 1, panel, kPanel<T>, k);
  const bool masked = at.masked<T>();
  VectorOf<T> over = splat(negative_infinity<T>());
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
    VectorOf<T> top = acc[i][0];
#pragma GCC unroll 8
    for (int j = 1; j < NV; ++j) top = larger<T>(acc[i][j], top);
    over = larger<T>(top - run.limit[r0 + i], over);
  }
  T* to = run.weights + r0 * run.ld + before;
  if (masked || any_positive<T>(over)) {
#pragma GCC unroll 8
    for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < NV; ++j) store(to + i * run.ld + j * kLanes<T>, acc[i][j]);
    }
    soften(at, run, r0, before, masked);
    return;
  }
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
    const T shift = run.shift[r0 + i];
    VectorOf<T> sum = run.sum[r0 + i];
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) {
      const VectorOf<T> w = power(acc[i][j] - shift);
      sum += w;
      store(to + i * run.ld + j * kLanes<T>, w);
    }
    run.sum[r0 + i] = sum;
  }
}

// ---- backward

// to [at.rows, panel] = power(scores - log_sum).
template <typename T, int MR>
void restore_tile(const Place& at, T* to, int64_t ld, const T* log_sum, const T* a, int64_t lda, const T* panel,
                  int64_t k) {
  constexpr int NV = kTileVectors;
  VectorOf<T> acc[MR][NV] = {};
  accumulate<T, MR, NV>(acc, a, lda, 1, panel, kPanel<T>, k);
  if (at.masked<T>()) {
    for (int i = 0; i < MR; ++i) {
      for (int j = 0; j < NV; ++j) store(to + i * ld + j * kLanes<T>, acc[i][j]);
    }
    for (int64_t i = 0; i < MR; ++i) {
      mask_row(at, i, to + i * ld);
      for (int j = 0; j < NV; ++j) {
        T* s = to + i * ld + j * kLanes<T>;
        store(s, power(load(s) - log_sum[i]));
      }
    }
    return;
  }
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) store(to + i * ld + j * kLanes<T>, power(acc[i][j] - log_sum[i]));
  }
}

// to [MR, panel] = weights * (a panel - delta): the slope of the loss by the scores.
template <typename T, int MR>
void slope_tile(T* to, const T* weights, int64_t ld, const T* delta, const T* a, int64_t lda, const T* panel,
                int64_t k) {
  constexpr int NV = kTileVectors;
  VectorOf<T> acc[MR][NV] = {};
  accumulate<T, MR, NV>(acc, a, lda, 1, panel, kPanel<T>, k);
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < NV; ++j) {
      const int64_t c = i * ld + j * kLanes<T>;
      store(to + c, load(weights + c) * (acc[i][j] - delta[i]));
    }
  }
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
