// 2-D convolution (cross-correlation), NHWC, kernels HWIO, as implicit GEMM (no im2col in memory).
#ifndef NEURITE_OPS_CONV2D_H
#define NEURITE_OPS_CONV2D_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc, int64[17]: n, h, w, c, oh, ow, oc, kh, kw, stride_h, stride_w, dilation_h, dilation_w,
// pad_top, pad_left, groups, activation. Padding at the bottom and right follows from oh, ow.
// x [n, h, w, c], w [kh, kw, c / groups, oc], y [n, oh, ow, oc]; output channel o belongs to group
// o / (oc / groups). groups = c is the depthwise case: w [kh, kw, 1, c * multiplier].
//   y[n,i,j,o] = act(bias[o] + sum_{p,q,d} x[n, i*sh + p*dh - pt, j*sw + q*dw - pl, d] * w[p,q,d,o])
// dtypes: float32, float64.
enum { NRT_CONV2D_DESC = 17 };

nrt_status nrt_conv2d_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w, nrt_ptr bias,
                          const int64_t* desc);
// Weights kept in the form in which forward reads them. nrt_conv2d_form: which form suits this shape
// at the present precision, or NRT_CONV2D_PLAIN where keeping one brings nothing. A form depends on
// the kernel's shape and groups, not on the images. nrt_conv2d_fwd_packed gives the same bits as
// nrt_conv2d_fwd and still needs w: where sums overflow the transformed form starts over from it.
// packed is 64-byte aligned. NRT_CONV2D_TRANSFORMED + p is the transformed form split for p bfloat16 products.
enum { NRT_CONV2D_PLAIN = 0, NRT_CONV2D_PANELS = 1, NRT_CONV2D_TRANSFORMED = 2 };
int32_t nrt_conv2d_form(nrt_ctx ctx, int32_t dtype, const int64_t* desc);
int64_t nrt_conv2d_packed_bytes(nrt_ctx ctx, int32_t dtype, const int64_t* desc, int32_t form);
nrt_status nrt_conv2d_pack(nrt_ctx ctx, int32_t dtype, nrt_ptr packed, nrt_ptr w, const int64_t* desc,
                           int32_t form);
nrt_status nrt_conv2d_fwd_packed(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, nrt_ptr w,
                                 nrt_ptr packed, nrt_ptr bias, const int64_t* desc, int32_t form);
// dx [n, h, w, c] from dy (activation in desc is ignored here: dy is already behind it).
nrt_status nrt_conv2d_bwd_data(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr w,
                               const int64_t* desc);
// dw [kh, kw, c / groups, oc] and, when dbias is given, dbias [oc] = sum of dy.
nrt_status nrt_conv2d_bwd_weights(nrt_ctx ctx, int32_t dtype, nrt_ptr dw, nrt_ptr dbias, nrt_ptr x,
                                  nrt_ptr dy, const int64_t* desc);

#ifdef __cplusplus
}
#endif
#endif
