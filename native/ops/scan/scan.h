// Running sums, products and linear recurrences along an axis.
#ifndef NEURITE_OPS_SCAN_H
#define NEURITE_OPS_SCAN_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// x, y [outer, n, inner]. kind 0: y_i = sum of x_0 .. x_i; kind 1: their product. exclusive: x_i
// itself is left out (0 or 1 comes first); reverse: from the other end. float32 accumulates in
// double. float32, float64, int32, int64.
nrt_status nrt_scan_fwd(nrt_ctx ctx, int32_t dtype, int32_t kind, nrt_ptr y, nrt_ptr x,
                        int64_t outer, int64_t n, int64_t inner, int32_t exclusive,
                        int32_t reverse);
// y_i = a_i + b_i * y_(i-1), y_(-1) = 0; reverse: y_i = a_i + b_i * y_(i+1). float32, float64.
nrt_status nrt_scan_linear(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr a, nrt_ptr b,
                           int64_t outer, int64_t n, int64_t inner, int32_t reverse);

#ifdef __cplusplus
}
#endif
#endif
