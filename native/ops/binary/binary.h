// Element-wise functions of two tensors with broadcasting.
#ifndef NEURITE_OPS_BINARY_H
#define NEURITE_OPS_BINARY_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  NRT_BINARY_ADD = 0,
  NRT_BINARY_SUB = 1,
  NRT_BINARY_MUL = 2,
  NRT_BINARY_DIV = 3,
  NRT_BINARY_MAXIMUM = 4,
  NRT_BINARY_MINIMUM = 5,
  NRT_BINARY_POW = 6,
  NRT_BINARY_ATAN2 = 7,
  NRT_BINARY_HYPOT = 8,
  NRT_BINARY_MOD = 9,   // floor (sign of the divisor)
  NRT_BINARY_REM = 10,  // truncated (sign of the dividend)
  NRT_BINARY_FLOOR_DIV = 11
};

// y[i] = f(a[i * a_step], b[i * b_step]), steps 0 or 1, all contiguous. dtypes: float32, float64,
// int32, int64 (integer division by zero is an error). NaN in MAXIMUM, MINIMUM is kept.
nrt_status nrt_binary_fwd(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                          int64_t n, int32_t a_step, int32_t b_step);
// desc: rank, shape[rank], a_strides[rank], b_strides[rank]; y contiguous. Strides may be 0, negative.
nrt_status nrt_binary_fwd_strided(nrt_ctx ctx, int32_t dtype, int32_t op, nrt_ptr y, nrt_ptr a,
                                  nrt_ptr b, const int64_t* desc);
// y += alpha * x, contiguous, in place: gradient accumulation. float32, float64.
nrt_status nrt_binary_axpy(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t n, double alpha);

#ifdef __cplusplus
}
#endif
#endif
