// Reductions over any set of axes.
#ifndef NEURITE_OPS_REDUCE_H
#define NEURITE_OPS_REDUCE_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  NRT_REDUCE_SUM = 0,
  NRT_REDUCE_MEAN = 1,
  NRT_REDUCE_MAX = 2,   // NaN wins
  NRT_REDUCE_MIN = 3,
  NRT_REDUCE_PROD = 4,
  NRT_REDUCE_L1 = 5,
  NRT_REDUCE_L2 = 6,
  NRT_REDUCE_SUM_SQUARES = 7,
  NRT_REDUCE_LOGSUMEXP = 8,
  NRT_REDUCE_ANY = 9,   // bool
  NRT_REDUCE_ALL = 10,  // bool
  NRT_REDUCE_VAR = 11   // two-pass; divisor max(count - p0, 0); p0 = correction
};

// desc: rank, shape[rank], x_strides[rank], reduced[rank] (1: reduced). y: the kept axes, contiguous.
// Empty reductions: SUM 0, PROD 1, MEAN NaN, ANY 0, ALL 1, LOGSUMEXP -inf; MAX and MIN are refused.
// Order of additions depends on the shape only (pairwise or blocked, never on threads).
// dtypes: float32, float64; SUM, PROD, MAX, MIN also int32, int64; ANY, ALL bool.
nrt_status nrt_reduce_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr x,
                          const int64_t* desc, double p0);
// dx for MAX and MIN (shared evenly between ties): dx contiguous of x's shape; y, dy kept axes.
nrt_status nrt_reduce_extreme_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr y,
                                  nrt_ptr x, const int64_t* desc);
// Index (int64) of the first largest (largest = 1) or smallest element along the middle axis of
// x [outer, count, inner], contiguous; y [outer, inner]. NaN wins. dtypes: f32, f64, i32, i64.
nrt_status nrt_reduce_arg(nrt_ctx ctx, int32_t dtype, int32_t largest, nrt_ptr y, nrt_ptr x,
                          int64_t outer, int64_t count, int64_t inner);
// 1 in *flag (uint8, device) when any of x[n] is NaN or infinite.
nrt_status nrt_reduce_nonfinite(nrt_ctx ctx, int32_t dtype, nrt_ptr flag, nrt_ptr x, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
