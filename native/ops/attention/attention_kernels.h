// Per-level table of the attention kernels; formulas in attention.h.
#pragma once

#include <stdint.h>

namespace nrt {

// Element strides of one [batch, heads, rows, width] tensor with contiguous rows.
struct AttentionStrides {
  int64_t batch, head, row;
  int64_t at(int64_t b, int64_t h, int64_t r) const { return b * batch + h * head + r * row; }
};

struct AttentionPlan {
  int64_t batch, heads, kv_heads, queries, keys, width, value_width;
  AttentionStrides q, k, v, y, dy, dq, dk, dv;
  int64_t mask_batch, mask_head, mask_query, mask_key;
  int32_t mask_kind;
  bool causal;
  double scale;
  const void* mask;
  const int64_t* lengths;
};

template <typename T>
struct AttentionKernels {
  void (*forward)(const AttentionPlan& plan, T* y, T* lse, const T* q, const T* k, const T* v);
  void (*backward)(const AttentionPlan& plan, T* dq, T* dk, T* dv, const T* dy, const T* y,
                   const T* lse, const T* q, const T* k, const T* v);
};

struct AttentionLevel {
  AttentionKernels<float> f32;
  AttentionKernels<double> f64;
};

}  // namespace nrt
