// Softmax and log-softmax along the last axis of x [rows, cols], contiguous.
#ifndef NEURITE_OPS_SOFTMAX_H
#define NEURITE_OPS_SOFTMAX_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// y[r,:] = exp(x[r,:] - max) / sum; log form y[r,:] = x[r,:] - max - log(sum). A row of -inf only
// gives NaN (as every library does). float32, float64.
nrt_status nrt_softmax_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, int64_t rows,
                           int64_t cols, int32_t log_form);
// dx = y * (dy - sum(dy * y)), log form dx = dy - exp(y) * sum(dy).
nrt_status nrt_softmax_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr y, int64_t rows,
                           int64_t cols, int32_t log_form);

#ifdef __cplusplus
}
#endif
#endif
