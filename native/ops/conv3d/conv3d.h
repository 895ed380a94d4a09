// 3-D convolution (cross-correlation), NDHWC, kernels DHWIO, on the kernels of conv2d.
#ifndef NEURITE_OPS_CONV3D_H
#define NEURITE_OPS_CONV3D_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc, int64[22]: n, d, h, w, c, od, oh, ow, oc, then for depth, height, width each kernel, stride,
// dilation, pad_before, then groups. Padding behind follows from od, oh, ow.
// x [n, d, h, w, c], w [kd, kh, kw, c / groups, oc], y [n, od, oh, ow, oc]; output channel o belongs
// to group o / (oc / groups).
//   y[n,z,i,j,o] = bias[o] + sum x[n, z*sd + u*dd - pf, i*sh + p*dh - pt, j*sw + q*dw - pl, e] * w[u,p,q,e,o]
// dtypes: float32, float64.
enum { NRT_CONV3D_DESC = 22 };

nrt_status nrt_conv3d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w, nrt_ptr bias,
                          const int64_t* desc);
// dx [n, d, h, w, c] from dy.
nrt_status nrt_conv3d_bwd_data(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr w,
                               const int64_t* desc);
// dw [kd, kh, kw, c / groups, oc] and, when dbias is given, dbias [oc] = sum of dy.
nrt_status nrt_conv3d_bwd_weights(nrt_ctx ctx, int32_t dtype, nrt_ptr dw, nrt_ptr dbias, nrt_ptr x,
                                  nrt_ptr dy, const int64_t* desc);

#ifdef __cplusplus
}
#endif
#endif
