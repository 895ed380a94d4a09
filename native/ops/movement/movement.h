// Moving data: strided copies (transpose, slice, concat, pad, flip), casts, fills.
#ifndef NEURITE_OPS_MOVEMENT_H
#define NEURITE_OPS_MOVEMENT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// dst[...] = src[...] over shape; desc: rank, shape[rank], dst_strides[rank], src_strides[rank] in
// elements (0 and negative allowed for src; dst must not overlap itself). element_bytes 1, 2, 4, 8.
nrt_status nrt_movement_copy(nrt_ctx ctx, int32_t element_bytes, nrt_ptr dst, nrt_ptr src,
                             const int64_t* desc);
// dst[...] += src[...], same desc; float32, float64.
nrt_status nrt_movement_add(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, nrt_ptr src, const int64_t* desc);
// Contiguous conversion between any two dtypes. Float to integer truncates and saturates, NaN to 0;
// to bool: x != 0; float32 to bfloat16 rounds half to even.
nrt_status nrt_movement_cast(nrt_ctx ctx, int32_t dst_dtype, int32_t src_dtype, nrt_ptr dst,
                             nrt_ptr src, int64_t n);
// dst[n] = value (converted as above).
nrt_status nrt_movement_fill(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, int64_t n, double value);
// dst[i] = start + i * step (float32, float64, int32, int64).
nrt_status nrt_movement_range(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, int64_t n, double start,
                              double step);
// dst[i, ids[i]] = on_value, else off_value; dst [count, depth]; ids int64, out of range is an error
// "label L at row R is outside [0, D)".
nrt_status nrt_movement_one_hot(nrt_ctx ctx, int32_t dtype, nrt_ptr dst, nrt_ptr ids, int64_t count,
                                int64_t depth, double on_value, double off_value);

#ifdef __cplusplus
}
#endif
#endif
