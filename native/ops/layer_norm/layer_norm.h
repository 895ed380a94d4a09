// Layer, RMS, group and instance normalisation of x [batch, positions, groups, width].
#ifndef NEURITE_OPS_LAYER_NORM_H
#define NEURITE_OPS_LAYER_NORM_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// Each (batch, group) has statistics of its own, over positions and width:
//   layer norm     batch = rows,    positions = 1,       groups = 1,        width = normalised values
//   group norm     batch = samples, positions = H * W,   groups,            width = channels / groups
//   instance norm  batch = samples, positions = H * W,   groups = channels, width = 1
// (Ba, Kiros & Hinton 2016; Wu & He 2018; Ulyanov, Vedaldi & Lempitsky 2016; Zhang & Sennrich 2019).
// y = gamma * (x - mean) * rstd + beta with gamma, beta [groups * width] (0: 1 and 0), rstd = 1 /
// sqrt(var + eps), var = sum (x - mean)^2 / max(n - correction, 0), n = positions * width. With
// centred = 0 (RMS norm) the mean is taken as 0 and `mean` may be 0. mean, rstd [batch * groups] are
// outputs needed by backward. dtypes: float32, float64.
nrt_status nrt_layer_norm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr mean, nrt_ptr rstd,
                              nrt_ptr x, nrt_ptr gamma, nrt_ptr beta, int64_t batch,
                              int64_t positions, int64_t groups, int64_t width, double eps,
                              double correction, int32_t centred);
// dx = rstd * (g - mean(g) - xhat * sum(g * xhat) / (n - correction)), g = gamma * dy; the mean falls
// away when not centred. dgamma = sum dy * xhat, dbeta = sum dy over batch and positions; both may be 0.
nrt_status nrt_layer_norm_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dgamma, nrt_ptr dbeta,
                              nrt_ptr dy, nrt_ptr x, nrt_ptr gamma, nrt_ptr mean, nrt_ptr rstd,
                              int64_t batch, int64_t positions, int64_t groups, int64_t width,
                              double correction, int32_t centred);

#ifdef __cplusplus
}
#endif
#endif
