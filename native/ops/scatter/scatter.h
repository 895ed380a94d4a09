// Single elements looked up and written along an axis, and the places of elements that are not
// zero.
#ifndef NEURITE_OPS_SCATTER_H
#define NEURITE_OPS_SCATTER_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// desc: rank, shape of ids [rank], strides of the table in elements [rank]. With i a position of
// ids, T(i) = the table's element at i with the axis' coordinate replaced by ids[i]. ids int64,
// counted from the end when negative; outside [-length, length) is NRT_INVALID_ARGUMENT, text "id I
// at position P is outside [-L, L)", and nothing is written. Any dtype. y[i] = T(i).
nrt_status nrt_scatter_take(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr table, nrt_ptr ids,
                            const int64_t* desc, int32_t axis, int64_t length);
// T(i) op= updates[i] in the order of i along the axis; mode 0 set, 1 add, 2 multiply, 3 larger,
// 4 smaller (NaN wins). float32, float64, int32, int64; mode 0 also uint8 and bool.
nrt_status nrt_scatter_put(nrt_ctx ctx, int32_t dtype, int32_t mode, nrt_ptr table, nrt_ptr updates,
                           nrt_ptr ids, const int64_t* desc, int32_t axis, int64_t length);
// y (bool, shape of ids): whether i is the last to write T(i).
nrt_status nrt_scatter_winners(nrt_ctx ctx, nrt_ptr y, nrt_ptr ids, const int64_t* desc,
                               int32_t axis, int64_t length);
// count (int64[1]): elements of x [n] that are not 0 (NaN counts). Any dtype but bfloat16, float16.
nrt_status nrt_scatter_count(nrt_ctx ctx, int32_t dtype, nrt_ptr count, nrt_ptr x, int64_t n);
// y (int64[count]): their positions, ascending; at most count are written.
nrt_status nrt_scatter_nonzero(nrt_ctx ctx, int32_t dtype, nrt_ptr y, int64_t count, nrt_ptr x,
                               int64_t n);

#ifdef __cplusplus
}
#endif
#endif
