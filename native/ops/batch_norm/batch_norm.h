// Batch normalisation over the rows of x [rows, channels] (channels last, all other axes are rows).
#ifndef NEURITE_OPS_BATCH_NORM_H
#define NEURITE_OPS_BATCH_NORM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// Ioffe & Szegedy 2015. dtypes: float32, float64; gamma, beta may be 0 (then 1 and 0).
// y = gamma * (x - mean) * rstd + beta, mean and (biased) variance per channel, rstd = 1/sqrt(var+eps).
// mean, var, rstd [channels] are outputs needed by backward and by the caller's moving averages.
// residual (may be 0), of the shape of x, is added to that; with relu = 1 y is max(0, the sum).
nrt_status nrt_batch_norm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr mean, nrt_ptr var,
                              nrt_ptr rstd, nrt_ptr x, nrt_ptr gamma, nrt_ptr beta,
                              nrt_ptr residual, int64_t rows, int64_t channels, double eps,
                              int32_t relu);
// dgamma, dbeta may be 0. With relu = 1 and a residual: y is forward's result and dz, an output, the
// gradient of the residual. With relu = 1 and none y and dz are 0 (beta is read for where y was 0).
// With relu = 0 y, dz and beta are not read: dy is the gradient of the residual.
nrt_status nrt_batch_norm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
                              nrt_ptr dz, nrt_ptr dy, nrt_ptr x, nrt_ptr y, nrt_ptr gamma,
                              nrt_ptr beta, nrt_ptr mean, nrt_ptr rstd, int64_t rows,
                              int64_t channels, int32_t relu);
// Inference form with given statistics: y = gamma * (x - mean) / sqrt(var + eps) + beta, residual and
// relu as above.
nrt_status nrt_batch_norm_infer_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr gamma,
                                    nrt_ptr beta, nrt_ptr mean, nrt_ptr var, nrt_ptr residual,
                                    int64_t rows, int64_t channels, double eps, int32_t relu);
// Gradient of the inference form (frozen layer): dx, dgamma, dbeta (the last two may be 0).
nrt_status nrt_batch_norm_infer_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma,
                                    nrt_ptr dbeta, nrt_ptr dy, nrt_ptr x, nrt_ptr gamma,
                                    nrt_ptr mean, nrt_ptr var, int64_t rows, int64_t channels,
                                    double eps);
// moving = momentum * moving + (1 - momentum) * batch, both [channels], in place; the batch variance
// is multiplied by var_scale first (1: biased as Keras, rows / (rows - 1): unbiased as PyTorch).
nrt_status nrt_batch_norm_update(nrt_ctx ctx, int32_t dtype, nrt_ptr moving_mean, nrt_ptr moving_var,
                                 nrt_ptr mean, nrt_ptr var, int64_t channels, double momentum,
                                 double var_scale);

#ifdef __cplusplus
}
#endif
#endif
