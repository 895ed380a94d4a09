// Row lookup (embedding) and its gradient.
#ifndef NEURITE_OPS_GATHER_H
#define NEURITE_OPS_GATHER_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// y[i, :] = table[ids[i], :]; ids int64[count], table [rows, width]. An id outside [0, rows) is
// NRT_INVALID_ARGUMENT, text "id I at position P is outside [0, R)"; nothing is written then.
// Any dtype.
nrt_status nrt_gather_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr table, nrt_ptr ids,
                          int64_t count, int64_t rows, int64_t width);
// dtable (whole, zeroed first unless accumulate) += dy rows, in the order of ids: deterministic.
// Rows equal to skip_id get nothing (-1: none). float32, float64.
nrt_status nrt_gather_bwd(nrt_ctx ctx, int32_t dtype, nrt_ptr dtable, nrt_ptr dy, nrt_ptr ids,
                          int64_t count, int64_t rows, int64_t width, int64_t skip_id,
                          int32_t accumulate);

#ifdef __cplusplus
}
#endif
#endif
