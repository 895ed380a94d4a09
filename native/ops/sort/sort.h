// Sorting rows, the largest or smallest k of each, and binary search in sorted rows. Equal values
// keep their order (also when descending), -0 equals 0, NaN counts as larger than everything.
#ifndef NEURITE_OPS_SORT_H
#define NEURITE_OPS_SORT_H

#include "neurite/core.h"

#ifdef __cplusplus
extern "C" {
#endif

// values, indices (int64) [rows, k]: the first k of each row of x [rows, cols] in order; k = cols
// sorts. float32, float64, int32, int64, uint8, bool.
nrt_status nrt_sort_rows(nrt_ctx ctx, int32_t dtype, nrt_ptr values, nrt_ptr indices, nrt_ptr x,
                         int64_t rows, int64_t cols, int64_t k, int32_t descending);
// y (int64) [rows, queries]: how many elements of the ascending row [cols] are smaller than the
// query (right: smaller or equal). float32, float64, int32, int64.
nrt_status nrt_sort_search(nrt_ctx ctx, int32_t dtype, nrt_ptr y, nrt_ptr sorted, nrt_ptr queries,
                           int64_t rows, int64_t cols, int64_t count, int32_t right);

#ifdef __cplusplus
}
#endif
#endif
