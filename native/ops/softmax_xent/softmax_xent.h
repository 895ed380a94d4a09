// Fused softmax + cross-entropy with integer or dense targets; only the log-sum-exp is kept.
#ifndef NEURITE_OPS_SOFTMAX_XENT_H
#define NEURITE_OPS_SOFTMAX_XENT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// loss[r] = lse[r] - (1 - smoothing) * x[r, label] - smoothing / cols * sum_j x[r, j]
// labels int64 [rows]; ignored rows (label == ignore) get loss 0 and gradient 0; any other label
// outside [0, cols) is NRT_INVALID_ARGUMENT, text "label L at row R is outside [0, C)".
// loss, lse [rows]. float32, float64.
nrt_status nrt_softmax_xent_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr x,
                                nrt_ptr labels, int64_t rows, int64_t cols, double smoothing,
                                int64_t ignore);
// dx[r, j] = dloss[r] * (softmax(x)[r, j] - (1 - smoothing) * [j == label] - smoothing / cols)
nrt_status nrt_softmax_xent_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dloss, nrt_ptr x,
                                nrt_ptr lse, nrt_ptr labels, int64_t rows, int64_t cols,
                                double smoothing, int64_t ignore);
// Dense targets t [rows, cols] (any non-negative rows): loss[r] = lse[r] * sum_j t - sum_j t * x.
nrt_status nrt_softmax_xent_dense_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr loss, nrt_ptr lse, nrt_ptr x,
                                      nrt_ptr targets, int64_t rows, int64_t cols);
nrt_status nrt_softmax_xent_dense_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dloss,
                                      nrt_ptr x, nrt_ptr lse, nrt_ptr targets, int64_t rows,
                                      int64_t cols);

#ifdef __cplusplus
}
#endif
#endif
