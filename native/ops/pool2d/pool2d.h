// 2-D max and average pooling, NHWC.
#ifndef NEURITE_OPS_POOL2D_H
#define NEURITE_OPS_POOL2D_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc, int64[16]: n, h, w, c, oh, ow, kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top,
// pad_left, count_pad, padded_h_w packed as (pad_bottom << 32 | pad_right).
// Average: divisor = number of window cells inside the input, or with count_pad = 1 inside the input
// plus its explicit padding (cells beyond pad_bottom/pad_right, from ceil mode, never count).
// Max: padding never wins; ties go to the first cell in row-major order; NaN wins.
// argmax: int32 per output element, the flat index y * w + x of the winning cell in its image plane.
// dtypes: float32, float64.
enum { NRT_POOL2D_DESC = 16 };

nrt_status nrt_pool2d_max_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr argmax, nrt_ptr x,
                              const int64_t* desc);  // argmax may be 0 (inference)
nrt_status nrt_pool2d_max_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy, nrt_ptr argmax,
                              const int64_t* desc);
nrt_status nrt_pool2d_avg_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr x, const int64_t* desc);
nrt_status nrt_pool2d_avg_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dx, nrt_ptr dy,
                              const int64_t* desc);

#ifdef __cplusplus
}
#endif
#endif
