// 3-D max and average pooling, NDHWC; adaptive pooling of one to three axes.
#ifndef NEURITE_OPS_POOL3D_H
#define NEURITE_OPS_POOL3D_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc, int64[25]: n, d, h, w, c, od, oh, ow, then for depth, height, width each kernel, stride,
// dilation, pad_before, pad_after, then count_pad, adaptive.
// Adaptive (1): window i of an axis covers the cells floor(i * n / out) .. ceil((i + 1) * n / out) - 1;
// kernel, stride, dilation and padding are not looked at (but must be valid).
// Average: divisor = number of window cells inside the input, or with count_pad = 1 inside the input
// plus its explicit padding (cells beyond pad_after, from ceil mode, never count); 0 where there is none.
// Max: padding never wins; ties go to the first cell in row-major order; NaN wins.
// argmax: int32 per output element, the flat index (z * h + y) * w + x of the winning cell in its
// volume, -1 for a window of padding only.
// dtypes: float32, float64.
enum { NRT_POOL3D_DESC = 25 };

nrt_status nrt_pool3d_max_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr argmax, nrt_ptr x,
                              const int64_t* desc);  // argmax may be 0 (inference)
nrt_status nrt_pool3d_max_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr argmax,
                              const int64_t* desc);
nrt_status nrt_pool3d_avg_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, const int64_t* desc);
nrt_status nrt_pool3d_avg_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy,
                              const int64_t* desc);

#ifdef __cplusplus
}
#endif
#endif
